// Prints the counts of all reports of the test runner together, as "N passed, N failed", below the failed tests and their messages.
// Fails unless some tests passed and none failed.
import { readFileSync } from 'node:fs';

let passed = 0;
let failed = 0;
for (const file of process.argv.slice(2)) {
  try {
    const { numPassedTests, numFailedTests, success, testResults } = JSON.parse(readFileSync(file, 'utf8'));
    passed += numPassedTests;
    // A file that can't be loaded has failed, but has no failed test.
    failed += success ? 0 : Math.max(1, numFailedTests);
    for (const result of testResults) explain(result);
  } catch {
    process.stderr.write(`${file} is missing: the tests did not finish\n`);
    failed += 1;
  }
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;

// CI cuts the beginning of a long output, so the failures are repeated at its end.
function explain({ name, status, message, assertionResults }) {
  if (status === 'failed' && message) process.stdout.write(`FAILED: ${name}\n${message}\n`);
  for (const test of assertionResults) {
    if (test.status !== 'failed') continue;
    process.stdout.write(`FAILED: ${name}: ${test.fullName}\n${test.failureMessages.join('\n').slice(0, 2_000)}\n`);
  }
}
