/** `./grapevine`, the way to run commands in a checkout. */
import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

const LAUNCHER = join(fileURLToPath(new URL('../..', import.meta.url)), 'grapevine');

it.skipIf(process.platform === 'win32')('runs through a chain of symbolic links', () => {
  const folder = temporaryFolder();
  symlinkSync(LAUNCHER, join(folder, 'first'));
  symlinkSync('first', join(folder, 'grapevine'));
  expect(execFileSync(join(folder, 'grapevine'), ['--version'], { encoding: 'utf8' })).toMatch(/^\d+\.\d+\.\d+\n$/);
});
