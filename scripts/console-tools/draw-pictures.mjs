// draw-pictures CHROMIUM LTS FOLDER, once its tools are installed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';
import { launch } from './browser.mjs';
import { PROJECT, admin, call, put, start } from './emulator.mjs';

const [executablePath, lts, folder] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));

const emulator = await start(lts, '127.0.0.1:0');
try {
  const streams = await seed();
  const shop = open(streams);
  await record(join(folder, 'log-tail.svg'));
  await shop.close();
  await screenshot(join(folder, 'console.png'), streams.payments);
} finally {
  emulator.process.kill('SIGTERM');
  await once(emulator.process, 'exit');
}

/** The groups of a shop. Returns the ids of its streams by name. */
async function seed() {
  await admin(emulator, 'POST', 'seed', {
    buckets: ['shop-archive'],
    manifest: {
      groups: [
        { name: 'shop', ttl: 30, tags: { team: 'orders' }, streams: ['checkout', 'payments', 'storefront'], transfers: [{ streams: ['payments'], bucket: 'shop-archive', every: '1hour', dir: 'shop' }] },
        { name: 'warehouse', ttl: 7, streams: ['stock', 'shipping'] },
      ],
    },
  });
  const { groups } = await admin(emulator, 'GET', 'state');
  const all = groups.flatMap((group) => group.streams.map((stream) => [stream.log_stream_name, { group: group.log_group_id, stream: stream.log_stream_id }]));
  return Object.fromEntries(all);
}

/** Writes lines as the services of a shop would, until it is closed. */
function open(streams) {
  // Always the same numbers.
  let state = 20_260;
  const random = (n) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * n);
  };
  let order = 48_213;
  const price = () => `${5 + random(120)}.${10 + random(90)}`;
  const kinds = [
    [6, 'checkout', () => `INFO order ${++order} placed, ${price()} EUR`],
    [4, 'payments', () => `INFO order ${order} paid in ${40 + random(90)} ms`],
    [2, 'payments', () => `WARN card declined for order ${order}`],
    [1, 'payments', () => `ERROR bank timeout, order ${order} waits`],
    [1, 'payments', () => `ERROR refund of order ${order - 40} failed`],
    [1, 'checkout', () => `ERROR order ${order}: stock of P-${100 + random(800)} is 0`],
    [3, 'storefront', () => `INFO GET /products/P-${100 + random(800)} 200 in ${4 + random(20)} ms`],
    [2, 'stock', () => `INFO P-${100 + random(800)}: ${1 + random(40)} left`],
    [1, 'shipping', () => `INFO parcel for order ${order - 3} handed over`],
  ];
  const choices = kinds.flatMap(([weight, ...kind]) => Array(weight).fill(kind));
  let isOpen = true;
  const run = async () => {
    while (isOpen) {
      const [name, text] = choices[random(choices.length)];
      const { group, stream } = streams[name];
      await put(emulator, group, stream, [text()], { pod: `${name}-${1 + random(3)}` });
      await new Promise((resolve) => setTimeout(resolve, 50 + random(200)));
    }
  };
  const running = run();
  return {
    close() {
      isOpen = false;
      return running;
    },
  };
}

/** Records `lts log tail` in a terminal. */
async function record(out) {
  // The shell finds the program by its name.
  const path = mkdtempSync(join(tmpdir(), 'lts-'));
  symlinkSync(resolve(lts), join(path, 'lts'));
  try {
    const env = {
      PATH: `${path}:${process.env.PATH}`, PYTHONDONTWRITEBYTECODE: '1', HUAWEICLOUD_LTS_ENDPOINT: emulator.url,
      HUAWEICLOUD_LTS_ACCESS_ENDPOINT: emulator.url, HUAWEICLOUD_SDK_IAM_ENDPOINT: emulator.url, HUAWEICLOUD_LTS_REGION: 'cn-north-4',
      HUAWEICLOUD_SDK_PROJECT_ID: PROJECT, HUAWEICLOUD_SDK_AK: 'LTSEMULATORAK0000001', HUAWEICLOUD_SDK_SK: 'LtsEmulatorSecretKeyForLocalUseOnly00001',
    };
    const steps = ['wait 0.6', "type lts log tail shop checkout,payments 'error OR declined' --interval 1s", 'wait 15'];
    const recorder = spawn('python3', [join(here, 'record_terminal.py'), out, 'lts log tail'], { env, stdio: ['pipe', 'inherit', 'inherit'] });
    recorder.stdin.end(steps.join('\n'));
    const [status] = await once(recorder, 'exit');
    if (status !== 0) throw new Error(`record_terminal.py: ${status}`);
  } finally {
    rmSync(path, { recursive: true });
  }
}

/** Takes a picture of the console after some more requests. */
async function screenshot(out, { group, stream }) {
  const [end_time, start_time] = [Date.now(), Date.now() - 60_000].map(String);
  await admin(emulator, 'POST', 'faults', [{ operation: 'listLogStreams', status: 503 }, { operation: 'createTransfer', times: 2, code: 'LTS.0416' }]);
  await call(emulator, 'POST', `groups/${group}/streams/${stream}/content/query`, { start_time, end_time, keywords: 'refund' });
  await call(emulator, 'GET', `groups/${group}/streams`);
  await call(emulator, 'POST', 'groups', { log_group_name: 'shop', ttl_in_days: 7 });
  await call(emulator, 'GET', 'log-streams');
  const { context, close } = await launch(executablePath, { viewport: { width: 1280, height: 860 }, deviceScaleFactor: 1.25, colorScheme: 'light', reducedMotion: 'reduce' });
  try {
    const page = await context.newPage();
    await page.goto(`${emulator.url}/_emulator/`);
    await page.getByRole('button', { name: 'Lines of shop / payments' }).click();
    await page.getByLabel('Search the lines').fill('error OR (card AND declined)');
    await page.locator('#line-count', { hasText: 'match' }).waitFor();
    await page.locator('#query').blur();
    // The click has scrolled to the stream.
    await page.locator('.groups .body').evaluate((body) => (body.scrollTop = 0));
    writeFileSync(out, await smaller(context, await page.screenshot()));
  } finally {
    await close();
  }
}

/** The same picture in fewer bytes. Chromium compresses fast; for text, pixels without a filter compress best. */
async function smaller(context, png) {
  const page = await context.newPage();
  const { width, height, data } = await page.evaluate(async (png) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
    canvas.drawImage(image, 0, 0);
    const { width, height, data } = canvas.getImageData(0, 0, image.width, image.height);
    const url = await new Promise((resolve) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result);
      reader.readAsDataURL(new Blob([data]));
    });
    return { width, height, data: url.slice(url.indexOf(',') + 1) };
  }, png.toString('base64'));
  const rgba = Buffer.from(data, 'base64');
  // Each row is the number of its filter and three bytes a pixel.
  const rows = Buffer.alloc(height * (1 + 3 * width));
  for (let pixel = 0; pixel < width * height; pixel++) {
    rgba.copy(rows, 1 + Math.floor(pixel / width) + 3 * pixel, 4 * pixel, 4 * pixel + 3);
  }
  const chunk = (type, body) => {
    const bytes = Buffer.concat([Buffer.alloc(4), Buffer.from(type), body, Buffer.alloc(4)]);
    bytes.writeUInt32BE(body.length);
    bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), bytes.length - 4);
    return bytes;
  };
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  const start = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([start, chunk('IHDR', header), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
}
