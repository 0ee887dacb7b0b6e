// Finds the changes between two versions of a document, and classifies them.
//
// A change is `breaking` if it breaks a caller on the wire or the users of a generated client, an `addition` if it
// gives them more or requires less of them, and `wording` if it changes texts only. Unknown changes are breaking.
// oasdiff checks the documents as well (see compareFiles): it follows a change into every operation, but ignores names,
// media types, defaults and servers.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';

const LEVELS = ['wording', 'addition', 'breaking'];
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
const WORDS = new Set([
  'description', 'summary', 'title', 'example', 'examples', 'externalDocs',
  'x-lts-source', 'x-lts-resolution', 'x-lts-note', 'x-lts-rule', 'x-lts-variants',
]);

/** Reads a document. Throws if it is not an OpenAPI document, or if the target of a $ref is missing. */
async function read(file) {
  const document = parseDocument(await readFile(file, 'utf8'), { uniqueKeys: true });
  const [problem] = document.errors.concat(document.warnings);
  if (problem) throw new Error(`${file}: ${problem.message.split('\n')[0]}`);
  const root = document.toJS();
  if (!root?.openapi || !root.info || !root.paths) throw new Error(`${file}: not an OpenAPI document`);
  for (const { $ref } of parts(root)) {
    if (typeof $ref === 'string' && resolve(root, { $ref }) === undefined) throw new Error(`${file}: ${$ref} has no target`);
  }
  return root;
}

/**
 * Returns the changes in the order of the document, `[{ level, where, what, touches }]`, and three versions: the old
 * one (`was`), the new one (`is`), and the required one (`due`).
 */
export async function compareFiles(oldFile, newFile) {
  const [before, after] = [await read(oldFile), await read(newFile)];
  const changes = compare(before, after);
  // If both report an operation, its change is already listed.
  const known = new Set(changes.filter(({ level }) => level === 'breaking').flatMap(({ touches }) => touches));
  for (const { path, operation, text, id } of await oasdiff(before, after)) {
    const name = `${operation} ${path}`;
    if (!known.has(name) && !known.has('*')) changes.push({ level: 'breaking', where: name, what: `${text} (oasdiff: ${id})`, touches: [name] });
  }
  const [was, is] = [before.info.version, after.info.version];
  return { changes, was, is, due: nextVersion(was, changes) };
}

function compare(before, after) {
  const changes = [];
  const reach = new Map([...reached(before), ...reached(after)].map(([name]) => [name, new Set()]));
  const direction = new Map([...reach].map(([name]) => [name, new Set()]));
  for (const document of [before, after]) {
    for (const [name, uses] of reached(document)) {
      for (const { operation, way } of uses) {
        reach.get(name).add(operation);
        direction.get(name).add(way);
      }
    }
  }
  const renamed = renames(before, after);

  // `at` is the place of a change: its description, the operations that have it, and whether they send or receive it.
  const report = (level, at, what) => changes.push({ level, where: at.where, what, touches: [...at.operations] });
  const ROOT = { where: 'document', operations: ['*'], ways: new Set() };
  const into = (at, step, more = {}) => ({ ...at, where: `${at.where} ${step}`, ...more });
  const narrower = (at, what) => report(at.ways.has('sent') ? 'breaking' : 'addition', at, what);
  const wider = (at, what) => report(at.ways.has('received') ? 'breaking' : 'addition', at, what);

  /** Calls a rule for each key that differs. */
  function each(a, b, at, rules) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (same(a[key], b[key])) continue;
      if (rules[key]) rules[key](a[key], b[key], at);
      else if (WORDS.has(key)) report('wording', at, `${key} ${verb(a[key], b[key])}`);
      else if (key.startsWith('x-')) report('addition', at, `${key} ${verb(a[key], b[key])}`);
      else report('breaking', at, `${key} ${verb(a[key], b[key])}: ${show(a[key])} → ${show(b[key])}`);
    }
  }

  /** Compares two maps by key: keys only in the first, only in the second, and in both. */
  function entries(a = {}, b = {}, { gone, fresh, both }) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (!(key in b)) gone(key, a[key]);
      else if (!(key in a)) fresh(key, b[key]);
      else if (!same(a[key], b[key])) both(key, a[key], b[key]);
    }
  }

  /** Resolves references that differ. Equal ones have the same component, which is compared by itself. */
  const follow = (a, b) => [resolve(before, a), resolve(after, b)];

  const breaks = (what) => (a, b, at) => report('breaking', at, `${what} ${show(a)} → ${show(b)}`);

  function document(a, b) {
    each(a, b, ROOT, {
      openapi: (x, y) => report(x.split('.', 2).join() === y.split('.', 2).join() ? 'wording' : 'breaking', ROOT, `openapi ${x} → ${y}`),
      info: (x, y) => each(x, y, into(ROOT, 'info'), {
        version: (v, w, at) => report('wording', at, `version ${v} → ${w}`),
        contact: (v, w, at) => report('wording', at, 'contact changed'),
        license: (v, w, at) => report('wording', at, 'license changed'),
      }),
      servers,
      tags: (x, y) => report('wording', ROOT, 'tags reworded'),
      security: (x, y) => security(x, y, ROOT),
      paths,
      components,
      'x-error-codes': codes('x-error-codes'),
      'x-gateway-error-codes': codes('x-gateway-error-codes'),
      'x-lts-intervals': (x, y) => entries(keyed(x, 'name'), keyed(y, 'name'), {
        gone: (name) => report('breaking', ROOT, `interval ${name} removed`),
        fresh: (name) => report('addition', ROOT, `interval ${name} added`),
        both: (name) => report('breaking', ROOT, `interval ${name} has other parts`),
      }),
    });
  }

  function servers(a = [], b = []) {
    if (a[0]?.url !== b[0]?.url) report('breaking', ROOT, `the first server ${show(a[0]?.url)} → ${show(b[0]?.url)}`);
    entries(keyed(a, 'url'), keyed(b, 'url'), {
      gone: (url) => url !== a[0].url && report('breaking', ROOT, `server ${url} removed`),
      fresh: (url) => url !== b[0].url && report('addition', ROOT, `server ${url} added`),
      both: (url, x, y) => each(x, y, into(ROOT, url), {
        variables: (v, w, at) => entries(v, w, {
          gone: (name) => report('breaking', at, `variable ${name} removed`),
          fresh: (name) => report('addition', at, `variable ${name} added`),
          both: (name, p, q) => each(p, q, into(at, `variable ${name}`), { default: breaks('default') }),
        }),
      }),
    });
  }

  /** A removed alternative is breaking, an added one is not. An empty list requires no credential. */
  function security(a = [], b = [], at) {
    const alternatives = (list) => (list.length ? list : [{}]).map((one) => Object.keys(one).sort().join(' and ') || 'none');
    const [old, now] = [alternatives(a), alternatives(b)];
    const gone = old.filter((one) => !now.includes(one));
    const fresh = now.filter((one) => !old.includes(one));
    if (gone.length) report('breaking', at, `security: ${gone.join(', ')} is no longer enough${fresh.length ? `, but ${fresh.join(', ')} is` : ''}`);
    else if (fresh.length) report('addition', at, `security: ${fresh.join(', ')} is enough`);
    else report('wording', at, 'security in another order');
  }

  function paths(a, b) {
    const operations = (map) => Object.fromEntries(Object.entries(map).flatMap(([path, item]) =>
      METHODS.filter((method) => item[method]).map((method) => [`${method.toUpperCase()} ${path}`, {
        ...item[method],
        parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])],
      }])));
    entries(operations(a), operations(b), {
      gone: (name, x) => report('breaking', { where: name, operations: [name] }, `operation ${x.operationId} removed`),
      fresh: (name, y) => report('addition', { where: name, operations: [name] }, `operation ${y.operationId} added`),
      both: (name, x, y) => operation(x, y, { where: name, operations: [name], ways: new Set() }),
    });
  }

  function operation(a, b, at) {
    const sent = new Set(['sent']);
    each(a, b, at, {
      operationId: breaks('operationId'),
      tags: (x, y) => (x?.[0] === y?.[0] ? report('addition', at, 'tags changed') : breaks('first tag (clients name their classes after it)')(x?.[0], y?.[0], at)),
      deprecated: () => report('addition', at, 'deprecated changed'),
      security: () => security(a.security ?? before.security, b.security ?? after.security, at),
      parameters: (x, y) => parameters(x, y, { ...at, ways: sent }),
      requestBody: (x, y) => requestBody(x, y, into(at, 'request', { ways: sent })),
      responses: (x, y) => responses(x, y, { ...at, ways: new Set(['received']) }),
      'x-lts-quota': (x, y) => report(y && !(x && (y.default < x.default || y.code !== x.code)) ? 'addition' : 'breaking', at, `x-lts-quota ${show(x)} → ${show(y)}`),
    });
  }

  function parameters(a = [], b = [], at) {
    const named = (document, list) => Object.fromEntries(list.map((one) => {
      const { in: place, name } = resolve(document, one);
      return [`${place} parameter ${name}`, one];
    }));
    const [old, now] = [named(before, a), named(after, b)];
    entries(old, now, {
      gone: (key) => report('breaking', at, `${key} removed`),
      fresh: (key, y) => report(resolve(after, y).required ? 'breaking' : 'addition', at, `${key} added`),
      both: (key, x, y) => parameter(...follow(x, y), into(at, key)),
    });
    const kept = (list, other) => Object.keys(list).filter((key) => key in other).join(', ');
    if (kept(old, now) !== kept(now, old)) report('breaking', at, `parameters in another order (clients may take them by position): ${kept(now, old)}`);
  }

  function parameter(a, b, at) {
    each(a, b, at, {
      required: (x, y) => (y ? narrower(at, 'required now') : wider(at, 'no longer required')),
      deprecated: () => report('addition', at, 'deprecated changed'),
      allowEmptyValue: (x, y) => (y ? wider(at, 'may be empty') : narrower(at, 'may no longer be empty')),
      schema: (x, y) => schema(x, y, at),
    });
  }

  function requestBody(a, b, at) {
    if (!a) return report(resolve(after, b).required ? 'breaking' : 'addition', at, 'body added');
    if (!b) return report('breaking', at, 'body removed');
    const [x, y] = follow(a, b);
    each(x, y, at, {
      required: (v, w) => (w ? narrower(at, 'body required now') : wider(at, 'body no longer required')),
      content: (v, w) => content(v, w, at),
    });
  }

  function responses(a, b, at) {
    entries(a, b, {
      gone: (status) => report('breaking', at, `status ${status} removed`),
      fresh: (status) => report(/^[2d]/.test(status) ? 'breaking' : 'addition', at, `status ${status} added`),
      both: (status, x, y) => response(...follow(x, y), into(at, `status ${status}`)),
    });
  }

  function response(a, b, at) {
    each(a, b, at, {
      content: (x, y) => content(x, y, at),
      links: () => report('addition', at, 'links changed'),
      headers: (x, y) => entries(x, y, {
        gone: (name) => report('breaking', at, `header ${name} removed`),
        fresh: (name) => report('addition', at, `header ${name} added`),
        both: (name, p, q) => parameter(...follow(p, q), into(at, `header ${name}`)),
      }),
    });
  }

  function content(a, b, at) {
    entries(a, b, {
      gone: (type) => report('breaking', at, `media type ${type} removed`),
      fresh: (type) => report(a ? 'addition' : 'breaking', at, `media type ${type} added`),
      both: (type, x, y) => each(x, y, into(at, type), { schema: (v, w, here) => schema(v, w, here) }),
    });
  }

  function components(a = {}, b = {}) {
    // Clients see only the names of schemas and security schemes.
    const silent = (kind, compareOne) => (x = {}, y = {}) => entries(x, y, {
      gone: (name) => report('wording', ROOT, `${kind} component ${name} removed`),
      fresh: (name) => report('wording', ROOT, `${kind} component ${name} added`),
      both: (name, p, q) => {
        const way = kind === 'parameters' || kind === 'requestBodies' ? 'sent' : 'received';
        compareOne(p, q, { where: `${kind} component ${name}`, operations: ['*'], ways: new Set([way]) });
      },
    });
    each(a, b, ROOT, {
      schemas: (x, y) => {
        for (const [old, now] of renamed) report('breaking', schemaAt(old), `schema renamed to ${now}`);
        entries(x, y, {
          gone: (name) => renamed.has(name) || report('breaking', schemaAt(name), 'schema removed'),
          fresh: (name) => [...renamed.values()].includes(name) || report('addition', schemaAt(name), 'schema added'),
          both: (name, p, q) => schema(p, q, schemaAt(name)),
        });
      },
      parameters: silent('parameters', parameter),
      headers: silent('headers', parameter),
      responses: silent('responses', response),
      requestBodies: silent('requestBodies', requestBody),
      examples: () => report('wording', ROOT, 'examples changed'),
      links: () => report('addition', ROOT, 'links changed'),
      securitySchemes: (x, y) => entries(x, y, {
        gone: (name) => report('breaking', ROOT, `security scheme ${name} removed`),
        fresh: (name) => report('addition', ROOT, `security scheme ${name} added`),
        both: (name, p, q) => each(p, q, into(ROOT, `security scheme ${name}`), {}),
      }),
    });
  }

  const schemaAt = (name) => ({
    where: name,
    operations: reach.get(name) ?? [],
    ways: direction.get(name) ?? new Set(),
  });

  function schema(a, b, at) {
    if (same(a, b)) return;
    if (!a || !b) return report('breaking', at, `schema ${verb(a, b)}`);
    if (a.$ref || b.$ref) {
      const [old, now] = [a.$ref?.split('/').at(-1), b.$ref?.split('/').at(-1)];
      if (!old || !now || renamed.get(old) !== now) report('breaking', at, `its type ${old ?? 'inline'} → ${now ?? 'inline'}`);
      return;
    }
    const limit = (up) => (x, y, _, key) => {
      const less = up ? y === undefined || y > x : y === undefined || y < x;
      (x !== undefined && less ? wider : narrower)(at, `${key} ${show(x)} → ${show(y)}`);
    };
    const limits = Object.fromEntries(['maxLength', 'maximum', 'maxItems', 'maxProperties'].map((key) => [key, (x, y) => limit(true)(x, y, at, key)])
      .concat(['minLength', 'minimum', 'minItems', 'minProperties'].map((key) => [key, (x, y) => limit(false)(x, y, at, key)])));
    const flag = (key) => (x, y) => (y ? narrower : wider)(at, `${key} ${show(x)} → ${show(y)}`);
    each(a, b, at, {
      ...limits,
      exclusiveMinimum: flag('exclusiveMinimum'),
      exclusiveMaximum: flag('exclusiveMaximum'),
      uniqueItems: flag('uniqueItems'),
      nullable: (x, y) => (y ? wider : narrower)(at, y ? 'may be null' : 'can no longer be null'),
      deprecated: () => report('addition', at, 'deprecated changed'),
      pattern: (x, y) => {
        if (x === undefined) narrower(at, `pattern added: ${y}`);
        else if (y === undefined) wider(at, 'pattern removed');
        else report(at.ways.size ? 'breaking' : 'addition', at, `pattern ${x} → ${y}`);
      },
      default: (x, y) => report(x !== undefined && at.ways.has('sent') ? 'breaking' : 'addition', at, `default ${show(x)} → ${show(y)}`),
      enum: (x, y) => {
        if (!x || !y) return report('breaking', at, `enumeration ${verb(x, y)}`);
        const gone = x.filter((value) => !y.includes(value));
        const fresh = y.filter((value) => !x.includes(value));
        if (gone.length) report('breaking', at, `no longer allows ${gone.map(show).join(', ')}`);
        if (fresh.length) wider(at, `allows ${fresh.map(show).join(', ')}`);
        if (!gone.length && !fresh.length) report('wording', at, 'enumeration in another order');
      },
      required: (x = [], y = []) => {
        for (const name of y.filter((one) => !x.includes(one))) narrower(at, `member ${name} is required now`);
        // A removed member is reported below.
        for (const name of x.filter((one) => !y.includes(one) && b.properties?.[one])) wider(at, `member ${name} is no longer required`);
        if (same(new Set(x), new Set(y))) report('wording', at, 'required members in another order');
      },
      properties: (x, y) => entries(x, y, {
        gone: (name) => report('breaking', at, `member ${name} removed`),
        fresh: (name) => report('addition', at, `member ${name} added`),
        both: (name, p, q) => schema(p, q, { ...at, where: `${at.where}.${name}` }),
      }),
      items: (x, y) => schema(x, y, { ...at, where: `${at.where}[]` }),
      additionalProperties: (x, y) => {
        if (typeof x === 'object' && typeof y === 'object') schema(x, y, { ...at, where: `${at.where}.*` });
        else if (typeof x === 'object' || typeof y === 'object') report('breaking', at, 'its type changed (additionalProperties)');
        else (y === false ? narrower : wider)(at, `additionalProperties ${show(x)} → ${show(y)}`);
      },
      'x-lts-error-code': (x, y) => report(!x || (y && x.code === y.code && x.status === y.status) ? 'addition' : 'breaking', at, `x-lts-error-code ${verb(x, y)}`),
    });
  }

  const codes = (table) => (a = [], b = []) => {
    const rows = (list) => Object.fromEntries(list.map((row) => [`${row.code} with status ${row.status}`, row]));
    entries(rows(a), rows(b), {
      gone: (name) => report('breaking', ROOT, `${table}: ${name} removed`),
      fresh: (name) => report('addition', ROOT, `${table}: ${name} added`),
      both: (name, x, y) => each(x, y, into({ ...ROOT, where: table }, name), {
        class: breaks('class'),
        ...Object.fromEntries(['message', 'cause', 'solution'].map((key) => [key, (v, w, at) => report('wording', at, `${key} changed`)])),
      }),
    });
  };

  document(before, after);
  return changes;
}

/** Returns the operations that send or receive each schema. */
function reached(document) {
  const uses = new Map(Object.keys(document.components?.schemas ?? {}).map((name) => [name, []]));
  const walk = (node, operation, way, seen) => {
    if (node === null || typeof node !== 'object') return;
    if (typeof node.$ref === 'string') {
      if (seen.has(node.$ref)) return;
      seen.add(node.$ref);
      const [, kind, name] = /^#\/components\/([^/]+)\/(.+)$/.exec(node.$ref) ?? [];
      if (kind === 'schemas') uses.get(name)?.push({ operation, way });
      walk(resolve(document, node), operation, way, seen);
    } else for (const child of Object.values(node)) walk(child, operation, way, seen);
  };
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS.filter((one) => item[one])) {
      const name = `${method.toUpperCase()} ${path}`;
      walk([item.parameters, item[method].parameters, item[method].requestBody], name, 'sent', new Set());
      walk(item[method].responses, name, 'received', new Set());
    }
  }
  return uses;
}

/** Returns renamed schemas: removed schemas that are equal to a new one, with the new name. */
function renames(before, after) {
  const [old, now] = [before.components?.schemas ?? {}, after.components?.schemas ?? {}];
  const found = new Map();
  for (const name of Object.keys(old).filter((one) => !(one in now))) {
    const heir = Object.keys(now).find((one) => !(one in old) && same(old[name], now[one]));
    if (heir && ![...found.values()].includes(heir)) found.set(name, heir);
  }
  return found;
}

async function oasdiff(before, after) {
  const folder = await mkdtemp(join(tmpdir(), 'compare-'));
  try {
    const files = await Promise.all([before, after].map(async (document, i) => {
      const file = join(folder, `${i}.json`);
      await writeFile(file, JSON.stringify(document));
      return file;
    }));
    const command = fileURLToPath(new URL('.bin/oasdiff', import.meta.url));
    const options = ['changelog', ...files, '--format=json', '--level=ERR', '--allow-external-refs=false'];
    const stdout = await new Promise((done, fail) => {
      execFile(command, options, { maxBuffer: 1 << 28, cwd: folder }, (error, out, err) =>
        error ? fail(new Error(`oasdiff: ${err.trim() || error.message}`)) : done(out));
    });
    return JSON.parse(stdout.trim() || '[]') ?? [];
  } finally {
    await rm(folder, { recursive: true });
  }
}

function resolve(document, node) {
  for (let hops = 0; typeof node?.$ref === 'string' && hops < 100; hops += 1) {
    const steps = node.$ref.replace(/^#\//, '').split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    node = node.$ref.startsWith('#/') ? steps.reduce((at, step) => at?.[step], document) : undefined;
  }
  return node;
}

function* parts(node) {
  if (node === null || typeof node !== 'object') return;
  yield node;
  for (const child of Object.values(node)) yield* parts(child);
}

const keyed = (list = [], key) => Object.fromEntries(list.map((one) => [one[key], one]));
const verb = (a, b) => (a === undefined ? 'added' : b === undefined ? 'removed' : 'changed');
const show = (value) => (value === undefined ? 'absent' : typeof value === 'string' ? value : JSON.stringify(value));

/** Compares without regard to the order of keys. */
const same = (a, b) => canonical(a) === canonical(b);
const canonical = (value) =>
  JSON.stringify(value instanceof Set ? [...value].sort() : value, (_, part) =>
    part && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([x], [y]) => (x < y ? -1 : 1)))
      : part,
  );

/** Returns the version that the document must have after these changes to the version `released`. */
function nextVersion(released, changes) {
  const [major, minor, patch] = released.split('.').map(Number);
  const level = Math.max(...changes.filter((change) => !isVersion(change)).map((change) => LEVELS.indexOf(change.level)));
  if (level < 0) return released;
  return [`${major}.${minor}.${patch + 1}`, `${major}.${minor + 1}.0`, `${major + 1}.0.0`][level];
}

const isVersion = ({ where, what }) => where === 'document info' && what.startsWith('version ');
