// Prints the runner's own counts, all reports together, as "N passed, N failed", with what failed and why above it; fails
// unless some passed and none failed.
import { readFileSync } from 'node:fs';

let passed = 0;
let failed = 0;
for (const file of process.argv.slice(2)) {
  try {
    const { numPassedTests, numFailedTests, success, testResults } = JSON.parse(readFileSync(file, 'utf8'));
    passed += numPassedTests;
    // A file that can't even be loaded has no failed test in it, and yet it failed.
    failed += success ? 0 : Math.max(1, numFailedTests);
    for (const result of testResults) explain(result);
  } catch {
    process.stderr.write(`${file} is missing: the tests did not finish\n`);
    failed += 1;
  }
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;

// The output of a long run is cut at its front, so the reasons are repeated here, at its end.
function explain({ name, status, message, assertionResults }) {
  if (status === 'failed' && message) process.stdout.write(`FAILED: ${name}\n${message}\n`);
  for (const test of assertionResults) {
    if (test.status !== 'failed') continue;
    process.stdout.write(`FAILED: ${name}: ${test.fullName}\n${test.failureMessages.join('\n').slice(0, 2_000)}\n`);
  }
}
