// check-spec-version FOLDER. scripts/check-spec-version installs its tools.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareFiles } from './compare.mjs';
import { tally } from './tally.mjs';

const folder = process.argv[2];
const { check, end } = tally();

try {
  const changelog = await readFile(join(folder, 'CHANGELOG.md'), 'utf8');
  for (const name of ['lts', 'iam']) {
    const { changes, was, is, due } = await compareFiles(join(folder, 'released', `${name}.yaml`), join(folder, `${name}.yaml`));
    const count = (level) => changes.filter((change) => change.level === level).length;
    check(is === due, `${name}.yaml: info.version is ${is}, after ${was} it must be ${due}: ` +
      `${count('breaking')} breaking, ${count('addition')} additions, ${count('wording')} of wording`);
    if (is !== due) for (const { level, where, what } of changes) console.log(`         ${level}: ${where}: ${what.replace(/\s+/g, ' ')}`);

    // The newest section of the document, "## lts 1.2.3", has the current version and at least one item.
    const sections = [...changelog.matchAll(/^## (\w+) (\S+)$([^]*?)(?=^## |(?![^]))/gm)].filter(([, whose]) => whose === name);
    const [, , version, text] = sections[0] ?? [];
    check(version === is && /^- \S/m.test(text ?? ''), `CHANGELOG.md: the newest section of ${name} is "${version ?? 'none'}", it must be "${is}" with an item`);
  }
} catch (error) {
  console.error(`check-spec-version: ${error.message}`);
  process.exit(2);
}
end();
