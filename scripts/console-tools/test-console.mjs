// test-console CHROMIUM LTS PICTURES, once its tools are installed.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { tally } from '../spec-tools/tally.mjs';
import { launch } from './browser.mjs';
import * as emulators from './emulator.mjs';
import { PROJECT, login } from './emulator.mjs';

const [executablePath, lts, pictures] = process.argv.slice(2);
const LONG = 'a-name-as-long-as-names-may-be-'.padEnd(64, 'x');
const MARKUP = '<script>hacked = 1</script><img src=x onerror="hacked = 1">';
const { check, end } = tally();

let emulator = await emulators.start(lts, '127.0.0.1:0', '--quota-streams', '4');
const call = (...parameters) => emulators.call(emulator, ...parameters);
const put = (...parameters) => emulators.put(emulator, ...parameters);
const control = (...parameters) => emulators.admin(emulator, ...parameters);
const { context, close } = await launch(executablePath, { viewport: { width: 1360, height: 860 } });
try {
  context.setDefaultTimeout(15_000);
  await console_();
} catch (error) {
  check(false, error.stack);
  await context.pages().at(-1)?.screenshot({ path: join(pictures, 'failure.png') });
} finally {
  await close();
  emulator.process.kill('SIGKILL');
}
end();

async function group(log_group_name) {
  const response = await call('POST', 'groups', { log_group_name, ttl_in_days: 7 });
  if (!response.log_group_id) throw new Error(JSON.stringify(response));
  return response.log_group_id;
}

async function stream(group, log_stream_name) {
  return (await call('POST', `groups/${group}/streams`, { log_stream_name })).log_stream_id;
}

function transfer(log_group_id, log_stream_ids, more) {
  return call('POST', 'log-dump/obs', {
    log_group_id, log_stream_ids, obs_bucket_name: 'lts-test', type: 'cycle', storage_format: 'JSON', switch_on: true,
    period: 5, period_unit: 'min', ...more,
  });
}

async function console_() {
  const noise = [];
  const asked = [];
  // The browser reports every response of 400, and a query with a mistake has one.
  const isMistake = (message) => message.location().url.startsWith(`${emulator.url}/_emulator/lines?`) && message.text().includes('400');
  context.on('console', (message) => ['error', 'warning'].includes(message.type()) && !isMistake(message) && noise.push(message.text()));
  context.on('weberror', (error) => noise.push(String(error.error())));
  context.on('request', (request) => request.url().startsWith(`${emulator.url}/`) || asked.push(request.url()));
  const page = await context.newPage();
  await page.emulateMedia({ colorScheme: 'light' });
  const console_ = `${emulator.url}/_emulator/`;

  const response = await page.goto(emulator.url);
  check(page.url() === console_, 'the emulator’s address leads to the console');
  const headers = response.headers();
  check(headers['content-security-policy']?.startsWith("default-src 'none';") && headers['x-content-type-options'] === 'nosniff' && headers['cache-control'] === 'no-store', 'the page has a strict policy, and is neither cached nor sniffed');
  await see(page, '#link', 'Live');
  await see(page, '#projects', 'No groups yet');
  await picture(page, 'empty');

  await clients(page);
  await refusals(page);
  await staying(page);
  await faults(page);
  await clock(page);
  await markup(page);
  await lines(page);
  await linesByKeyboard(page);
  await hostileLines(page);
  await reset(page);
  await keyboard(page);
  await crowd(page);
  await search(page);
  await looks(page);
  await phone(page);
  await hidden(page);
  check(noise.length === 0, `the browser has nothing to say: ${noise.join(' · ').slice(0, 300) || 'no error, no warning, no violation of the policy'}`);
  check(asked.length === 0, `nothing outside the emulator is asked: ${asked.join(' · ') || 'no request'}`);
  await goneAndBack(page);
  await attackers();

  // The two checks above can fail.
  noise.length = asked.length = 0;
  await page.evaluate(() => {
    const image = document.createElement('img');
    image.src = 'https://outside.invalid/x.png';
    document.body.append(image);
    const script = document.createElement('script');
    try {
      script.textContent = 'window.hacked = 1';
    } catch {
      // No markup may become a script at all.
    }
    document.body.append(script);
  });
  await page.waitForFunction(() => true);
  for (let i = 0; i < 50 && noise.length === 0; i++) await page.waitForTimeout(100);
  check(noise.length > 0 && (await page.evaluate(() => window.hacked)) === undefined, 'the policy stops a script and an image from elsewhere, and this test would notice');
}

/** What clients create appears, with counts against the quotas. */
async function clients(page) {
  const app = await group('app');
  await see(page, '.group .name', 'app');
  await see(page, '.project > details > summary .fill', '1 / 100 groups');
  const nginx = await stream(app, 'nginx');
  await stream(app, 'worker');
  await see(page, '.group > details > summary .fill', '2 / 4 streams');
  await transfer(app, [nginx], { prefix_name: 'edge', dir_prefix_name: 'logs' });
  await see(page, '.transfer', '→ lts-test/logs/edge');
  await see(page, '.transfer', 'every 5 min, JSON');
  await see(page, '#group-count', '1 group, 2 streams, 1 transfer');
  check(true, 'groups, streams and a transfer appear when clients create them');
  await stream(app, 'third');
  await stream(app, 'fourth');
  await see(page, '.group .fill.full', '4 / 4 streams');
  check(true, 'a full quota is shown as such');

  await call('PUT', `groups/${app}/streams-ttl/${nginx}`, { ttl_in_days: 14, tags: [{ key: 'team', value: 'shop' }] });
  await see(page, '.stream .fine', '14 days · team=shop');
  await call('POST', `groups/${app}`, { ttl_in_days: 7, tags: [{ key: 'empty' }] });
  await see(page, '.group .fine', '7 days · empty');
  check(true, 'retention and tags appear when clients change them');

  // A transfer can be ended here, for tests of clients that can't.
  const end = page.getByRole('button', { name: 'End the transfer to lts-test/logs/edge' });
  await end.click();
  await page.getByRole('button', { name: 'End it' }).click();
  await page.locator('.transfer').waitFor({ state: 'detached' });
  check((await control('GET', 'transfers')).length === 0, 'a transfer is ended after confirmation');
  await transfer(app, [nginx], { switch_on: false });
  await see(page, '.transfer', 'paused');

  // Tasks of every type are shown, as they are after updates.
  const [{ log_transfer_id }] = (await call('GET', 'transfers')).log_transfers;
  await call('PUT', 'transfers', { log_transfer_id, log_transfer_info: {
    log_storage_format: 'RAW', log_transfer_status: 'ENABLE',
    log_transfer_detail: { obs_period: 3, obs_period_unit: 'hour', obs_bucket_name: 'lts-test', obs_prefix_name: 'new' },
  } });
  await see(page, '.transfer', '→ lts-test/new');
  await see(page, '.transfer', 'every 3 hours, RAW');
  const [{ log_stream_id }] = (await call('GET', 'log-streams?log_stream_name=worker')).log_streams;
  const kafka = await call('POST', 'transfers', {
    log_group_id: app, log_streams: [{ log_stream_id }], log_transfer_info: {
      log_transfer_type: 'DMS', log_transfer_mode: 'realTime', log_storage_format: 'JSON', log_transfer_status: 'DISABLE',
      log_transfer_detail: { kafka_id: 'k', kafka_topic: 'topic' },
    },
  });
  await page.getByText('→ Kafka topic').waitFor();
  await page.getByText('in real time, JSON, paused').waitFor();
  await call('DELETE', `transfers?log_transfer_id=${kafka.log_transfer_id}`);
  await page.getByText('→ Kafka topic').waitFor({ state: 'detached' });
  check(true, 'transfers of each type are shown as they are');
}

/** A refusal is in the journal with its code and what the spec says to do. */
async function refusals(page) {
  const refused = await call('POST', 'groups', { log_group_name: 'app', ttl_in_days: 7 });
  const row = (await control('GET', 'codes')).find(({ code }) => code === refused.error_code);
  const [entry] = (await control('GET', 'requests')).slice(-1);
  const first = page.locator('.journal > li').first();
  await first.filter({ hasText: entry.request_id }).waitFor();
  const text = await first.innerText();
  const parts = ['400', refused.error_code, row.solution, entry.request_id, 'createLogGroup', 'POST …/groups', entry.time.slice(11, 19)];
  const missing = parts.filter((part) => !text.includes(part));
  const whole = await first.locator('.line').getAttribute('title');
  check(!text.includes(PROJECT) && whole === `POST /v2/${PROJECT}/groups`, 'the project’s id is not on each line, but under the pointer');
  check(missing.length === 0, `a refusal is in the journal: ${missing.join(' · ') || 'time, operation, path, status, code, remedy, id'}`);
  await call('POST', 'log-dump/obs', { log_group_id: 'x' });
  await fetch(`${emulator.url}/nowhere`);
  await fetch(`${emulator.url}/v2/${PROJECT}/groups`);
  await control('POST', 'faults', [{ status: 503 }, { drop: 'after' }]);
  await call('GET', 'groups').catch(() => {});
  await call('GET', 'groups').catch(() => {});
  await page.locator('.journal .status', { hasText: 'dropped' }).first().waitFor();
  const kinds = await page.locator('.journal .status').evaluateAll((all) => all.map((one) => `${one.textContent} ${one.dataset.kind}`));
  check(['201 good', '400 warn', '401 warn', '404 warn', '503 bad', 'dropped bad'].every((kind) => kinds.includes(kind)), 'responses are distinguished: done, refused, failed, dropped');
  const marked = await page.locator('.journal > li').evaluateAll((all) => all.filter((one) => one.querySelector('.mark').checkVisibility()).map((one) => one.querySelector('.status').textContent));
  check(marked.length === 2 && marked.includes('503') && marked.includes('dropped'), `injected responses are marked: ${marked.join(', ')}`);
  const before = await page.locator('.journal > li').count();
  await page.getByLabel('refusals only').check();
  const after = await page.locator('.journal > li').count();
  const shown = await page.locator('.journal .status').evaluateAll((all) => all.map((one) => one.dataset.kind));
  check(after > 0 && after < before && !shown.includes('good'), `of ${before} requests, ${after} are refusals`);
  await picture(page, 'refusals-only');
  await page.getByLabel('refusals only').uncheck();
  await picture(page, 'light');
}

/** What a person has opened, focused and scrolled to stays. */
async function staying(page) {
  await see(page, '.group .name', 'app');
  const summary = page.locator('.group > details > summary').first();
  await summary.focus();
  await page.keyboard.press('Enter');
  const journal = page.locator('.requests .body');
  for (let i = 0; i < 30; i++) await call('GET', 'groups');
  await page.waitForFunction(() => document.querySelectorAll('.journal > li').length > 35);
  const mark = page.locator('.journal > li').nth(20);
  const id = await mark.locator('.id').innerText();
  await journal.evaluate((element) => (element.scrollTop = 400));
  const place = page.locator('.journal > li', { hasText: id });
  const before = (await place.boundingBox()).y;
  await page.evaluate(() => (document.querySelector('.group').mark = 'the same'));
  await group('another');
  await page.locator('.group .name', { hasText: 'another' }).waitFor();
  const kept = await page.evaluate(() => ({
    focus: document.activeElement === document.querySelector('.group > details > summary'),
    closed: !document.querySelector('.group > details').open,
    same: document.querySelector('.group').mark === 'the same',
  }));
  const moved = Math.abs((await place.boundingBox()).y - before);
  check(kept.focus && kept.closed && kept.same && moved < 2, `while things change, focus, closed parts and the place in the list stay: ${JSON.stringify(kept)}, moved by ${moved}`);
  await page.keyboard.press('Enter');
  await journal.evaluate((element) => (element.scrollTop = 0));
}

async function faults(page) {
  await control('POST', 'faults', { operation: 'listLogGroups', times: 3, code: 'LTS.0201', message: MARKUP });
  await see(page, '.faults li', 'listLogGroups');
  const text = await page.locator('.faults li').innerText();
  check(['3 times', 'code: LTS.0201', MARKUP].every((part) => text.includes(part)), 'a waiting fault is shown, its text as text');
  await call('GET', 'groups');
  await see(page, '.faults li', '2 times');
  await page.getByText('Add a fault').click();
  await page.getByLabel('What happens').selectOption('an error code …');
  await page.getByLabel('For', { exact: true }).selectOption('createLogGroup');
  await page.getByLabel('Code', { exact: true }).selectOption({ label: await page.getByLabel('Code', { exact: true }).locator('option', { hasText: 'LTS.0010 · 500' }).textContent() });
  await page.getByLabel('How often').selectOption('twice');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await see(page, '#fault-count', '2 waiting');
  const kinds = await page.getByLabel('What happens').locator('option').count();
  for (let kind = 0; kind < kinds; kind++) {
    await page.getByLabel('What happens').selectOption({ index: kind });
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await see(page, '#fault-count', `${3 + kind} waiting`);
  }
  const waiting = await control('GET', 'faults');
  const one = page.getByRole('button', { name: 'Remove the fault for createLogGroup' }).first();
  const [, mine] = waiting;
  check(mine.operation === 'createLogGroup' && mine.code === 'LTS.0010' && mine.status === 500 && mine.times === 2, 'a fault of an error code is added here');
  check(waiting.length === 2 + kinds, `each of the ${kinds} kinds that the form offers is a fault that the emulator takes`);
  await picture(page, 'faults');
  await one.click();
  await see(page, '#fault-count', `${1 + kinds} waiting`);
  const others = await control('GET', 'faults');
  check(JSON.stringify(others) === JSON.stringify(waiting.filter((_, place) => place !== 1)), 'one fault is removed, the others stay');
  await page.getByRole('button', { name: 'Clear all' }).click();
  await page.getByText('No pending faults').waitFor();
  check((await control('GET', 'faults')).length === 0, 'all faults are cleared');
  await page.getByText('Add a fault').click();
}

async function clock(page) {
  await see(page, '#ahead', 'as on this computer');
  await page.getByRole('button', { name: 'Advance the clock by 1 hour' }).click();
  await see(page, '#ahead', '1 h ahead');
  const { now } = await control('GET', 'clock');
  check(Date.parse(now) - Date.now() > 3_590_000, 'the clock is set forward');
}

/** Names that are markup show as text. */
async function markup(page) {
  const id = 'ffffffffffffffffffffffffffffffff';
  await control('POST', 'seed', { projects: [{ id, name: MARKUP }] });
  await see(page, '.project .name', MARKUP);
  const refused = await call('POST', 'groups', { log_group_name: MARKUP, ttl_in_days: 7 });
  check(refused.error_code === 'LTS.0009', 'a group can’t have such a name');
  await stream(await group('with-a-stream'), MARKUP);
  await see(page, '.stream .name', MARKUP);
  await control('POST', 'faults', { status: 400, headers: { 'Content-Type': 'text/html' }, body: { error_code: MARKUP, error_msg: MARKUP } });
  await call('GET', `groups?${MARKUP}`);
  await see(page, '.refusal .code', MARKUP);
  await fetch(`${emulator.url}/${encodeURIComponent(MARKUP)}`);
  await page.locator('.journal .call', { hasText: '%3Cscript%3E' }).first().waitFor();
  const harm = await page.evaluate(() => ({ ran: window.hacked, made: document.querySelectorAll('main script, main img').length }));
  check(harm.ran === undefined && harm.made === 0, 'names of projects and streams, codes, messages and paths that are markup show as text');
  await picture(page, 'markup');
}

/** The lines of a stream: counted, opened, searched, followed and paged. */
async function lines(page) {
  await control('POST', 'clock', { set: new Date().toISOString() });
  const asked = [];
  const note = (request) => request.url().includes('/_emulator/lines') && asked.push(new URL(request.url()).searchParams);
  page.on('request', note);
  const logs = await group('logs');
  const shop = await stream(logs, 'shop');
  const row = page.locator('.stream', { has: page.getByText('shop', { exact: true }) });
  await row.getByText('no lines').waitFor();
  const open = page.getByRole('button', { name: 'Lines of logs / shop' });
  await open.click();
  await see(page, '#no-lines', 'No lines yet');
  check((await open.getAttribute('aria-current')) === 'true' && (await page.locator('#lines').innerText()) === 'logs / shop', 'a stream without lines says so');

  const text = (i) => `line ${String(i).padStart(3, '0')} ${i % 100 === 20 ? 'Error: timeout' : 'fine'}`;
  await put(logs, shop, Array.from({ length: 250 }, (_, i) => text(i)), { app: 'shop' });
  await row.getByText('250 lines · 3.3 kB').waitFor();
  const contents = () => page.locator('#line-list .content').allInnerTexts();
  const until = (count) => page.waitForFunction((count) => document.querySelectorAll('#line-list > li').length === count, count);
  await until(100);
  const [first] = await contents();
  const { lines: [last] } = await control('GET', `lines?project_id=${PROJECT}&log_group_id=${logs}&log_stream_id=${shop}&limit=1`);
  const shown = await page.locator('#line-list > li').last().innerText();
  check(first === text(150) && shown.includes(text(249)) && shown.includes('app=shop') && shown.includes(`${last.time.slice(0, 10)} ${last.time.slice(11, 23)}`), 'the newest lines are shown with time, labels and content, and streams with counts');
  const box = page.locator('#line-box');
  const isAtEnd = () => box.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 16);
  check(await isAtEnd(), 'the newest line is in sight');
  await picture(page, 'lines');

  await page.getByRole('button', { name: 'Newest lines' }).waitFor({ state: 'hidden' });
  await box.evaluate((box) => (box.scrollTop = 0));
  const mark = page.locator('#line-list > li', { hasText: text(150) });
  const before = (await mark.boundingBox()).y;
  const older = page.getByRole('button', { name: 'Show older' });
  await older.click();
  await until(200);
  const moved = Math.abs((await mark.boundingBox()).y - before);
  await older.click();
  await until(250);
  await older.waitFor({ state: 'hidden' });
  const focus = () => page.evaluate(() => document.activeElement.id);
  check(moved < 3 && JSON.stringify(await contents()) === JSON.stringify(Array.from({ length: 250 }, (_, i) => text(i))), `older lines appear above, up to the first; the place moved by ${moved}`);
  check((await focus()) === 'line-box', 'after the last older lines the focus is on the lines');

  // What arrives doesn't move what is read.
  await box.evaluate((box) => (box.scrollTop = 300));
  const place = page.locator('#line-list > li').nth(30);
  const was = (await place.boundingBox()).y;
  await put(logs, shop, ['while reading']);
  await page.locator('#line-list .content', { hasText: 'while reading' }).waitFor({ state: 'attached' });
  check(Math.abs((await place.boundingBox()).y - was) < 1, 'a new line does not move what is read');
  await put(logs, shop, Array.from({ length: 150 }, (_, i) => `burst ${i}`));
  await see(page, '#line-count', '401 lines');
  const unmoved = Math.abs((await place.boundingBox()).y - was) < 1;
  await page.getByRole('button', { name: 'Newest lines' }).click();
  await page.locator('#line-list .content', { hasText: 'burst 149' }).waitFor();
  check(unmoved && (await isAtEnd()) && (await contents())[0] === 'burst 50', 'nor do more than a page; a button leads to the newest lines');
  await put(logs, shop, ['the very last']);
  await page.locator('#line-list .content', { hasText: 'the very last' }).waitFor();
  check(await isAtEnd(), 'at the end, new lines stay in sight');

  await page.getByLabel('follow').uncheck();
  await put(logs, shop, ['unseen']);
  await row.getByText('403 lines').waitFor();
  await page.waitForTimeout(1500);
  check((await contents()).at(-1) === 'the very last', 'without "follow" nothing moves');
  await page.getByLabel('follow').check();
  await page.locator('#line-list .content', { hasText: 'unseen' }).waitFor();
  asked.length = 0;
  await page.waitForTimeout(2500);
  check(asked.length === 0, 'lines are requested only when there are new ones');

  // The keyword language.
  const query = page.getByLabel('Search the lines');
  await query.fill('error AND "timeout"');
  await see(page, '#line-count', '3 of 403 lines match');
  const marks = await page.locator('#line-list mark').allInnerTexts();
  check(marks.join() === 'Error,timeout,Error,timeout,Error,timeout', `hits are marked: ${marks.join()}`);
  await picture(page, 'lines-search');
  await query.fill('error AND )');
  await see(page, '#query-error', 'Column 11: expected a word or `(`, found `)`');
  const described = await query.evaluate((input) => document.getElementById(input.getAttribute('aria-describedby')).textContent);
  check((await query.getAttribute('aria-invalid')) === 'true' && described.includes('Column 11') && (await page.locator('#query-error mark').innerText()) === ')', 'a mistake in a query is shown with its place');
  await picture(page, 'lines-mistake');
  asked.length = 0;
  await put(logs, shop, ['during a mistake']);
  await row.getByText('404 lines').waitFor();
  await page.waitForTimeout(1500);
  check(asked.length === 0, 'a query with a mistake is not sent again');
  await query.fill('error AND nothing');
  await see(page, '#no-lines', 'No line matches.');
  check((await page.locator('#query-error').isHidden()) && (await page.locator('#line-count').innerText()) === '0 of 404 lines match', 'a search without matches says so');
  await put(logs, shop, ['An error, and nothing']);
  await page.locator('#line-list .content', { hasText: 'An error, and nothing' }).waitFor();
  check((await page.locator('#line-list > li').count()) === 1, 'a search is followed');

  await call('DELETE', `groups/${logs}/streams/${shop}`);
  await see(page, '#no-lines', 'This stream has been deleted.');
  await page.getByRole('button', { name: 'Close the lines' }).click();
  check((await page.locator('#reader').isHidden()) && (await focus()) === 'groups', 'the lines of a deleted stream are gone');
  asked.length = 0;
  await page.waitForTimeout(1500);
  check(asked.length === 0, 'without an opened stream no lines are requested');
  page.off('request', note);
}

/** Opening, searching, paging and closing without a mouse. */
async function linesByKeyboard(page) {
  const logs = await group('by-keyboard');
  const shop = await stream(logs, 'shop');
  await put(logs, shop, Array.from({ length: 120 }, (_, i) => `line ${i}`));
  const open = page.getByRole('button', { name: 'Lines of by-keyboard / shop' });
  await open.focus();
  await page.keyboard.press('Enter');
  await page.locator('#line-list > li').nth(99).waitFor();
  const focus = () => page.evaluate(() => document.activeElement.id);
  const stops = [await focus()];
  for (const _ of [1, 2, 3, 4, 5]) {
    await page.keyboard.press('Tab');
    stops.push(await focus());
  }
  check(stops.join() === 'lines,follow,close,query,line-box,older', `the Tab key goes through the lines: ${stops.join()}`);
  await page.keyboard.press('Enter');
  await page.locator('#line-list > li').nth(119).waitFor({ state: 'attached' });
  await page.getByLabel('Search the lines').focus();
  await page.keyboard.type('line AND 7');
  await page.keyboard.press('Enter');
  await see(page, '#line-count', '1 of 120 lines matches');
  await see(page, '#said', '1 of 120 lines matches');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  check((await page.locator('#reader').isHidden()) && (await open.evaluate((button) => button === document.activeElement)), 'lines are opened, paged, searched and closed by keyboard');
}

/** Lines that are markup, hide text or are very long. */
async function hostileLines(page) {
  const logs = await group('hostile');
  const shop = await stream(logs, 'shop');
  const long = `${'wide'.repeat(25_000)}😀`;
  await put(logs, shop, [MARKUP, 'a\u202eb\u0000\u001b[2J\u200bc', `${'😀'.repeat(600)}.`, long, 'row\n'.repeat(40), '<b>error</b> &amp;'], { [MARKUP.slice(0, 40)]: `${MARKUP.slice(0, 20)}\u202e` });
  await page.getByRole('button', { name: 'Lines of hostile / shop' }).click();
  const line = (i) => page.locator('#line-list > li').nth(i);
  await line(5).waitFor();
  const texts = await page.locator('#line-list .content').evaluateAll((all) => all.map((one) => one.textContent));
  const labels = await line(0).locator('.labels').innerText();
  const harm = await page.evaluate(() => ({ ran: window.hacked, made: document.querySelectorAll('#reader script, #reader img, #reader b').length }));
  check(texts[0] === MARKUP && texts[5] === '<b>error</b> &amp;' && harm.ran === undefined && harm.made === 0, 'lines that are markup show as text');
  check(texts[1] === 'a\\u{202e}b\\u{0}\\u{1b}[2J\\u{200b}c' && labels === `${MARKUP.slice(0, 40)}=${MARKUP.slice(0, 20)}\\u{202e}`, 'characters that hide or reorder text are escaped, in labels too');
  check(texts[2].length === 1000 && texts[3].length === 1000 && texts[4] === 'row\n'.repeat(10).trimEnd(), 'of long lines the beginning is shown');
  await picture(page, 'lines-hostile');
  const more = line(3).getByRole('button', { name: 'Show all 100,002 characters' });
  await more.click();
  check((await line(3).locator('.content').textContent()) === long && (await line(3).getByRole('button').getAttribute('aria-expanded')) === 'true', 'and the rest when it is wanted');
  await line(3).getByRole('button', { name: 'Show less' }).click();
  check((await line(3).locator('.content').textContent()).length === 1000, 'and no more when it is not');
  await page.getByLabel('Search the lines').fill('error or row and not "<script>"');
  await see(page, '#line-count', '2 of 6 lines match');
  check((await page.locator('#line-list mark').allInnerTexts()).join() === `${'row,'.repeat(10)}error`, 'hits within a cut line and markup are marked');
  for (const width of [1280, 400]) {
    await page.setViewportSize({ width, height: 800 });
    await page.getByLabel('Search the lines').fill(width === 400 ? 'row or )' : 'row or error');
    if (width === 400) await see(page, '#query-error', 'Column 8');
    else await see(page, '#line-count', '2 of 6');
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.waitForFunction(() => document.getAnimations().every((animation) => animation.playState === 'finished'));
      const { poor, count } = await page.evaluate(contrasts);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      check(count > 50 && poor.length === 0 && wide <= width, `${width} pixels, ${colorScheme}: lines can be read and fit: ${[...new Set(poor)].join(' · ') || 'all'}, ${wide}`);
      if (width === 400) await page.locator('#reader').evaluate((element) => element.scrollIntoView());
      await picture(page, `lines-${width}-${colorScheme}`);
    }
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
  await page.setViewportSize({ width: 1360, height: 860 });
  await page.getByRole('button', { name: 'Close the lines' }).click();
}

async function reset(page) {
  const open = page.getByRole('button', { name: 'Reset …' });
  await open.click();
  await picture(page, 'question');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await open.click();
  await page.keyboard.press('Escape');
  await page.locator('dialog[open]').waitFor({ state: 'detached' });
  check((await control('GET', 'state')).groups.length > 0, 'nothing is reset without confirmation');
  await open.click();
  await page.locator('dialog').getByRole('button', { name: 'Reset' }).click();
  await see(page, '#projects', 'No groups yet');
  await see(page, '#no-requests', 'No requests yet');
  await see(page, '#said', 'The emulator has been reset.');
  const { groups } = await control('GET', 'state');
  check(groups.length === 0 && (await page.locator('.project').count()) === 1, 'a reset takes one click and a confirmation');
  emulator.token = await login(emulator.url);
}

/** Everything by keyboard alone; wherever the focus is, it can be seen. */
async function keyboard(page) {
  const app = await group('keys');
  await transfer(app, [await stream(app, 'nginx')]);
  await page.locator('.transfer').waitFor();
  await page.reload();
  await page.locator('.transfer').waitFor();
  const stops = [];
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const at = document.activeElement;
      if (at === document.body) return null;
      const style = getComputedStyle(at);
      const box = at.getBoundingClientRect();
      return {
        name: at.ariaLabel || at.textContent.trim().slice(0, 20) || at.id,
        id: at.id || at.localName,
        visible: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.width > 1 && box.height > 1 && box.top >= 0 && box.bottom <= innerHeight,
      };
    });
    if (!stop || (stops.length > 3 && stop.name === stops[0].name)) break;
    stops.push(stop);
  }
  const unseen = stops.filter((stop) => !stop.visible);
  check(stops.length >= 11 && unseen.length === 0, `${stops.length} stops of the Tab key, the focus visible on each: ${unseen.map(({ name }) => name).join(' · ') || 'yes'}`);
  const wanted = ['reset', 'fold', 'refused'];
  check(wanted.every((id) => stops.some((stop) => stop.id === id)) && stops.filter(({ id }) => id === 'summary').length >= 3, 'they are what can be used, in the order of the page');

  // The way of a person without a mouse: close a group, add a fault, clear it, end a transfer, reset.
  const to = async (id) => {
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate((id) => document.activeElement.matches(id), id)) return;
    }
    throw new Error(`the Tab key doesn't lead to ${id}`);
  };
  await to('.group summary');
  await page.keyboard.press('Enter');
  check(!(await page.locator('.group > details').evaluate((element) => element.open)), 'Enter closes a group');
  await page.keyboard.press('Enter');
  await to('.transfer button');
  await page.keyboard.press('Enter');
  check(await page.evaluate(() => document.activeElement.id === 'no'), 'a dialog focuses the harmless button');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.locator('.transfer').waitFor({ state: 'detached' });
  check(await page.evaluate(() => document.activeElement.closest('.groups') !== null), 'when what had the focus goes, the focus stays near');
  await to('.add summary');
  await page.keyboard.press('Enter');
  await to('#add button');
  await page.keyboard.press('Enter');
  await see(page, '#fault-count', '1 waiting');
  await to('#clear');
  await page.keyboard.press('Space');
  await page.getByText('No pending faults').waitFor();
  await to('#reset');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await see(page, '#projects', 'No groups yet');
  check(true, 'a fault is added and cleared, a transfer ended and all of it reset by keyboard');
  const back = await page.evaluate(() => document.activeElement.id);
  check(back === 'reset', `after the question the focus is where it was: ${back}`);
  emulator.token = await login(emulator.url);
}

/** Very many of all, the longest names. */
async function crowd(page) {
  const name = (i) => `${LONG.slice(0, 60)}-${String(i).padStart(3, '0')}`;
  const groups = Array.from({ length: 100 }, (_, i) => ({ name: name(i), ttl: 7, streams: [0, 1, 2].map((j) => name(j)) }));
  groups[0].transfers = [{ streams: [name(0)], bucket: 'lts-test', every: '12hour', prefix: 'p'.repeat(64), dir: 'd'.repeat(64) }];
  await control('POST', 'seed', { manifest: { groups } });
  for (let i = 0; i < 130; i++) await call('GET', 'groups');
  await call('POST', 'groups', { log_group_name: 'one-more', ttl_in_days: 7 });
  await see(page, '.project > details > summary .fill.full', '100 / 100 groups');
  check((await page.locator('.group > details[open]').count()) === 0, 'a hundred groups start closed');
  await page.getByRole('button', { name: 'Expand all' }).click();
  check((await page.locator('.group > details[open]').count()) === 100, 'all can be opened at once');
  await page.getByRole('button', { name: 'Collapse all' }).click();
  check((await page.locator('.group > details[open]').count()) === 0, 'and closed again');
  await page.getByRole('button', { name: 'Expand all' }).click();
  check((await page.locator('.journal > li').count()) === 100 && (await page.locator('#more').isVisible()), 'of many requests the last hundred are shown');
  await picture(page, 'crowd');
  await page.locator('#more').click();
  const count = (await control('GET', 'requests')).length;
  check((await page.locator('.journal > li').count()) === count, `all ${count} are shown when asked for`);
}

/** The search finds groups, streams and requests by names and ids. */
async function search(page) {
  const [{ streams }, { log_group_id }] = (await control('GET', 'state')).groups;
  const box = page.getByLabel('Search names and ids');
  const count = (selector) => page.locator(selector).count();
  const found = async (text, groups, streams) => {
    await box.fill(text);
    const seen = [await count('.group'), await count('.stream')];
    return seen[0] === groups && seen[1] === streams;
  };
  check(await found(`${LONG.slice(50, 60)}-007`, 1, 3), 'a part of a name finds its group');
  check((await page.locator('.group .fill').innerText()).startsWith('3 / 4'), 'quotas count what the search leaves out');
  check(await found(streams[1].log_stream_id.toUpperCase(), 1, 1), 'an id finds its stream within its group');
  check(await page.locator('.stream').isVisible(), 'what is found is open');
  await picture(page, 'search');
  check(await found(log_group_id, 1, 3), 'an id finds its group');
  await call('GET', `groups/${log_group_id}/streams`);
  await see(page, '.journal .call', 'listLogStreams');
  check((await count('.journal > li')) === 1, 'and the requests with it');
  await box.fill((await control('GET', 'state')).groups[1].log_group_name);
  check((await count('.journal > li')) === 1, 'a name finds the requests with its id');
  check((await found('no such thing', 0, 0)) && (await count('.journal > li')) === 0, 'what is not there is not found');
  await see(page, '#projects', 'Nothing here matches the search.');
  await see(page, '#no-requests', 'No request matches the search.');
  await page.waitForTimeout(1500);
  check((await count('.group')) === 0, 'the search outlasts an update');
  await box.fill('');
  check((await count('.group')) === 100 && (await count('.group.fresh')) === 0, 'without a search everything is back, and not as new');
}

/** Light and dark: every text can be read (WCAG AA). */
async function looks(page) {
  await control('POST', 'faults', { status: 503, times: 0, operation: 'createLogStream' });
  await call('POST', 'groups/x/streams', { log_stream_name: 'x' });
  await page.locator('.faults li').first().waitFor();
  const grounds = {};
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.waitForFunction(() => document.getAnimations().every((animation) => animation.playState === 'finished'));
    const { poor, count, ground } = await page.evaluate(contrasts);
    grounds[colorScheme] = ground;
    check(count > 100 && poor.length === 0, `${colorScheme}: ${count} texts stand out from their grounds by 4.5:1 at least: ${[...new Set(poor)].slice(0, 5).join(' · ') || 'all'}`);
    await picture(page, `crowd-${colorScheme}`);
  }
  check(grounds.light > 0.8 && grounds.dark < 0.05, 'dark is dark, and light is light');
  await call('POST', 'groups/x/streams', { log_stream_name: 'x' });
  await page.waitForTimeout(1500);
  check(await page.evaluate(() => document.getAnimations().length === 0), 'reduced motion is respected');
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
}

/** Runs in the page: the texts whose contrast is below 4.5:1. */
function contrasts() {
  const parse = (color) => {
    const [r, g, b, a = 1] = color.match(/[\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const luminance = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.a > 0.99) return color;
    }
    return { r: 255, g: 255, b: 255 };
  };
  const poor = [];
  let count = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility() || element.closest('noscript, option')) continue;
    count += 1;
    const [a, b] = [luminance(parse(getComputedStyle(element).color)), luminance(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${element.className || element.localName} ${ratio.toFixed(2)}`);
  }
  return { poor, count, ground: luminance(ground(document.body)) };
}

async function phone(page) {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    check(width <= 360, `on a phone with the longest names, ${colorScheme}: ${width} pixels wide`);
    await picture(page, `phone-${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.locator('#requests').scrollIntoViewIfNeeded();
  await page.locator('.requests').evaluate((element) => element.scrollIntoView());
  await picture(page, 'phone-requests');
  const cut = await page.evaluate(() => [...document.querySelectorAll('.name, .call, .line, .refusal, .to')].filter((element) => element.checkVisibility() && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0).length);
  check(cut === 0, `no text is cut off: ${cut}`);
  await control('POST', 'reset');
  emulator.token = await login(emulator.url);
  await see(page, '#projects', 'No groups yet');
  const app = await group('app');
  await stream(app, 'nginx');
  await call('POST', 'groups', { log_group_name: 'app', ttl_in_days: 7 });
  await see(page, '.stream', 'nginx');
  await page.evaluate(() => scrollTo(0, 0));
  await picture(page, 'phone-few', true);
  await page.setViewportSize({ width: 1360, height: 860 });
}

/** A hidden page sends no requests. */
async function hidden(page) {
  let asked = 0;
  const count = () => (asked += 1);
  page.on('request', count);
  const be = (state) =>
    page.evaluate((state) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => state });
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);
  await be(true);
  await page.waitForTimeout(1500);
  asked = 0;
  await page.waitForTimeout(2500);
  const silent = asked === 0;
  await be(false);
  await group('while-away');
  await see(page, '.group', 'while-away');
  check(silent && asked > 0, 'a hidden page sends no requests, and updates when it is shown');
  page.off('request', count);
}

async function goneAndBack(page) {
  const listen = new URL(emulator.url).host;
  emulator.process.kill('SIGKILL');
  await once(emulator.process, 'exit');
  await see(page, '#link', 'Gone');
  await see(page, '#gone', 'does not respond');
  await see(page, '.group', 'while-away');
  await picture(page, 'gone');
  check(true, 'an unreachable emulator is reported, its last state stays');
  emulator = await emulators.start(lts, listen, '--lenient', '--quota-groups', '0');
  await see(page, '#link', 'Live');
  await see(page, '#projects', 'No groups yet');
  await see(page, '#lenient', 'Lenient');
  await see(page, '.project > details > summary .fill', '0 groups, no limit');
  const banner = await page.locator('#gone').isVisible();
  check(!banner, 'when it is back, the page goes on by itself; no limit is shown as such');
}

/** Pages of other origins cannot use the admin API. */
async function attackers() {
  const page = await context.newPage();
  const { port } = new URL(emulator.url);
  await group('precious');
  const there = async () => (await control('GET', 'state')).groups.length === 1;

  // A name that leads here has the same origin as the page that it came with.
  const rebound = await page.goto(`http://attacker.example:${port}/_emulator/`);
  check(rebound.status() === 403 && (await rebound.text()).includes('--admin-from-anywhere'), 'a rebound name is refused with the reason');
  const read = await page.evaluate(() => fetch('/_emulator/state').then((response) => response.status));
  const wrote = await page.evaluate(() => fetch('/_emulator/reset', { method: 'POST' }).then((response) => response.status));
  check(read === 403 && wrote === 403 && (await there()), 'it can neither read nor reset');

  // Another site, and another port of the same host.
  const site = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>x</title>')).listen(0, '127.0.0.1');
  await once(site, 'listening');
  for (const host of ['attacker.example', '127.0.0.1', 'localhost']) {
    await page.goto(`http://${host}:${site.address().port}/`);
    await page.evaluate(async (target) => {
      await fetch(`${target}reset`, { method: 'POST', mode: 'no-cors' }).catch(() => {});
      const form = Object.assign(document.createElement('form'), { method: 'POST', action: `${target}reset`, target: 'frame' });
      const frame = Object.assign(document.createElement('iframe'), { name: 'frame' });
      document.body.append(frame, form);
      const loaded = new Promise((resolve) => (frame.onload = resolve));
      form.submit();
      await Promise.race([loaded, new Promise((resolve) => setTimeout(resolve, 1000))]);
    }, `${emulator.url}/_emulator/`);
    const seen = await page.evaluate((target) => fetch(`${target}state`).then(() => true, () => false), `${emulator.url}/_emulator/`);
    check((await there()) && !seen, `a page of http://${host}:… can neither read nor reset`);
  }
  const framed = await page.evaluate(
    (target) =>
      new Promise((resolve) => {
        const frame = document.createElement('iframe');
        frame.onload = () => resolve(frame.contentDocument === null);
        frame.src = target;
        document.body.append(frame);
      }),
    `${emulator.url}/_emulator/`,
  );
  const inside = await Promise.all(page.frames().map((frame) => frame.locator('#projects').count().catch(() => 0)));
  check(framed && inside.every((count) => count === 0), 'no page can have the console in a frame');
  // A link may lead to the console.
  await page.evaluate((target) => {
    const link = Object.assign(document.createElement('a'), { href: target, textContent: 'console' });
    document.body.append(link);
  }, `${emulator.url}/_emulator/`);
  await page.getByText('console').click();
  await see(page, '.group .name', 'precious');
  check(true, 'a link may lead to it');
  site.close();
  await page.close();
}

/** Waits until an element has this text. */
async function see(page, selector, text) {
  await page.locator(selector).filter({ hasText: text }).first().waitFor({ state: selector === '#said' ? 'attached' : 'visible' });
}

async function picture(page, name, fullPage = false) {
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage });
}
