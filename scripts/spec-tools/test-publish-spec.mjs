// test-publish-spec CHROMIUM SCREENSHOTS. scripts/test-publish-spec installs its tools.
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { parse } from 'yaml';
import { tally } from './tally.mjs';

const [executablePath, screenshots] = process.argv.slice(2);
const publishSpec = fileURLToPath(new URL('../publish-spec', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'published-'));
const read = (name) => readFileSync(join(folder, name), 'utf8');
const { check, end } = tally();

try {
  execFileSync(publishSpec, [folder]);
  const documents = { lts: parse(read('lts.yaml')), iam: parse(read('iam.yaml')) };
  files(documents);
  await pages(documents);
} catch (error) {
  check(false, error.message);
} finally {
  rmSync(folder, { recursive: true });
}
end();

function files(documents) {
  for (const [name, document] of Object.entries(documents)) {
    const source = readFileSync(fileURLToPath(new URL(`../../openapi/${name}.yaml`, import.meta.url)), 'utf8');
    check(read(`${name}.yaml`) === source, `${name}.yaml is the document of openapi/`);
    check(JSON.stringify(JSON.parse(read(`${name}.json`))) === JSON.stringify(document), `${name}.json has the same content`);
    const versioned = ['yaml', 'json'].every((format) => read(`${name}-${document.info.version}.${format}`) === read(`${name}.${format}`));
    check(versioned, `${name}-${document.info.version} exists as YAML and as JSON`);
  }
  check(spawnSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: folder }).status === 0, 'the checksums are right');
  const sums = read('SHA256SUMS');
  execFileSync(publishSpec, [folder]);
  check(read('SHA256SUMS') === sums, 'publishing again writes the same bytes');
  const versioned = `iam-${documents.iam.info.version}.yaml`;
  const before = read(versioned);
  appendFileSync(join(folder, versioned), '# changed\n');
  check(spawnSync(publishSpec, [folder]).status === 1, 'a published version with other content is rejected');
  rmSync(join(folder, versioned));
  execFileSync(publishSpec, [folder]);
  check(read(versioned) === before, 'a missing version is written again');
}

async function pages(documents) {
  const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
  // Chromium without a network: neither names nor the proxy resolve.
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    viewport: { width: 1280, height: 900 },
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP * ~NOTFOUND', '--proxy-server=127.0.0.1:9',
    ],
  });
  const noise = [];
  const asked = [];
  context.on('console', (message) => ['error', 'warning'].includes(message.type()) && noise.push(message.text()));
  context.on('weberror', (error) => noise.push(String(error.error())));
  context.on('request', (request) => /^(file|data|blob):/.test(request.url()) || asked.push(request.url()));
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    for (const [name, file] of [['lts', 'index.html'], ['iam', 'iam.html']]) {
      const url = pathToFileURL(join(folder, file)).href;
      await open(page, url);
      await page.screenshot({ path: join(screenshots, `${name}.png`) });
      for (const [path, item] of Object.entries(documents[name].paths)) {
        for (const [method, operation] of Object.entries(item)) await operationPage(page, url, documents[name], path, method, operation);
      }
    }
    const index = pathToFileURL(join(folder, 'index.html')).href;
    await tables(page, index, documents);
    await phone(page, index);
    check(noise.length === 0, `the console is clean: ${noise.join(' · ').slice(0, 300) || 'no error, no warning'}`);
    check(asked.length === 0, `the pages send no requests: ${asked.join(' · ') || 'no request'}`);
    // Shows that the two checks above can fail: a page without the policy sends a request.
    await page.setContent('<img src="https://lts.invalid/x.png">');
    await page.waitForTimeout(300);
    check(asked.length > 0 && noise.length > 0, 'a request of a page is noticed');
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

/** Loads the page anew. A change of the hash alone would not reload it. */
async function open(page, url) {
  await page.goto('about:blank');
  await page.goto(url);
  await page.getByRole('main').getByRole('heading').first().waitFor();
}

/** Checks that everything about an operation is on the page, with every response and example. */
async function operationPage(page, url, document, path, method, operation) {
  const id = operation.operationId;
  await open(page, `${url}#/${operation.tags[0].toLowerCase()}/${id.toLowerCase()}`);
  const section = page
    .locator(':has(> * [role=tablist])')
    .filter({ has: page.getByLabel(`link to ${operation.summary}`, { exact: true }) })
    .last();
  await section.getByRole('tablist').waitFor();
  const text = squeeze(await section.innerText());
  const missing = [path, method, operation.summary, operation.description.split('\n')[0]].filter((part) => !text.toLowerCase().includes(squeeze(part).toLowerCase()));
  check(missing.length === 0, `${id}: method, path and texts: ${missing.join(' · ') || 'all there'}`);

  const panels = section.getByTestId('right-panel').filter({ has: page.getByTestId('source-code') });
  if (operation.requestBody) {
    const [[type, media]] = Object.entries(operation.requestBody.content);
    await examples(panels.first(), `${id}, request, ${type}`, document, media);
  }
  const statuses = Object.entries(operation.responses);
  const tabs = await section.getByRole('tab').allInnerTexts();
  check(tabs.map((tab) => tab.trim()).join() === statuses.map(([status]) => status).join(), `${id}: responses ${tabs.join(' ')}`);
  for (const [status, given] of statuses) {
    const response = resolve(document, given);
    await click(section.getByRole('tab', { name: status }));
    const shown = squeeze(await section.innerText());
    check(shown.includes(squeeze(response.description.split('\n\n')[0])), `${id}, ${status}: description`);
    const types = Object.entries(response.content ?? {});
    for (const [type, media] of types) {
      if (types.length > 1) await choose(section, 'Response media type', type);
      await examples(panels.last(), `${id}, ${status}, ${type}`, document, media);
    }
  }
  if (id === 'createLogGroup') await page.screenshot({ path: join(screenshots, 'operation.png') });
}

function resolve(document, node) {
  return node.$ref ? node.$ref.split('/').slice(1).reduce((at, step) => at[step], document) : node;
}

async function examples(panel, where, document, { examples: all }) {
  const wrong = [];
  const list = Object.values(all).map((example) => resolve(document, example));
  for (const { summary, value } of list) {
    if (list.length > 1) {
      await choose(panel, 'Example', summary);
    }
    const shown = (await panel.getByTestId('source-code').first().textContent()).replace(/\s/g, '');
    const expected = (typeof value === 'string' ? value : JSON.stringify(value)).replace(/\s/g, '');
    if (!shown.includes(expected)) wrong.push(`${summary}: ${shown}`);
  }
  check(wrong.length === 0, `${where}: ${list.length} example${list.length > 1 ? 's' : ''}: ${wrong.join(' · ') || 'as in the document'}`);
}

/** Selects an entry of a menu of Redoc. The entries are not inside of the menu. */
async function choose(place, menu, entry) {
  await click(place.getByLabel(menu, { exact: true }));
  await click(place.page().getByRole('menuitem', { name: entry, exact: true }).last());
}

/** Clicks without moving the pointer, which is slow. */
async function click(place) {
  await place.evaluate((element) => element.click());
}

/** Checks the chapters that are not part of the document. */
async function tables(page, url, documents) {
  for (const [link, chapter] of [['Error codes', '#/error-codes'], ['errata', '#/errata'], ['changelog', '#/changelog'], ['documents', '#/documents']]) {
    await open(page, url);
    await page.getByRole('main').getByRole('link', { name: link, exact: true }).first().click();
    await page.waitForTimeout(500);
    const box = await page.getByRole('main').getByLabel(new RegExp(`^link to ${link}$`, 'i')).first().boundingBox();
    check(page.url().endsWith(chapter) && box && box.y >= 0 && box.y < 900, `the first page links to ${chapter}`);
    await page.screenshot({ path: join(screenshots, `${chapter.slice(2)}.png`) });
  }

  const { 'x-error-codes': service, 'x-gateway-error-codes': gateway } = documents.lts;
  const variants = gateway.flatMap((row) => (row['x-lts-variants'] ?? []).map((variant) => ({ ...variant, code: row.code })));
  await open(page, `${url}#/error-codes`);
  const rows = [];
  for (const [section, [first]] of [['Codes of the service', service], ['Codes of the gateway', gateway], ['Rejected credentials', variants]]) {
    // Redoc renders a section when it becomes visible.
    await click(page.getByRole('link', { name: section }).first());
    await page.getByRole('cell', { name: first.cause, exact: true }).waitFor();
    rows.push(...(await page.getByRole('main').getByRole('row').allInnerTexts()).map(squeeze));
  }
  const absent = [...service, ...gateway, ...variants].filter(
    (row) => !rows.some((text) => [row.code, row.status, row.class, row.message, row.cause, row.solution].every((part) => part === undefined || text.includes(squeeze(String(part))))),
  );
  check(absent.length === 0, `${service.length} codes of the service, ${gateway.length} of the gateway, ${variants.length} variants: ${absent.map(({ code }) => code).join(', ') || 'all there, in full'}`);

  await open(page, `${url}#/errata`);
  await page.getByRole('cell', { name: '1', exact: true }).first().waitFor();
  const first = await page.getByRole('main').locator('tr').locator('td:first-child').allInnerTexts();
  const numbers = new Set();
  const collect = (node) => {
    if (node === null || typeof node !== 'object') return;
    for (const { erratum } of node['x-lts-resolution'] ?? []) numbers.add(String(erratum));
    for (const child of Object.values(node)) collect(child);
  };
  collect(documents);
  const lost = [...numbers].filter((number) => !first.map((cell) => cell.trim()).includes(number));
  check(numbers.size > 0 && lost.length === 0, `${numbers.size} errata that the documents settle: ${lost.join(', ') || 'all there'}`);
}

async function phone(page, url) {
  await page.setViewportSize({ width: 390, height: 844 });
  for (const chapter of ['', '#/error-codes', '#/errata', '#/documents', '#/logtransfers/createlogdumpobs']) {
    await open(page, `${url}${chapter}`);
    await page.waitForTimeout(300);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    check(width <= 390, `on a phone, ${chapter || 'the first page'} is ${width} pixels wide`);
    await page.screenshot({ path: join(screenshots, `phone-${chapter.split('/').at(-1) || 'lts'}.png`) });
  }
}

/** Normalizes text for comparisons: removes line breaks and code marks. */
function squeeze(text) {
  return text.replaceAll('`', '').replace(/\s+/g, ' ').trim();
}
