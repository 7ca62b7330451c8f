/** Temporary folders; `temporaryFolder` removes its folder at the end of the test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export function makeTemporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'grapevine-test-'));
}

export function temporaryFolder(): string {
  const folder = makeTemporaryFolder();
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
