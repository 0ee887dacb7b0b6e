// The lines of the opened stream. They may contain anything: they become text, and characters that hide or reorder text
// are escaped.
'use strict';

/** How many lines are requested at once. */
const PAGE = 100;
/** How many lines are kept while new ones arrive. */
const MOST_LINES = 2000;
/** How much of a line is shown at first. */
const SHOWN_LENGTH = 1000;
const SHOWN_ROWS = 10;
/** Milliseconds from the last key to the search. */
const TYPING = 250;
/** The characters that the command line escapes, but for line feeds and tabs. */
const UNSAFE = /(?![\n\t])[\p{Cc}\u2028\u2029\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu;

/** What is shown; null if no stream is opened. A search makes a new one, and responses for an old one are dropped. */
let view = null;

const visible = (text) => text.replace(UNSAFE, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);

const isOpened = ({ log_stream_id }) => view?.ids.log_stream_id === log_stream_id;

/** The button that opens the lines of a stream. */
function opener({ project_id, log_group_id, log_group_name }, { log_stream_id, log_stream_name }) {
  const open = button('quiet', 'Lines', `Lines of ${log_group_name} / ${log_stream_name}`, () => {
    if (view?.ids.log_stream_id !== log_stream_id) {
      $('query').value = '';
      newView({ project_id, log_group_id, log_stream_id }, '');
      set($('lines'), `${log_group_name} / ${log_stream_name}`);
      $('reader').hidden = false;
      show();
      refreshLines().catch(() => {});
    }
    $('lines').focus();
  });
  open.dataset.stream = log_stream_id;
  return open;
}

function newView(ids, query) {
  view = { ids, query, lines: [], hasOlder: false, count: null, total: 0, isComplete: true, isBehind: false, isGone: false, isMistaken: false, seen: null, loading: null };
}

$('close').addEventListener('click', () => {
  const from = $('projects').querySelector(`[data-stream="${view.ids.log_stream_id}"]`);
  view = null;
  showLines();
  $('reader').hidden = true;
  show();
  (from?.checkVisibility() ? from : $('groups')).focus();
});

// What is loaded.

/** Loads the newest lines if there may be others than those shown. */
async function refreshLines() {
  if (!view || view.isMistaken) return;
  const stream = latest.state.groups.flatMap((group) => group.streams).find(isOpened);
  if (!stream) {
    if (!view.isGone) {
      Object.assign(view, { lines: [], hasOlder: false, count: null, isGone: true });
      showLines();
    }
    return;
  }
  const now = `${stream.lines} ${stream.bytes}`;
  const isWanted = view.seen === null || ($('follow').checked && view.seen !== now);
  if (isWanted) await load(view, null, (page) => {
    takeNewest(page, view.seen === null);
    view.seen = now;
    view.total = stream.lines;
  });
}

/** Loads a page of lines, one at a time, and shows what `take` makes of it. */
async function load(of, before, take) {
  if (of.loading) return of.loading;
  const parameters = { ...of.ids, query: of.query, limit: PAGE, ...(before && { before }) };
  // In the emulator's queries a plus is a plus.
  const path = `lines?${new URLSearchParams(parameters).toString().replaceAll('+', '%20')}`;
  const loading = async () => {
    try {
      const page = await ask(path);
      if (of !== view) return;
      of.count = page.count;
      of.isComplete = page.is_complete;
      showMistake(null);
      take(page);
      showLines(before !== null);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (of !== view || error.status === 404) return;
      if (error.column === undefined) throw error;
      of.isMistaken = true;
      showMistake(error);
    } finally {
      of.loading = null;
    }
  };
  of.loading = loading();
  return of.loading;
}

/** Shows the newest lines, with those before them that are known. */
function takeNewest({ lines, has_older }, isFirst) {
  const first = lines[0]?.line_num;
  const isJoined = !has_older || view.lines.some(({ line_num }) => line_num >= first);
  const before = has_older && isJoined ? view.lines.filter(({ line_num }) => line_num < first) : [];
  const isReading = !isFirst && !isAtEnd() && view.lines.length > 0;
  // Who reads older lines keeps them until they go to the newest ones.
  view.isBehind = isReading && (!isJoined || before.length + lines.length > MOST_LINES);
  if (view.isBehind) return;
  const all = [...before, ...lines];
  view.hasOlder = before.length > 0 ? view.hasOlder || all.length > MOST_LINES : has_older;
  view.lines = isReading ? all : all.slice(-MOST_LINES);
}

$('older').addEventListener('click', async () => {
  const of = view;
  await of.loading?.catch(() => {});
  const before = of.lines[0]?.line_num;
  if (of !== view || before === undefined) return;
  const add = ({ lines, has_older }) => {
    view.lines = [...lines, ...view.lines];
    view.hasOlder = has_older;
    say(`${many(lines.length, 'older line')} shown.`);
  };
  await load(of, before, add).catch(() => say('Not done: the emulator does not respond.', true));
  // The button is gone after the last ones.
  if (of === view && $('older').hidden) $('line-box').focus({ preventScroll: true });
});

$('follow').addEventListener('change', () => {
  if ($('follow').checked) toNewest();
});
$('newest').addEventListener('click', () => {
  toNewest();
  $('line-box').focus({ preventScroll: true });
});

function toNewest() {
  if (!view) return;
  toEnd();
  view.seen = null;
  refreshLines().catch(() => {});
}

const searchLines = (() => {
  let timer = 0;
  const search = async () => {
    clearTimeout(timer);
    const query = $('query').value;
    if (!view || view.query === query) return;
    newView(view.ids, query);
    const of = view;
    await refreshLines().catch(() => {});
    if (of === view && of.count !== null) say($('line-count').textContent);
  };
  $('query').addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(search, TYPING);
  });
  return search;
})();

$('find').addEventListener('submit', (event) => {
  event.preventDefault();
  searchLines();
});

// What is shown.

const isAtEnd = () => $('line-box').scrollHeight - $('line-box').scrollTop - $('line-box').clientHeight < 16;

function toEnd() {
  $('line-box').scrollTop = $('line-box').scrollHeight;
}

/** Whether the newest lines were in sight when the list was last scrolled. */
let rests = true;

$('line-box').addEventListener('scroll', () => {
  rests = isAtEnd();
  if (view?.isBehind && rests) toNewest();
  showNewestButton();
});
// They stay in sight when there is less room for them.
new ResizeObserver(() => {
  if (rests) toEnd();
  showNewestButton();
}).observe($('line-box'));

function showNewestButton() {
  const isShown = view !== null && view.lines.length > 0 && (view.isBehind || !isAtEnd());
  if (!isShown && document.activeElement === $('newest')) $('line-box').focus({ preventScroll: true });
  $('newest').hidden = !isShown;
}

/** The view whose lines are on the page. */
let drawn = null;

function showLines(areOlder = false) {
  const isNew = drawn !== view;
  const box = $('line-box').getBoundingClientRect();
  const wasAtEnd = isNew || isAtEnd();
  const anchor = wasAtEnd ? null : [...$('line-list').children].find((line) => line.getBoundingClientRect().bottom > box.top);
  const top = anchor?.getBoundingClientRect().top;
  if (isNew) sync($('line-list'), [], () => '');
  drawn = view;

  const lines = view?.lines ?? [];
  const known = $('line-list').lastElementChild;
  const wasFirst = first;
  first = known === null || areOlder;
  sync($('line-list'), lines, ({ line_num }) => line_num, createLine, () => {});
  first = wasFirst;
  set($('line-count'), counted());
  set($('no-lines'), nothing());
  $('no-lines').hidden = lines.length > 0 || !view || (view.count === null && !view.isGone);
  $('older').hidden = !view?.hasOlder;

  if (wasAtEnd) toEnd();
  else if (anchor?.isConnected) $('line-box').scrollTop += anchor.getBoundingClientRect().top - top;
  showNewestButton();
}

function counted() {
  if (!view || view.count === null) return '';
  const least = view.isComplete ? '' : 'at least ';
  if (view.query.trim() === '') return `${least}${many(view.count, 'line')}`;
  return `${least}${view.count.toLocaleString('en')} of ${many(view.total, 'line')} ${view.count === 1 ? 'matches' : 'match'}`;
}

function nothing() {
  if (view?.isGone) return 'This stream has been deleted.';
  if (view && view.query.trim() !== '') return view.isComplete ? 'No line matches.' : 'None of the lines that were searched matches.';
  return 'No lines yet. What clients write appears here.';
}

function createLine({ time, parts, labels }) {
  const when = make('time', '', `${time.slice(0, 10)} ${time.slice(11, 23)}Z`);
  when.dateTime = time;
  when.title = `${time}, UTC`;
  const content = make('div', 'content');
  const body = make('div', 'line-body', content);
  const short = beginning(parts);
  fillContent(content, short);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (short.reduce((sum, part) => sum + part.length, 0) < length) {
    const more = button('quiet', '', '', () => {
      const isOpen = more.ariaExpanded !== 'true';
      fillContent(content, isOpen ? parts : short);
      label(isOpen);
    });
    const label = (isOpen) => {
      more.ariaExpanded = String(isOpen);
      set(more, isOpen ? 'Show less' : `Show all ${length.toLocaleString('en')} characters`);
    };
    label(false);
    body.append(more);
  }
  const pairs = Object.entries(labels);
  if (pairs.length > 0) {
    const list = make('ul', 'labels', ...pairs.map(([name, value]) => make('li', '', visible(`${name}=${value}`.slice(0, 200)))));
    list.ariaLabel = 'Labels';
    body.append(list);
  }
  return make('li', '', when, body);
}

/** Shows the parts of a line. Every second one is a hit. */
function fillContent(content, parts) {
  content.replaceChildren(...parts.map((part, i) => (i % 2 === 1 ? make('mark', '', visible(part)) : visible(part))));
}

/** The parts of a line up to a length and a number of rows. */
function beginning(parts) {
  const shown = [];
  let [length, rows] = [SHOWN_LENGTH, SHOWN_ROWS];
  for (const part of parts) {
    let end = Math.min(length, part.length);
    for (let at = part.indexOf('\n'); at !== -1 && at < end; at = part.indexOf('\n', at + 1)) {
      rows -= 1;
      if (rows === 0) end = at;
    }
    // A character of two units stays whole.
    if (end < part.length && /[\ud800-\udbff]/.test(part[end - 1] ?? '')) end -= 1;
    shown.push(part.slice(0, end));
    if (end < part.length) break;
    length -= end;
  }
  return shown;
}

/** Shows what is wrong with the query, and where in it. */
function showMistake(error) {
  const element = $('query-error');
  element.hidden = error === null;
  if (error === null) {
    $('query').removeAttribute('aria-invalid');
    element.replaceChildren();
    return;
  }
  $('query').ariaInvalid = 'true';
  // The lines of the last query stay until there is a right one.
  set($('line-count'), '');
  $('older').hidden = true;
  const characters = [...view.query];
  const at = error.column - 1;
  const from = Math.max(0, at - 30);
  const text = (start, end) => visible(characters.slice(start, end).join(''));
  const here = make('mark', '', text(at, at + 1) || ' ');
  const place = make('code', '', from > 0 ? '…' : '', text(from, at), here, text(at + 1, at + 31), characters.length > at + 31 ? '…' : '');
  place.ariaHidden = 'true';
  const message = visible(error.message.replace(/^query: c/, 'C'));
  element.replaceChildren(place, message);
}
