import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSettings, reloadSettings, type LoadInput } from '../../src/config/load-settings.ts';
import { ruleToText } from '../../src/rules/rule-text.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

const [DESK_A, DESK_B, DESK_C] = ['a'.repeat(64), 'b'.repeat(64), 'c'.repeat(64)] as const;

function input(folder: string, change: Partial<LoadInput> = {}): LoadInput {
  return { flags: {}, env: {}, defaultDataDir: folder, ...change };
}

function folderWith(config: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'config.toml'), config);
  return folder;
}

describe('the config file', () => {
  it('may be missing', () => {
    expect(loadSettings(input(temporaryFolder())).file).toBeNull();
    expect(loadSettings(input('/nowhere/at/all')).file).toBeNull();
  });

  it('is read from the data folder, whatever names that folder', () => {
    const folder = folderWith('port = 1');
    for (const change of [
      { defaultDataDir: folder },
      { defaultDataDir: '/nowhere', env: { GRAPEVINE_DATA_DIR: folder } },
      { defaultDataDir: '/nowhere', env: { GRAPEVINE_DATA_DIR: '/none' }, flags: { dataDir: [folder] } },
    ]) {
      const { file, settings } = loadSettings(input('', change));
      expect([file, settings.port]).toEqual([join(folder, 'config.toml'), 1]);
    }
  });

  it('is the one that a flag names, else the one of the environment', () => {
    const folder = folderWith('port = 1');
    const [first, second] = [join(folder, 'first.toml'), join(folder, 'second.toml')];
    writeFileSync(first, 'port = 2\ndata-dir = "desk"');
    writeFileSync(second, 'port = 3');
    const env = { GRAPEVINE_CONFIG: second };
    expect(loadSettings(input(folder, { env })).settings.port).toBe(3);
    const { settings } = loadSettings(input(folder, { env, configPath: first }));
    expect([settings.port, settings.dataDir]).toEqual([2, join(folder, 'desk')]);
  });

  it.each([
    ['must exist if it is named', (folder: string) => join(folder, 'none.toml'), /none\.toml: there is no such file/],
    ['must not be a folder', (folder: string) => folder, /is a folder, not a file/],
  ])('%s', (_, path, message) => {
    const folder = temporaryFolder();
    expect(() => loadSettings(input(folder, { configPath: path(folder) }))).toThrow(message);
  });

  it('is refused if it is too large or not UTF-8', () => {
    const folder = folderWith(`#${'x'.repeat(LIMITS.configFileMaxBytes - 1)}`);
    expect(loadSettings(input(folder)).file).not.toBeNull();
    writeFileSync(join(folder, 'config.toml'), `#${'x'.repeat(LIMITS.configFileMaxBytes)}`);
    expect(() => loadSettings(input(folder))).toThrow(/allowed are 262144/);
    writeFileSync(join(folder, 'config.toml'), Buffer.from([0x23, 0xff]));
    expect(() => loadSettings(input(folder))).toThrow(/is not a text in UTF-8/);
  });

  it.skipIf(process.getuid?.() === 0)('that may not be read is an error', () => {
    const folder = folderWith('port = 1');
    chmodSync(join(folder, 'config.toml'), 0o000);
    expect(() => loadSettings(input(folder))).toThrow(/must not be read by this user/);
  });
});

describe('lists of desks', () => {
  it('are joined with those in their files; without a list, every desk is allowed', () => {
    const folder = folderWith(`allow = ["${DESK_A}"]\nallow-file = "friends.txt"\ndeny-file = "foes.txt"`);
    writeFileSync(join(folder, 'friends.txt'), `# friends\n\n${DESK_B}  # Bob\n`);
    writeFileSync(join(folder, 'foes.txt'), `${DESK_C}\r\n`);
    const { access } = loadSettings(input(folder));
    expect(access.allow).toEqual([DESK_A, DESK_B]);
    expect(access.deny).toEqual([DESK_C]);
    expect(loadSettings(input(temporaryFolder())).access).toEqual({ allow: undefined, deny: [] });
  });

  it('an empty allow file allows no desk', () => {
    const folder = folderWith('allow-file = "friends.txt"');
    writeFileSync(join(folder, 'friends.txt'), '');
    expect(loadSettings(input(folder)).access.allow).toEqual([]);
  });

  it('that are wrong, missing or too long are errors that say where', () => {
    const folder = folderWith('deny-file = "foes.txt"');
    const file = join(folder, 'foes.txt');
    expect(() => loadSettings(input(folder))).toThrow(/foes\.txt: there is no such file/);
    writeFileSync(file, `${DESK_A}\nabc\n`);
    expect(() => loadSettings(input(folder))).toThrow(/foes\.txt:2: "abc" is not a desk's id; allowed are 64/);
    writeFileSync(file, `${DESK_A.slice(0, 16)}\n`.repeat(LIMITS.deskListMax));
    expect(loadSettings(input(folder)).access.deny).toHaveLength(LIMITS.deskListMax);
    writeFileSync(file, `${DESK_A.slice(0, 16)}\n`.repeat(LIMITS.deskListMax + 1));
    expect(() => loadSettings(input(folder))).toThrow(/foes\.txt:10001: more than 10000 desks/);
    writeFileSync(file, `#${'x'.repeat(LIMITS.deskListFileMaxBytes)}`);
    expect(() => loadSettings(input(folder))).toThrow(/allowed are 1048576/);
  });

  it('in the settings have the same bound', () => {
    const deny = Array.from({ length: LIMITS.deskListMax + 1 }, () => DESK_A);
    expect(() => loadSettings(input(temporaryFolder(), { flags: { deny } }))).toThrow(
      /10001 values; allowed are 10000/,
    );
  });
});

describe('a reload', () => {
  it('reads rules and lists again, and names the settings that need a restart', () => {
    const folder = folderWith('accept = ["buy"]\nport = 1');
    const running = loadSettings(input(folder));
    writeFileSync(
      join(folder, 'config.toml'),
      `accept = ["sell"]\nport = 2\ndeny = ["${DESK_A}"]\n[pairs."A/B"]\nprice-scale = 1`,
    );
    const { loaded, needRestart } = reloadSettings(input(folder), running);
    expect(loaded.settings.accept.map(ruleToText)).toEqual(['sell']);
    expect(loaded.access.deny).toEqual([DESK_A]);
    expect(loaded.settings).toMatchObject({ port: 1, deny: [DESK_A] });
    expect(needRestart).toEqual(['port', 'pairs']);
  });

  it('keeps what flags say', () => {
    const folder = folderWith('accept = ["buy"]');
    const same = input(folder, { flags: { accept: ['sell'] } });
    const running = loadSettings(same);
    writeFileSync(join(folder, 'config.toml'), 'accept = ["all"]');
    expect(reloadSettings(same, running).loaded.settings.accept.map(ruleToText)).toEqual(['sell']);
  });

  it('of an invalid file changes nothing and reports the error', () => {
    const folder = folderWith('accept = ["buy"]');
    const running = loadSettings(input(folder));
    writeFileSync(join(folder, 'config.toml'), 'accept = ["bye"]');
    expect(() => reloadSettings(input(folder), running)).toThrow(
      expect.objectContaining({ code: 'ERR_RULE', message: expect.stringContaining('"bye"') as string }),
    );
  });

  it('of a file that has become a folder is an error as well', () => {
    const folder = temporaryFolder();
    const running = loadSettings(input(folder));
    mkdirSync(join(folder, 'config.toml'));
    expect(() => reloadSettings(input(folder), running)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
  });
});
