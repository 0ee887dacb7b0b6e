// lint-spec LTS_YAML IAM_YAML, once the linters are installed.
import { relative, resolve } from 'node:path';
import { JUDGES, lint } from './lint.mjs';

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

// A check is one judge's look at one document.
let failed = 0;
for (const { file } of documents) {
  const path = relative('', file);
  const shown = path.startsWith('..') ? file : path;
  for (const judge of JUDGES) {
    const its = findings.filter((finding) => finding.judge === judge && finding.file === file);
    const lines = new Set(its.map(({ line, rule, message }) => `${shown}:${line}: ${rule}: ${message}`));
    for (const line of lines) console.log(line);
    if (its.length > 0) failed += 1;
  }
}
console.log(`${documents.length * JUDGES.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
