/** Counts checks. Prints a line per check, and the totals at the end. */
export function tally() {
  let passed = 0;
  let failed = 0;
  return {
    check(good, line) {
      console.log(`${good ? 'ok    ' : 'FAILED'} ${line}`);
      if (good) passed += 1;
      else failed += 1;
    },
    end() {
      console.log(`${passed} passed, ${failed} failed`);
      process.exitCode = failed > 0 ? 1 : 0;
    },
  };
}
