// lint-spec LTS_YAML IAM_YAML. scripts/lint-spec installs the linters.
import { relative, resolve } from 'node:path';
import { LINTERS, lint } from './lint.mjs';

const [lts, iam] = process.argv.slice(2).map((file) => resolve(file));
const documents = [
  { file: lts, kind: 'lts' },
  { file: iam, kind: 'iam' },
];

let findings;
try {
  findings = await lint(documents);
} catch (error) {
  console.error(`lint-spec: ${error.message}`);
  process.exit(2);
}

// A check is one linter on one document.
let failed = 0;
for (const { file } of documents) {
  const path = relative('', file);
  const shown = path.startsWith('..') ? file : path;
  for (const linter of LINTERS) {
    const found = findings.filter((finding) => finding.linter === linter && finding.file === file);
    const lines = new Set(found.map(({ line, rule, message }) => `${shown}:${line}: ${rule}: ${message}`));
    for (const line of lines) console.log(line);
    if (found.length > 0) failed += 1;
  }
}
console.log(`${documents.length * LINTERS.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
