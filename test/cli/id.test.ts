import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { configuredPassphrase, requirePassphrase, NEW_PASSPHRASE } from '../../src/cli/passphrase.ts';
import { createDesk } from '../../src/index.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const FIXTURES = join(import.meta.dirname, '../identity/fixtures');
const FIXTURE_ID = '7c57abd93ff00ac370fb7076b135c1ee419ee477b61b8f5050003dbb1f79c73b';

let folder: string;
let desk: string;

beforeEach(() => {
  folder = temporaryFolder();
  desk = join(folder, 'desk');
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

async function id(...args: string[]): Promise<Said> {
  const said = { out: '', err: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.out += text.toString();
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.err += text.toString();
    return true;
  });
  const code = await main(['id', '--data-dir', desk, ...args]);
  vi.restoreAllMocks();
  return { code, ...said };
}

function passphraseFile(text: string, name = 'passphrase'): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function ownersFile(name: string): string {
  const file = join(folder, name);
  copyFileSync(join(FIXTURES, name), file);
  chmodSync(file, 0o600);
  return file;
}

describe('grapevine id', () => {
  it('prints the id of the desk, also while the desk runs, without disturbing it', async () => {
    const running = createDesk({ dataDir: desk });
    try {
      expect(await id()).toEqual({ code: 0, out: `${running.id}\n`, err: '' });
      const json = await id('--json');
      expect(JSON.parse(json.out)).toEqual({ id: running.id, encrypted: false });
      // What writes has to wait for the desk to end.
      expect(await id('--set-passphrase', '--passphrase-file', passphraseFile('x'))).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringMatching(/^ERR_JOURNAL_LOCKED: /) as string,
      });
    } finally {
      await running.stop();
    }
  });

  it('in a folder without a key says how to create one, and creates none', async () => {
    const { code, out, err } = await id();
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^ERR_KEY_FILE: there is no key in .*: make one with --new/);
    expect(existsSync(desk)).toBe(false);
  });

  it('makes a key that the desk then uses, and never a second one', async () => {
    const made = await id('--new');
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(statSync(desk).mode & 0o777).toBe(0o700);
    expect(statSync(join(desk, 'identity.key')).mode & 0o777).toBe(0o600);
    const started = createDesk({ dataDir: desk });
    expect(`${started.id}\n`).toBe(made.out);
    await started.stop();
    const before = readFileSync(join(desk, 'identity.key'));
    for (const again of [await id('--new'), await id('--import', ownersFile('openssl-plain.pem'))]) {
      expect(again).toMatchObject({ code: 1, out: '' });
      expect(again.err).toMatch(/^ERR_KEY_FILE: .*never replaced/);
    }
    expect(readFileSync(join(desk, 'identity.key'))).toEqual(before);
  });

  it('makes no new key for a journal that has lost its key', async () => {
    await createDesk({ dataDir: desk }).stop();
    rmSync(join(desk, 'identity.key'));
    for (const args of [['--new'], ['--import', ownersFile('openssl-plain.pem')]]) {
      const { code, err } = await id(...args);
      expect(code).toBe(1);
      expect(err).toMatch(/^ERR_KEY_FILE: .*missing beside a journal.*restore it/);
    }
    expect(existsSync(join(desk, 'identity.key'))).toBe(false);
  });

  it('imports keys of OpenSSL; an encrypted key stays encrypted', async () => {
    expect(await id('--import', ownersFile('openssl-plain.pem'))).toMatchObject({ code: 0, out: `${FIXTURE_ID}\n` });
    rmSync(desk, { recursive: true });
    const secret = passphraseFile('correct horse\n');
    const source = ownersFile('openssl-scrypt.pem');
    expect((await id('--import', source)).err).toMatch(/^ERR_USAGE: a passphrase is needed/);
    expect(await id('--import', source, '--passphrase-file', secret)).toMatchObject({
      code: 0,
      out: `${FIXTURE_ID}\n`,
    });
    expect(JSON.parse((await id('--json')).out)).toEqual({ id: FIXTURE_ID, encrypted: true });
  });

  it('refuses to import a key file that others can read', async () => {
    const source = ownersFile('openssl-plain.pem');
    chmodSync(source, 0o644);
    expect((await id('--import', source)).err).toMatch(/^ERR_KEY_FILE: .*can be read by others: run "chmod 600/);
    expect(existsSync(join(desk, 'identity.key'))).toBe(false);
  });

  it('exports to a new file that only the owner can read, and that another desk imports', async () => {
    const { out } = await id('--new');
    const copy = join(folder, 'copy.pem');
    expect(await id('--export', copy)).toEqual({ code: 0, out, err: '' });
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    const before = readFileSync(copy);
    expect((await id('--export', copy)).err).toMatch(/^ERR_KEY_FILE: .* exists already and is left as it is/);
    expect(readFileSync(copy)).toEqual(before);
    desk = join(folder, 'other');
    expect(await id('--import', copy)).toEqual({ code: 0, out, err: '' });
  });

  it('prints the key without a file name, encrypted if a passphrase is given', async () => {
    await id('--new');
    const plain = await id('--export');
    expect(plain.out).toBe(readFileSync(join(desk, 'identity.key'), 'utf8'));
    const encrypted = await id('--export', '--json', '--passphrase-file', passphraseFile('x'));
    expect((JSON.parse(encrypted.out) as { pem: string }).pem).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY/);
  });

  it('encrypts the key with a passphrase, and decrypts it again', async () => {
    const { out } = await id('--new');
    vi.stubEnv('GRAPEVINE_PASSPHRASE', 'x');
    expect(await id('--set-passphrase')).toEqual({ code: 0, out, err: '' });
    expect((await id('--set-passphrase')).err).toMatch(/^ERR_KEY_FILE: .*already/);
    expect(readFileSync(join(desk, 'identity.key'), 'utf8')).toMatch(/^-----BEGIN ENCRYPTED/);
    expect(() => createDesk({ dataDir: desk })).toThrow(/is encrypted: give its passphrase/);
    const opened = createDesk({ dataDir: desk, passphrase: 'x' });
    expect(`${opened.id}\n`).toBe(out);
    await opened.stop();
    vi.stubEnv('GRAPEVINE_PASSPHRASE', 'y');
    expect((await id('--remove-passphrase')).err).toMatch(/^ERR_KEY_FILE: .*passphrase is wrong/);
    expect((await id()).err).toMatch(/^ERR_KEY_FILE: .*passphrase is wrong/);
    vi.stubEnv('GRAPEVINE_PASSPHRASE', 'x');
    expect(await id('--remove-passphrase')).toEqual({ code: 0, out, err: '' });
    expect((await id('--remove-passphrase')).err).toMatch(/^ERR_KEY_FILE: the key has no passphrase/);
    expect(await id()).toEqual({ code: 0, out, err: '' });
  });

  it('reports a damaged key, with advice', async () => {
    mkdirSync(desk, { mode: 0o700 });
    writeFileSync(join(desk, 'identity.key'), '', { mode: 0o600 });
    expect((await id()).err).toMatch(/^ERR_KEY_FILE: .*is empty: restore it from a backup/);
    expect((await id('--new')).err).toMatch(/^ERR_KEY_FILE: /);
    expect(readFileSync(join(desk, 'identity.key'), 'utf8')).toBe('');
  });

  it.each([
    [['--new', '--export'], /cannot be used with/],
    [['--import'], /argument missing/],
    [['--set-passphrase', '--remove-passphrase'], /cannot be used with/],
    [['--new', '--passphrase-file', '/nowhere'], /\/nowhere: there is no such/],
  ])('refuses %j as wrong usage', async (args, text) => {
    const { code, out, err } = await id(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^ERR_USAGE: /);
    expect(err).toMatch(text);
    expect(existsSync(desk)).toBe(false);
  });

  it('uses the desk of the environment if no option names one', async () => {
    vi.stubEnv('GRAPEVINE_DATA_DIR', desk);
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect(await main(['id'])).toBe(1);
    expect(stderr.mock.calls.join('')).toContain(desk);
    vi.unstubAllEnvs();
  });
});

describe('a passphrase', () => {
  it('comes from a file, else from the environment', () => {
    vi.stubEnv('GRAPEVINE_PASSPHRASE', 'of the environment');
    expect(configuredPassphrase({ passphraseFile: passphraseFile('of the file\r\nmore\n') })).toBe('of the file');
    expect(configuredPassphrase({})).toBe('of the environment');
    vi.stubEnv('GRAPEVINE_PASSPHRASE', '');
    expect(configuredPassphrase({})).toBeUndefined();
  });

  it('is refused if it is empty or too long', async () => {
    expect(() => configuredPassphrase({ passphraseFile: passphraseFile('\nx') })).toThrow(
      /no passphrase in its first line/,
    );
    const remarks = passphraseFile(`x\n${'y'.repeat(LIMITS.keyFileMaxBytes - 1)}`);
    expect(() => configuredPassphrase({ passphraseFile: remarks })).toThrow(/allowed are 16384/);
    const endless = passphraseFile('x'.repeat(LIMITS.passphraseMaxBytes + 1));
    expect((await id('--new', '--passphrase-file', endless)).err).toMatch(
      /^ERR_USAGE: a passphrase has 1 to 1024 bytes/,
    );
    expect(existsSync(join(desk, 'identity.key'))).toBe(false);
    expect(() => createDesk({ dataDir: desk, passphrase: '' })).toThrow(/1 to 1024 bytes/);
  });

  function terminal(): { input: PassThrough & { isTTY?: boolean }; output: PassThrough & { isTTY?: boolean } } {
    return {
      input: Object.assign(new PassThrough(), { isTTY: true }),
      output: Object.assign(new PassThrough(), { isTTY: true }),
    };
  }

  it('is asked for at a terminal, without showing it', async () => {
    const { input, output } = terminal();
    input.write('sexx\u007f\u007fcret\r');
    expect(await requirePassphrase({}, undefined, { input, output })).toBe('secret');
    expect(String(output.read())).toBe('Passphrase of the key: \n');
  });

  it('is asked for twice if it is new', async () => {
    const { input, output } = terminal();
    let asked = '';
    output.on('data', (chunk: Buffer) => {
      asked += chunk.toString();
      if (asked.endsWith(NEW_PASSPHRASE[0] ?? '')) input.write('one\r');
      if (asked.endsWith(NEW_PASSPHRASE[1] ?? '')) input.write('two\r');
    });
    await expect(requirePassphrase({}, NEW_PASSPHRASE, { input, output })).rejects.toThrow(/two passphrases differ/);
    expect(asked.startsWith(NEW_PASSPHRASE.join('\n'))).toBe(true);
  });

  it.each([
    ['Ctrl-C', '\u0003', /no passphrase was given/],
    ['Ctrl-D', '\u0004', /no passphrase was given/],
    ['an empty line', '\r', /no passphrase was given/],
  ])('is no longer waited for after %s', async (_what, keys, text) => {
    const { input, output } = terminal();
    input.write(keys);
    await expect(requirePassphrase({}, undefined, { input, output })).rejects.toThrow(text);
  });

  it('is an error without a terminal, without a prompt', async () => {
    const { input, output } = terminal();
    input.isTTY = false;
    await expect(requirePassphrase({}, undefined, { input, output })).rejects.toMatchObject({ code: 'ERR_USAGE' });
  });
});
