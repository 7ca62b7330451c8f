// Prints the runner's own counts, all reports together, as "N passed, N failed"; fails unless some passed and none failed.
import { readFileSync } from 'node:fs';

let passed = 0;
let failed = 0;
for (const file of process.argv.slice(2)) {
  try {
    const { numPassedTests, numFailedTests, success } = JSON.parse(readFileSync(file, 'utf8'));
    passed += numPassedTests;
    // A file that can't even be loaded has no failed test in it, and yet it failed.
    failed += success ? 0 : Math.max(1, numFailedTests);
  } catch {
    process.stderr.write(`${file} is missing: the tests did not finish\n`);
    failed += 1;
  }
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
