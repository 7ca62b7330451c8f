/** Standard output that can't be written, or that nobody reads. Real processes: what the kernel says is what is tested. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTemporaryFolder } from '../../testing/temporary-folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folder = makeTemporaryFolder();
const DESK = join(folder, 'desk');
const NEW_DESK = join(folder, 'new');
const OFFER = fileURLToPath(new URL('./one-offer.json', import.meta.url));

beforeAll(() => {
  spawnSync(process.execPath, ['bin/grapevine.js', 'id', '--new', '--data-dir', DESK], { cwd: ROOT });
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function intoFullDisk(...args: readonly string[]) {
  const full = openSync('/dev/full', 'w');
  try {
    const stdio = ['ignore', full, 'pipe'] as const;
    const { status, stderr } = spawnSync(process.execPath, ['bin/grapevine.js', ...args], {
      cwd: ROOT,
      stdio: [...stdio],
    });
    return { status, stderr: stderr.toString() };
  } finally {
    closeSync(full);
  }
}

describe.runIf(process.platform === 'linux')('output that can not be written is an error', () => {
  it.each([
    [['--help']],
    [['--version']],
    [['completion', 'bash']],
    [['config', '--data-dir', DESK]],
    [['config', '--data-dir', DESK, '--json']],
    [['id', '--new', '--data-dir', NEW_DESK]],
    [['id', '--data-dir', DESK]],
    [['id', '--export', '--data-dir', DESK]],
    [['rules', 'test', OFFER, '--data-dir', DESK]],
  ])('%j', (args) => {
    expect(intoFullDisk(...args)).toEqual({
      status: 1,
      stderr: "ERR_OUTPUT: standard output can't be written: no space is left there\n",
    });
  });
});

describe('a reader that has closed its end of the pipe', () => {
  it('is no error, because it has read all that it wanted', () => {
    const command = `"${process.execPath}" bin/grapevine.js completion fish; echo "code $?" >&2`;
    const { stderr } = spawnSync('sh', ['-c', `(${command}) | true`], { cwd: ROOT, encoding: 'utf8' });
    expect(stderr).toBe('code 0\n');
  });

  it('ends the command grapes', () => {
    const grapes = `"${process.execPath}" bin/grapevine.js grapes --json --dht-port 0 --api-port 0; echo "code $?" >&2`;
    const { stdout, stderr } = spawnSync('sh', ['-c', `(${grapes}) | head -1`], { cwd: ROOT, encoding: 'utf8' });
    expect(stdout).toContain('"event":"grapes.ready"');
    expect(stderr).toBe('code 0\n');
  }, 30_000);
});
