// The console polls the admin API and updates the page. Whatever comes from
// there becomes text, never markup. Elements stay where they are as long as what they stand for is there:
// focus, open parts, selected text and the place in a list survive.
'use strict';

const $ = (id) => document.getElementById(id);
/** Milliseconds between two polls; a slow response makes the pauses longer. */
const PAUSE = 1000;
/** The timeout of a request. */
const TIMEOUT = 5000;
/** How many requests are shown at first. */
const SHOWN = 100;
/** Up to so many groups and streams everything starts open. */
const OPEN_UP_TO = 40;

let shown = SHOWN;
let codes = new Map();
let latest = null;
let alive = null;
let first = true;

// What the emulator says.

async function ask(path, options = {}) {
  const response = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT), ...options });
  if (response.ok) return response.status === 204 ? null : response.json();
  const body = await response.json().catch(() => ({}));
  throw new Refused(body.error_msg ?? `The emulator responded with ${response.status}.`, response.status, body.column);
}

class Refused extends Error {
  constructor(message, status, column) {
    super(message);
    this.status = status;
    this.column = column;
  }
}

const poll = (() => {
  let timer = 0;
  let running = null;
  let again = false;
  const look = async () => {
    const began = performance.now();
    try {
      if (codes.size === 0) learn(await ask('codes'));
      const paths = ['about', 'state', 'tasks', 'requests', 'injected', 'pending', 'clock'];
      const [about, state, tasks, requests, injected, pending, clock] = await Promise.all(paths.map((path) => ask(path)));
      latest = { about, state, tasks, requests, injected: new Set(injected), pending, clock };
      show();
      await refreshLines();
      linked(true);
    } catch (error) {
      if (!(error instanceof Refused || error instanceof TypeError || error instanceof DOMException || error instanceof SyntaxError)) {
        console.error(error);
      }
      linked(false, error instanceof Refused ? error.message : '');
    }
    return Math.max(PAUSE, 10 * (performance.now() - began));
  };
  const poll = async () => {
    clearTimeout(timer);
    if (running) {
      again = true;
      return running;
    }
    running = look();
    const pause = await running;
    running = null;
    if (again) {
      again = false;
      return poll();
    }
    if (!document.hidden) timer = setTimeout(poll, pause);
  };
  document.addEventListener('visibilitychange', () => document.hidden || poll());
  return poll;
})();

/** Has something done, says what came of it, and looks. */
async function act(path, options, done) {
  try {
    await ask(path, options);
    say(done);
  } catch (error) {
    say(error instanceof Refused ? `Not done: ${error.message}` : 'Not done: the emulator does not respond.', true);
  }
  await poll();
}

const post = (body) => ({
  method: 'POST',
  ...(body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
});

// Saying things to those who look and those who listen.

function say(text, isTrouble = false) {
  $('said').textContent = text;
  if (isTrouble) trouble(text);
  else if (alive) trouble('');
}

function trouble(text) {
  set($('gone'), text);
  $('gone').hidden = text === '';
}

function linked(is, why = '') {
  if (is !== alive) {
    if (is) trouble('');
    if (is && alive === false) $('said').textContent = 'The emulator responds again.';
    if (!is) trouble(why ? `The emulator refuses this page: ${why}` : 'The emulator does not respond. This page shows its last state, and continues when it is back.');
    alive = is;
  }
  $('link').dataset.state = is ? 'live' : 'gone';
  set($('link'), is ? 'Live' : 'Gone');
  document.title = is ? 'LTS emulator' : 'Gone · LTS emulator';
  document.body.classList.toggle('dimmed', !is);
}

// Elements.

/** An element with a class, and text or elements within. */
function make(tag, className, ...inside) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...inside);
  return element;
}

function button(className, text, label, onclick) {
  const element = make('button', className, text);
  element.type = 'button';
  if (label) element.ariaLabel = label;
  element.addEventListener('click', onclick);
  return element;
}

/** Sets a text, unless it is that already: a selection in it would be lost. */
function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const kept = new WeakMap();

/** Makes a list's elements stand for these items, in this order. What is there already is kept and not moved. */
function sync(list, items, keyOf, create, update) {
  let known = kept.get(list);
  if (!known) kept.set(list, (known = new Map()));
  const keys = new Set(items.map(keyOf));
  for (const [key, element] of known) {
    if (keys.has(key)) continue;
    // Move the focus to the heading.
    if (element.contains(document.activeElement)) list.closest('section').querySelector('h2').focus();
    element.remove();
    known.delete(key);
  }
  let next = list.firstElementChild;
  for (const item of items) {
    let element = known.get(keyOf(item));
    if (!element) {
      element = create(item);
      known.set(keyOf(item), element);
      if (!first) element.classList.add('fresh');
    }
    update(element, item);
    if (element === next) next = next.nextElementSibling;
    else list.insertBefore(element, next);
  }
}

/** Bytes in a unit that people read. */
function size(bytes) {
  if (bytes < 1000) return many(bytes, 'byte');
  const units = ['kB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes / 1000, 0];
  // What would be rounded to 1,000 has the next unit.
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${value.toLocaleString('en', { maximumFractionDigits: value < 9.95 ? 1 : 0 })} ${units[unit]}`;
}

const many = (n, one, more = `${one}s`) => `${n.toLocaleString('en')} ${n === 1 ? one : more}`;

// The page.

function show() {
  const { about, pending, clock } = latest;
  set($('address'), `${location.host} · ${about.version}`);
  $('lenient').hidden = !about.lenient;
  if ($('operation').length === 1) {
    for (const id of about.operations) $('operation').append(new Option(id, id));
  }
  showGroups();
  showFaults(pending);
  showRequests();
  showClock(clock.now);
  first = false;
}

function learn(rows) {
  for (const row of rows) {
    codes.set(`${row.code} ${row.status}`, row);
    if (!codes.has(row.code)) codes.set(row.code, row);
    const option = new Option(`${row.code} · ${row.status} · ${row.message}`, JSON.stringify({ code: row.code, status: row.status }));
    $('code').append(option);
  }
}

/** How much of a quota is used: a count, its limit if there is one, and a bar. */
function fill() {
  const bar = make('span', 'track', make('span'));
  bar.ariaHidden = 'true';
  return make('span', 'fill', make('span'), bar);
}

function setFill(element, count, limit, what) {
  const [text, bar] = element.children;
  set(text, limit === null ? `${many(count, what)}, no limit` : `${count} / ${limit} ${what}s`);
  bar.hidden = limit === null;
  bar.firstElementChild.style.width = limit === null ? '0' : `${Math.min(100, (100 * count) / limit)}%`;
  element.classList.toggle('full', limit !== null && count >= limit);
}

/** A part of the tree that can be opened. */
function branch(className, ...inside) {
  const element = make('li', className);
  const details = make('details', '', make('summary', '', make('span', 'name'), fill()), ...inside, make('ul'));
  element.append(details);
  return element;
}

function showGroups() {
  const { about, state, tasks } = latest;
  const byStream = new Map();
  for (const task of tasks) {
    for (const stream of task.log_streams) byStream.set(stream.log_stream_id, task);
  }
  const groups = groupsByProject(state.groups);
  const found = groupsByProject(search(state.groups, byStream));
  // A lenient emulator takes projects that it doesn't know.
  const unknown = [...groups.keys()].filter((id) => !about.projects.some((project) => project.id === id));
  const projects = [...about.projects, ...unknown.map((id) => ({ id, name: 'unknown project' }))];
  const streams = state.groups.reduce((sum, group) => sum + group.streams.length, 0);
  set($('group-count'), `${many(state.groups.length, 'group')}, ${many(streams, 'stream')}, ${many(tasks.length, 'transfer')}`);
  $('fold').hidden = state.groups.length === 0;

  const open = state.groups.length + streams <= OPEN_UP_TO;
  const create = () => {
    const element = branch('project', make('span', 'id'), make('p', 'none'));
    element.firstChild.open = true;
    return element;
  };
  sync($('projects'), projects, (project) => project.id, create, (element, project) => {
    const own = groups.get(project.id) ?? [];
    const shown = found.get(project.id) ?? [];
    const [summary, id, none, list] = element.firstChild.children;
    set(summary.firstChild, project.name);
    setFill(summary.lastChild, own.length, about.quota_groups, 'group');
    set(id, project.id);
    set(none, own.length === 0 ? 'No groups yet. What clients create appears here.' : 'Nothing here matches the search.');
    none.hidden = shown.length > 0;
    sync(list, shown, (group) => group.log_group_id, () => {
      const group = branch('group', make('span', 'id'), make('p', 'none', 'No streams.'));
      group.firstChild.open = open;
      group.querySelector('.name').after(make('span', 'fine'));
      return group;
    }, (element, group) => showGroup(element, group, byStream, about.quota_streams));
  });
  showFold();
}

/** One button opens all groups, and closes them when all are open. */
function showFold() {
  set($('fold'), $('projects').querySelector('.group > details:not([open])') ? 'Expand all' : 'Collapse all');
}

/** The text to search for; empty if there is none. */
const wanted = () => $('search').value.trim().toLowerCase();

const matches = (text) => text.toLowerCase().includes(wanted());

/** The groups that match the search, or that have matching streams, then with these only. */
function search(groups, byStream) {
  if (wanted() === '') return groups;
  return groups.flatMap((group) => {
    if (matches(group.log_group_name) || matches(group.log_group_id)) return [group];
    const streams = group.streams.filter((stream) => {
      const task = byStream.get(stream.log_stream_id);
      const of = task ? [task.log_transfer_id, target(task)] : [];
      return [stream.log_stream_name, stream.log_stream_id, ...of].some(matches);
    });
    return streams.length === 0 ? [] : [{ ...group, streams, all: group.streams.length }];
  });
}

function groupsByProject(groups) {
  const found = new Map();
  for (const group of groups) {
    if (!found.has(group.project_id)) found.set(group.project_id, []);
    found.get(group.project_id).push(group);
  }
  return found;
}

function showGroup(element, group, byStream, quota) {
  const [summary, id, none, list] = element.firstChild.children;
  set(summary.children[0], group.log_group_name);
  set(summary.children[1], [many(group.ttl_in_days, 'day'), ...tags(group)].join(' · '));
  setFill(summary.children[2], group.all ?? group.streams.length, quota, 'stream');
  set(id, group.log_group_id);
  none.hidden = group.streams.length > 0;
  sync(list, group.streams, (stream) => stream.log_stream_id, (stream) => {
    return make('li', 'stream', make('span', 'name'), make('span', 'fine'), make('span', 'count'), opener(group, stream), make('span', 'id'), make('ul'));
  }, (element, stream) => {
    const [name, fine, count, open, id, list] = element.children;
    set(count, stream.lines === 0 ? 'no lines' : `${many(stream.lines, 'line')} · ${size(stream.bytes)}`);
    open.ariaCurrent = isOpened(stream) ? 'true' : null;
    set(name, stream.log_stream_name);
    const ttl = stream.ttl_in_days === -1 ? [] : [many(stream.ttl_in_days, 'day')];
    set(fine, [...ttl, ...tags(stream)].join(' · '));
    set(id, stream.log_stream_id);
    const task = byStream.get(stream.log_stream_id);
    sync(list, task ? [task] : [], (task) => task.log_transfer_id, createTransfer, showTransfer);
  });
}

/** The tags of a group or stream, each as a text. */
const tags = ({ tag }) => Object.entries(tag).map(([key, value]) => (value === '' ? key : `${key}=${value}`));

/** Where a transfer goes. */
function target({ log_transfer_info: { log_transfer_type: type, log_transfer_detail: detail } }) {
  if (type === 'DIS') return `DIS ${detail.dis_name}`;
  if (type === 'DMS') return `Kafka ${detail.kafka_topic}`;
  return [detail.obs_bucket_name, detail.obs_dir_pre_fix_name, detail.obs_prefix_name].filter(Boolean).join('/');
}

function createTransfer(task) {
  const id = task.log_transfer_id;
  const end = button('quiet', 'End …', `End the transfer to ${target(task)}`, async () => {
    const now = latest.tasks.find((one) => one.log_transfer_id === id) ?? task;
    const others = now.log_streams.length - 1;
    const also = others > 0 ? ` It also reads from ${many(others, 'other stream')}.` : '';
    const sure = await sureOf('End this transfer?', `Its streams can be deleted then.${also}`, 'End it');
    if (sure) await act(`transfers/${encodeURIComponent(id)}`, { method: 'DELETE' }, 'The transfer has ended.');
  });
  return make('li', 'transfer', make('span', 'to'), make('span', 'fine'), make('span', 'id', id), end);
}

function showTransfer(element, task) {
  const [to, how] = element.children;
  const { log_transfer_detail: detail, ...info } = task.log_transfer_info;
  const unit = detail.obs_period > 1 && detail.obs_period_unit === 'hour' ? 'hours' : detail.obs_period_unit;
  const when = info.log_transfer_type === 'OBS' ? `every ${detail.obs_period} ${unit}` : 'in real time';
  const state = { ENABLE: '', DISABLE: ', paused' }[info.log_transfer_status] ?? ', failing';
  set(to, `→ ${target(task)}`);
  set(how, `${when}, ${info.log_storage_format}${state}`);
}

function showFaults(pending) {
  set($('fault-count'), pending.length === 0 ? '' : `${pending.length} waiting`);
  $('no-faults').hidden = pending.length > 0;
  if (pending.length === 0 && document.activeElement === $('clear')) $('faults').focus();
  $('clear').hidden = pending.length === 0;
  sync($('waiting'), pending, ({ id }) => id, ({ id, fault }) => {
    const remove = button('quiet', 'Remove', `Remove the fault for ${fault.operation ?? 'any operation'}`, () => {
      act(`faults/${id}`, { method: 'DELETE' }, 'The fault is removed.');
    });
    return make('li', '', make('strong'), make('span', 'fine'), make('span', 'what'), remove);
  }, (element, { fault: { operation, times, ...rest } }) => {
    const [who, often, what] = element.children;
    set(who, operation ?? 'any operation');
    set(often, times === 0 ? 'until cleared' : times === 1 ? 'once' : `${times.toLocaleString('en')} times`);
    const given = Object.entries(rest).filter(([, value]) => value !== null);
    set(what, given.map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`).join(' · ') || 'nothing goes wrong');
  });
}

function showClock(now) {
  const time = new Date(now);
  set($('now'), `${now.slice(0, 10)} ${now.slice(11, 19)} UTC`);
  $('now').dateTime = now;
  const seconds = Math.round((time - Date.now()) / 1000);
  set($('ahead'), Math.abs(seconds) < 5 ? 'as on this computer' : `${duration(Math.abs(seconds))} ${seconds > 0 ? 'ahead' : 'behind'}`);
}

function duration(seconds) {
  const parts = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];
  const said = [];
  let rest = seconds;
  for (const [unit, size] of parts) {
    if (rest >= size && said.length < 2) said.push(`${Math.floor(rest / size).toLocaleString('en')} ${unit}`);
    rest %= size;
  }
  return said.join(' ');
}

function showRequests() {
  const all = latest.requests;
  const isRefusal = (entry) => entry.code !== null || entry.status === null || entry.status >= 400;
  const refusals = all.filter(isRefusal);
  set($('request-count'), all.length === 0 ? '' : `${many(all.length, 'request')}, ${many(refusals.length, 'refusal')}`);
  const chosen = $('refused').checked ? refusals : all;
  const listed = searchRequests(chosen).reverse();
  $('no-requests').hidden = listed.length > 0;
  const none = all.length === 0 ? `No requests yet. Point a client at ${location.origin}, for LTS and IAM alike.`
    : chosen.length === 0 ? 'No request has been refused.' : 'No request matches the search.';
  set($('no-requests'), none);
  sync($('journal'), listed.slice(0, shown), (entry) => entry.request_id, createEntry, (element, entry) => {
    element.querySelector('.mark').hidden = !latest.injected.has(entry.request_id);
    set(element.querySelector('.took'), entry.duration_ms === 0 ? '< 1 ms' : `${entry.duration_ms.toLocaleString('en')} ms`);
  });
  const rest = listed.length - shown;
  $('more').hidden = rest <= 0;
  set($('more'), `Show ${rest === 1 ? 'one more' : `${rest} more`}`);
}

/** The requests that match the search, or whose path has the id of a group or stream with a matching name. */
function searchRequests(entries) {
  if (wanted() === '') return [...entries];
  const ids = new Set();
  for (const group of latest.state.groups) {
    if (matches(group.log_group_name)) ids.add(group.log_group_id);
    for (const stream of group.streams) {
      if (matches(stream.log_stream_name)) ids.add(stream.log_stream_id);
    }
  }
  return entries.filter(({ path, operation, request_id, code }) =>
    [path, operation ?? '', request_id, code ?? ''].some(matches) || path.split('/').some((part) => ids.has(part)));
}

/** A path without its project, which most have in common. Where there are several, its name stands in front. */
function shortPath(path) {
  const [, id, rest] = path.match(/^\/v\d+\/([^/]+)(\/.*)$/) ?? [];
  const { projects } = latest.about;
  const project = projects.find((project) => project.id === id);
  if (!project) return path;
  return projects.length > 1 ? `{${project.name}}${rest}` : `…${rest}`;
}

/** Of an entry, only the duration and the mark change. */
function createEntry(entry) {
  const when = make('time', '', entry.time.slice(11, 19));
  when.dateTime = entry.time;
  when.title = `${entry.time}, by the emulator’s clock`;
  const kind = entry.status === null || entry.status >= 500 ? 'bad' : isGood(entry) ? 'good' : 'warn';
  const status = make('span', 'status', entry.status === null ? 'dropped' : String(entry.status));
  status.dataset.kind = kind;
  const path = `${entry.method} ${shortPath(entry.path)}`;
  const mark = make('span', 'mark', 'injected');
  mark.title = 'A fault made or changed this response.';
  const call = make('span', 'call', entry.operation ?? path, mark);
  const element = make('li', '', when, status, call, make('span', 'id', entry.request_id), make('span', 'took'));
  const line = entry.operation ? make('span', 'line', path) : call;
  line.title = `${entry.method} ${entry.path}`;
  if (entry.operation) element.append(line);
  if (entry.code !== null) {
    const row = codes.get(`${entry.code} ${entry.status}`) ?? codes.get(entry.code);
    const refusal = make('p', 'refusal', make('span', 'code', entry.code));
    refusal.dataset.kind = kind;
    if (row) refusal.append(` ${row.message.replace('{method}', entry.method)} `, make('span', 'remedy', `${row.cause} ${row.solution}`));
    element.append(refusal);
  }
  return element;
}

const isGood = (entry) => entry.code === null && entry.status < 400;

// What people can do.

/** Asks before something is done that can't be undone. */
function sureOf(question, consequence, yes) {
  $('question').textContent = question;
  $('consequence').textContent = consequence;
  $('yes').textContent = yes;
  const dialog = $('ask');
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

$('yes').addEventListener('click', () => $('ask').close('yes'));
$('no').addEventListener('click', () => $('ask').close());

$('reset').addEventListener('click', async () => {
  const sure = await sureOf('Reset the emulator?', 'Groups, streams, lines, transfers, faults and the list of requests go, tokens are revoked, and the clock shows the system’s time.', 'Reset');
  if (sure) {
    shown = SHOWN;
    await act('reset', post(), 'The emulator has been reset.');
  }
});

$('fold').addEventListener('click', () => {
  const closed = $('projects').querySelectorAll('.group > details:not([open])');
  for (const details of closed) details.open = true;
  if (closed.length === 0) {
    for (const details of $('projects').querySelectorAll('.group > details')) details.open = false;
  }
  showFold();
});
// This event doesn't rise, so it is caught on its way down.
$('projects').addEventListener('toggle', showFold, true);

$('refused').addEventListener('change', () => latest && showRequests());
$('search').addEventListener('input', () => {
  if (!latest) return;
  // What comes back is not new.
  first = true;
  showGroups();
  showRequests();
  first = false;
  if (wanted() === '' || $('projects').querySelectorAll('.group').length > OPEN_UP_TO) return;
  for (const details of $('projects').querySelectorAll('.group > details')) details.open = true;
});
$('more').addEventListener('click', () => {
  const next = $('journal').children.length;
  shown = Infinity;
  showRequests();
  // The button is gone: go on where the new ones begin.
  const element = $('journal').children[next];
  if (element) {
    element.tabIndex = -1;
    element.focus({ preventScroll: true });
  }
});

$('clear').addEventListener('click', () => act('faults', { method: 'DELETE' }, 'No fault waits any more.'));
$('kind').addEventListener('change', () => {
  $('code-field').hidden = $('kind').value !== 'code';
});
$('add').addEventListener('submit', (event) => {
  event.preventDefault();
  const what = JSON.parse($('kind').value === 'code' ? $('code').value : $('kind').value);
  const operation = $('operation').value || null;
  act('faults', post({ operation, times: Number($('times').value), ...what }), 'The fault waits.');
});

for (const step of document.querySelectorAll('[data-advance]')) {
  step.addEventListener('click', () => act('clock', post({ advance_s: Number(step.dataset.advance) }), `The clock is ahead: ${step.textContent}.`));
}

// The other script has run then.
document.addEventListener('DOMContentLoaded', poll);
