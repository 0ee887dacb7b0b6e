// publish-spec DIR: writes all files except the checksums. scripts/publish-spec installs Redocly.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { errata } from './errata.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const openapi = (name) => here(`../../openapi/${name}`);
const folder = process.argv[2];

// Pages run only their own scripts and send no requests.
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline' blob:; worker-src blob:; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'";
// Redoc fetches a logo for "API docs by …". This image replaces it.
const LOGO = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" width="50" height="16"><text x="1" y="12" font-family="sans-serif" font-size="11" fill="#555">Redocly</text></svg>',
)}`;
// Tables scroll sideways on narrow screens, so columns can keep a minimum width.
const STYLE = '<style>@media (max-width: 960px) { td + td { min-width: 9rem; } }</style>';

const texts = { lts: readFileSync(openapi('lts.yaml'), 'utf8'), iam: readFileSync(openapi('iam.yaml'), 'utf8') };
const documents = { lts: parse(texts.lts), iam: parse(texts.iam) };
const changelog = readFileSync(openapi('CHANGELOG.md'), 'utf8');
const readme = existsSync(openapi('README.md')) ? readFileSync(openapi('README.md'), 'utf8') : '';

const files = { 'CHANGELOG.md': changelog };
for (const [name, document] of Object.entries(documents)) {
  for (const [format, text] of Object.entries({ yaml: texts[name], json: `${JSON.stringify(document, null, 2)}\n` })) {
    const versioned = `${name}-${document.info.version}.${format}`;
    if (existsSync(join(folder, versioned)) && readFileSync(join(folder, versioned), 'utf8') !== text) {
      console.error(`publish-spec: ${versioned} was published with another content: a published version never changes`);
      process.exit(1);
    }
    files[versioned] = text;
    files[`${name}.${format}`] = text;
  }
}

files['index.html'] = page(documents.lts, {
  title: 'Log Tank Service (LTS)',
  intro: `**On this page.** [Error codes](#/error-codes), [errata](#/errata), the [changelog](#/changelog), and the
    [documents](#/documents) themselves. Tokens and project ids come from [IAM](iam.html).`,
  chapters: {
    'Error codes': codeTables(documents.lts),
    Errata: `Contradictions and gaps of the reference, and what the documents assume instead.\n\n${errata(readme, documents)}`,
    Changelog: changelog.replace(/^# .*\n/, ''),
    Documents: downloadTable(),
  },
});
files['iam.html'] = page(documents.iam, {
  title: 'IAM, as needed for LTS',
  intro: `**Elsewhere.** The [Log Tank Service](index.html), with the [errata](index.html#/errata),
    the [changelog](index.html#/changelog) and the files of both [documents](index.html#/documents).`,
  chapters: {},
});

for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);

/** Returns a document as one page of Redocly, with more chapters. Redoc shows tags without operations as chapters. */
function page(document, { title, intro, chapters }) {
  const shown = withSources(structuredClone(document));
  shown.info.description += `\n${unindent(intro)}\n`;
  for (const [name, description] of Object.entries(chapters)) shown.tags.push({ name, description, 'x-traitTag': true });

  const work = mkdtempSync(join(tmpdir(), 'publish-'));
  try {
    const [input, output, config] = ['page.json', 'page.html', 'redocly.yaml'].map((name) => join(work, name));
    writeFileSync(input, JSON.stringify(shown));
    // JSON is YAML as well. The stacked layout has room for the tables.
    writeFileSync(config, JSON.stringify({ openapi: { disableTelemetry: true, jsonSamplesExpandLevel: 'all', layout: 'stacked' } }));
    const cli = here('node_modules/@redocly/cli/bin/cli.js');
    const options = ['--inlineBundle', `--title=${title}`, `--output=${output}`, `--config=${config}`];
    execFileSync(process.execPath, [cli, 'build-docs', input, ...options], { stdio: ['ignore', 'ignore', 'pipe'], cwd: work });
    const html = readFileSync(output, 'utf8');
    return replaceAll(
      replaceAll(html, /<head>/, `<head>\n  <meta http-equiv="Content-Security-Policy" content="${POLICY}" />\n  ${STYLE}`, 1),
      /https:\/\/cdn\.redoc\.ly\/[^`"']+/g,
      LOGO,
      2,
    );
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** Adds the sources and errata of an element to its description. */
function withSources(document) {
  const walk = (node) => {
    if (node === null || typeof node !== 'object') return;
    for (const child of Object.values(node)) walk(child);
    if (typeof node.description !== 'string' || !node['x-lts-source']) return;
    const settled = (node['x-lts-resolution'] ?? []).map(({ erratum, settled: how }) => `[erratum ${erratum}](${errataPage}): ${how}`);
    node.description = `${node.description.trimEnd()}\n\n*Source: ${[node['x-lts-source'].join(', '), ...settled].join('; ')}*`;
  };
  const errataPage = document.info.title === documents.lts.info.title ? '#/errata' : 'index.html#/errata';
  walk([document.paths, document.components]);
  return document;
}

function codeTables(document) {
  const table = (rows) =>
    markdownTable(
      ['Code', 'Status, class', 'Message', 'Cause', 'Solution'],
      rows.map((row) => [
        `**${row.code}**`,
        `${row.status} ${row.class}`,
        code(row.message),
        row['x-lts-note'] ? `${row.cause} *${row['x-lts-note']}*` : row.cause,
        row.solution,
      ]),
    );
  const variants = document['x-gateway-error-codes'].flatMap((row) =>
    (row['x-lts-variants'] ?? []).map((variant) => [`**${row.code}** ${variant.name.replaceAll('_', ' ')}`, code(variant.message), variant.cause, variant.solution]),
  );
  return [
    'Classify a response by its code, never by its message. Expect codes that are not listed.',
    '## Codes of the service',
    table(document['x-error-codes']),
    '## Codes of the gateway',
    'The gateway in front of the service sends these codes. Words in braces are the variable parts of a message.',
    table(document['x-gateway-error-codes']),
    '## Rejected credentials',
    'The messages of the gateway about a rejected signature or token.',
    markdownTable(['Variant', 'Message', 'Cause', 'Solution'], variants),
  ].join('\n\n');
}

function downloadTable() {
  const rows = Object.entries(documents).flatMap(([name, { info }]) =>
    ['yaml', 'json'].map((format) => [
      `[${name}.${format}](${name}.${format})`,
      `[${name}-${info.version}.${format}](${name}-${info.version}.${format})`,
      info.title,
    ]),
  );
  return [
    'The documents are OpenAPI 3.0.3. The first column has the newest version. The files of the second column never change.',
    markdownTable(['Newest', 'This version', 'What'], rows),
    '[SHA256SUMS](SHA256SUMS) has the checksums, [CHANGELOG.md](CHANGELOG.md) the changes.',
  ].join('\n\n');
}

function markdownTable(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => String(cell).replace(/\s+/g, ' ').replace(/(?<!\\)\|/g, '\\|').trim()).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text) {
  return `\`${text.trim()}\``;
}

function unindent(text) {
  return text.replace(/\n\s+/g, '\n');
}

/** Replaces a pattern. Throws if the count is unexpected, so that a new version of Redocly does not go unnoticed. */
function replaceAll(text, pattern, replacement, times) {
  let count = 0;
  const result = text.replace(pattern, () => {
    count += 1;
    return replacement;
  });
  if (count !== times) throw new Error(`the page has ${count} places for ${pattern}, not ${times}`);
  return result;
}
