/** Where a desk is kept when nobody says where, also for users without a home. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { dataHome } from '../../src/cli/data-folder.ts';
import { makeFolder } from '../../src/store/private-file.ts';
import { runCommand } from '../../testing/run-command.ts';
import { makeTemporaryFolder, temporaryFolder } from '../../testing/temporary-folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NOBODY = 54_321;
const isRoot = process.getuid?.() === 0;

describe('the default data folder', () => {
  it('is below XDG_DATA_HOME or HOME', () => {
    expect(dataHome({ XDG_DATA_HOME: '/data', HOME: '/home/ann' }, 'linux')).toBe('/data/grapevine');
    expect(dataHome({ HOME: '/home/ann' }, 'linux')).toBe('/home/ann/.local/share/grapevine');
    expect(dataHome({ HOME: '/Users/ann' }, 'darwin')).toBe('/Users/ann/Library/Application Support/grapevine');
  });

  it('does not depend on the working directory', () => {
    const known = join(userInfo().homedir, '.local/share/grapevine');
    expect(dataHome({ HOME: '' }, 'linux')).toBe(known);
    expect(dataHome({ HOME: '/home/ann', XDG_DATA_HOME: 'data' }, 'linux')).toBe('/home/ann/.local/share/grapevine');
    expect(dataHome({}, 'linux')).toBe(known);
  });
});

/** As in a container whose user has no entry in passwd. */
function asNobody(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const options = {
    cwd,
    uid: NOBODY,
    gid: NOBODY,
    env: { PATH: process.env['PATH'], ...env },
    encoding: 'utf8',
  } as const;
  return spawnSync(process.execPath, [join(ROOT, 'bin/grapevine.js'), ...args], options);
}

describe.runIf(isRoot)('a user without an entry in passwd and without HOME', () => {
  const cwd = makeTemporaryFolder();

  afterAll(() => {
    rmSync(cwd, { recursive: true, force: true });
  });

  it.each(['--version', '--help'])('%s works', (flag) => {
    expect(asNobody('/', [flag])).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([
    ['offers', {}],
    ['offers', { HOME: '' }],
    ['offers', { HOME: 'here' }],
    ['up', {}],
    ['id', { HOME: '' }],
    ['doctor', { HOME: 'here' }],
    ['config', {}],
  ])('%s with %j reports that a folder is needed, and makes none', (name, env) => {
    const { status, stderr } = asNobody(cwd, [name], env);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringMatching(/^ERR_USAGE: .*no home folder.*--data-dir FOLDER.*\n$/) as string,
    });
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('can see the help of every command', () => {
    const { status, stderr } = asNobody('/', [COMMANDS.at(-1)?.[0] ?? '', '--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('making a folder', () => {
  it.runIf(process.platform === 'linux')('is refused at once where mkdir would never end', () => {
    expect(() => {
      makeFolder('/proc/nope/desk');
    }).toThrow(/no folder can be made there/);
  });

  it.each(['up', 'offers', 'deals', 'watch', 'doctor', 'resolve', 'peers'])(
    '%s refuses a file in place of the folder, names it, and says what to do',
    async (command) => {
      const file = join(temporaryFolder(), 'file');
      writeFileSync(file, '');
      for (const dataDir of [file, '/dev/null']) {
        const { code, err } = await runCommand([command, '--data-dir', dataDir]);
        expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(/^ERR_USAGE: .*; name /) as string });
        expect(err).toContain(dataDir);
      }
    },
  );

  it('is refused for a name that is too long, before the config file is read', async () => {
    const dataDir = 'x'.repeat(300);
    expect(await runCommand(['up', '--data-dir', dataDir])).toMatchObject({
      code: 2,
      err: `ERR_USAGE: ${resolve(dataDir)} can't be used: no folder can be there (ENAMETOOLONG); name another data folder\n`,
    });
  });

  it('makes the parent folders as well, and does not change an existing folder', () => {
    const folder = temporaryFolder();
    makeFolder(join(folder, 'a', 'b', 'c'));
    makeFolder(join(folder, 'a', 'b', 'c'));
    expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['c']);
    rmSync(join(folder, 'a'), { recursive: true });
    mkdirSync(join(folder, 'd'));
    makeFolder(join(folder, 'd', 'e'));
    expect(readdirSync(join(folder, 'd'))).toEqual(['e']);
  });
});

describe('a file without an end', () => {
  const fifo = (): string => {
    const file = join(temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [file]);
    return file;
  };

  it.each(['config --config', 'config --allow-file', 'rules test', 'verify', 'id --import', 'id --passphrase-file'])(
    '%s refuses a pipe and a device, and does not wait',
    async (line) => {
      const words = line.split(' ');
      for (const file of [fifo(), '/dev/zero']) {
        const { code, err } = await runCommand([
          ...words,
          file,
          ...(words[0] === 'verify' ? [] : ['--data-dir', temporaryFolder()]),
        ]);
        expect(err).toMatch(/^ERR_[A-Z_]+: .*(?:is no file|not a regular file|pipe or a device)/);
        expect(err).toContain(file);
        expect(code).toBeGreaterThan(0);
      }
    },
  );
});
