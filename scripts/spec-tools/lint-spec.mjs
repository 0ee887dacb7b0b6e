// lint-spec LTS_YAML IAM_YAML, once the linters are installed.
import { resolve } from 'node:path';
import { JUDGES, lint } from './lint.mjs';

const given = process.argv.slice(2);
const documents = [
  { file: resolve(given[0]), kind: 'lts' },
  { file: resolve(given[1]), kind: 'iam' },
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
for (const [i, { file }] of documents.entries()) {
  for (const judge of JUDGES) {
    const its = findings.filter((finding) => finding.judge === judge && finding.file === file);
    const lines = new Set(its.map(({ line, rule, message }) => `${given[i]}:${line}: ${rule}: ${message}`));
    for (const line of lines) console.log(line);
    if (its.length > 0) failed += 1;
  }
}
console.log(`${documents.length * JUDGES.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
