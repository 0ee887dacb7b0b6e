// compare-spec OLD NEW. scripts/compare-spec installs its tools.
import { compareFiles } from './compare.mjs';

try {
  const { changes, was, is, due } = await compareFiles(process.argv[2], process.argv[3]);
  for (const { level, where, what } of changes) {
    console.log(`${level === 'breaking' ? 'breaking' : `harmless (${level})`}: ${where}: ${what.replace(/\s+/g, ' ')}`);
  }
  if (is !== due) console.error(`compare-spec: after ${was}, info.version should be ${due}, not ${is}`);
  process.exitCode = changes.some(({ level }) => level === 'breaking') ? 1 : 0;
} catch (error) {
  console.error(`compare-spec: ${error.message}`);
  process.exitCode = 2;
}
