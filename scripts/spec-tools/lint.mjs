// The linters of lint-spec. Each runs for many documents at once, because the seeded test lints more than 100 copies.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LineCounter, parseDocument } from 'yaml';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The linters, in the order in which their findings are printed. */
export const LINTERS = ['yaml', 'openapi-spec-validator-rs', 'spectral', 'redocly'];

/**
 * Lints documents: `[{ file, kind }]`, where kind is `lts` or `iam` and picks the Spectral ruleset.
 * Returns findings `{ linter, file, line, rule, message }`. Throws if a linter could not be run.
 */
export async function lint(documents) {
  // The linters treat file names as patterns, so they get copies with plain names.
  const folder = await mkdtemp(join(tmpdir(), 'lint-'));
  try {
    const copies = await Promise.all(
      documents.map(async ({ file, kind }, i) => {
        const text = await readFile(file, 'utf8');
        const copy = join(folder, `${i}.yaml`);
        await writeFile(copy, text);
        return { file, kind, copy, ...parse(text) };
      }),
    );
    return await lintCopies(copies);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function lintCopies(copies) {
  // Tools disagree about text that is not YAML or has a key twice: only the parser reports it.
  const sound = copies.filter(({ problems }) => problems.length === 0);
  const filesOf = (...kinds) => sound.filter(({ kind }) => kinds.includes(kind)).map(({ copy }) => copy);
  const found = await Promise.all([
    validator(filesOf('lts', 'iam')),
    spectral('.spectral.yaml', filesOf('lts')),
    spectral('.spectral-iam.yaml', filesOf('iam')),
    redocly(filesOf('lts', 'iam')),
  ]);
  const stray = found.flat().find((finding) => !copies.some(({ copy }) => copy === finding.copy));
  if (stray) throw new Error(`${stray.linter} has a finding in another file: ${stray.copy}: ${stray.message}`);
  return copies.flatMap(({ file, copy, problems, lineOf }) => [
    ...problems.map((problem) => ({ linter: 'yaml', rule: 'yaml', file, ...problem })),
    ...found
      .flat()
      .filter((finding) => finding.copy === copy)
      .map(({ linter, rule, line, path, message }) => ({
        linter,
        rule,
        file,
        line: line ?? lineOf(path),
        message: short(message),
      })),
  ]);
}

function parse(text) {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const lineAt = (offset) => lines.linePos(offset).line;
  const problems = document.errors.concat(document.warnings).map((problem) => ({
    line: lineAt(problem.pos[0]),
    message: problem.message.split('\n')[0],
  }));
  if (problems.length === 0 && !(document.contents?.items && document.has('openapi'))) {
    problems.push({ line: 1, message: 'not an OpenAPI document' });
  }
  // The line of the deepest part of a path that exists: a finding may be about a missing part.
  const lineOf = (path) => {
    let node = document.contents;
    let line = 1;
    for (const step of path) {
      const pair = node?.items?.find?.((item) => item.key && String(item.key.value) === String(step));
      const next = pair ? pair.value : node?.items?.[step];
      const start = pair ? pair.key.range : next?.range;
      if (!start) break;
      line = lineAt(start[0]);
      node = next;
    }
    return line;
  };
  return { problems, lineOf };
}

async function validator(files) {
  if (files.length === 0) return [];
  const { stdout } = await run(here('.venv/bin/python'), [here('validate.py'), ...files], [0]);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .map(({ file, path, message }) => ({
      linter: 'openapi-spec-validator-rs',
      rule: 'openapi-spec-validator-rs',
      copy: file,
      path,
      message,
    }));
}

/** Spectral is the slowest one, so it runs on all processors. */
async function spectral(ruleset, files) {
  const processors = availableParallelism();
  const parts = Array.from({ length: processors }, (_, i) => files.filter((_, j) => j % processors === i));
  const cli = here('node_modules/@stoplight/spectral-cli/dist/index.js');
  const options = ['lint', '--quiet', '--format=json', `--ruleset=${here(`../../openapi/${ruleset}`)}`];
  const lintPart = (part) => run(process.execPath, [cli, ...options, ...part], [0, 1]);
  const found = await Promise.all(parts.filter((part) => part.length > 0).map(lintPart));
  return found.flatMap(({ stdout }) => JSON.parse(stdout)).map(({ code, message, range, source }) => ({
    linter: 'spectral',
    copy: source,
    line: range.start.line + 1,
    rule: code,
    message,
  }));
}

async function redocly(files) {
  if (files.length === 0) return [];
  const cli = here('node_modules/@redocly/cli/bin/cli.js');
  const options = ['--format=json', '--max-problems=1000', `--config=${here('../../openapi/redocly.yaml')}`];
  const { stdout } = await run(process.execPath, [cli, 'lint', ...files, ...options], [0, 1]);
  // One JSON object per document, without separators, in the order of the files.
  const reports = JSON.parse(`[${stdout.replaceAll('\n}{\n', '\n},{\n')}]`);
  if (reports.length !== files.length) throw new Error(`redocly linted ${reports.length} of ${files.length} documents`);
  return reports.flatMap(({ problems }, i) =>
    problems.map(({ ruleId, message, location }) => ({
      linter: 'redocly',
      copy: files[i],
      rule: ruleId,
      message,
      ...(location[0]?.pointer ? { path: fromPointer(location[0].pointer) } : { line: location[0]?.start?.line ?? 1 }),
    })),
  );
}

const fromPointer = (pointer) =>
  pointer
    .replace(/^#?\/?/, '')
    .split('/')
    .filter((step) => step !== '')
    .map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'));

/** Shortens messages: some linters quote long parts of the document. */
const short = (message) => {
  const line = message.replace(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
};

function run(command, args, statuses) {
  return new Promise((resolve, reject) => {
    execFile(command, args, { maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      const status = error ? error.code : 0;
      if (statuses.includes(status)) resolve({ stdout, stderr });
      else reject(new Error(`${args[0]} ended with ${status}: ${stderr.trim() || stdout.trim()}`));
    });
  });
}
