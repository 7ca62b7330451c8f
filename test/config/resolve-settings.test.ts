import { describe, expect, it } from 'vitest';
import { DEFAULTS } from '../../src/config/defaults.ts';
import {
  resolveSettings,
  sourceToText,
  type Environment,
  type FlagTexts,
  type ResolvedSettings,
} from '../../src/config/resolve-settings.ts';
import { SETTINGS, type SettingName } from '../../src/config/settings-table.ts';
import { valueToJson, valueToTexts } from '../../src/config/setting-text.ts';
import { DEFAULT_BROADCAST_KEY, DEFAULT_GRAPES, DEFAULT_HOST } from '../../src/index.ts';

const DESK = 'a'.repeat(64);

interface Said {
  readonly flags?: FlagTexts;
  readonly env?: Environment;
  readonly text?: string;
  readonly isInDataDir?: boolean;
}

function resolve({ flags = {}, env = {}, text, isInDataDir = false }: Said): ResolvedSettings {
  const file = text === undefined ? null : { path: '/etc/desk/config.toml', text, isInDataDir };
  return resolveSettings({ flags, env, file, defaultDataDir: '/data/desk' });
}

function shown(name: SettingName, said: Said): readonly [unknown, string] {
  const { settings, sources } = resolve(said);
  return [valueToJson(settings, name), sourceToText(sources[name])];
}

describe('the defaults', () => {
  it('are those of the library', () => {
    expect(DEFAULTS).toEqual({ host: DEFAULT_HOST, grapes: DEFAULT_GRAPES, broadcastKey: DEFAULT_BROADCAST_KEY });
  });

  it('apply to every setting without another source', () => {
    const { settings, sources } = resolve({});
    expect(Object.values(sources).every(({ from }) => from === 'default')).toBe(true);
    expect(settings.dataDir).toBe('/data/desk');
    expect(settings.accept).toEqual([]);
  });
});

describe('flags, before the environment, before the file, before the default', () => {
  const file = 'host = "10.0.0.1"\nport = 3\n';
  const env = { GRAPEVINE_PORT: '2' };

  it.each<[Said, readonly [unknown, string]]>([
    [{ flags: { port: ['1'] }, env, text: file }, [1, '--port']],
    [{ env, text: file }, [2, 'GRAPEVINE_PORT']],
    [{ env: { GRAPEVINE_PORT: '' }, text: file }, [3, '/etc/desk/config.toml:2']],
    [{}, [0, 'default']],
  ])('%j', (said, expected) => {
    expect(shown('port', said)).toEqual(expected);
  });

  it('an earlier source replaces a list, also by an empty one', () => {
    const text = 'accept = ["all"]';
    expect(shown('accept', { flags: { accept: ['buy', 'sell'] }, text })).toEqual([['buy', 'sell'], '--accept']);
    expect(shown('accept', { flags: { accept: ['none'] }, text })).toEqual([[], '--accept']);
    expect(shown('embeddedGrapes', { flags: { embeddedGrapes: ['false'] }, text: 'embedded-grapes = true' })[0]).toBe(
      false,
    );
  });
});

/** Each setting, as it is written in each of the three places, and what it then is. */
const EACH: Readonly<Record<SettingName, readonly [text: string, toml: string, value: unknown]>> = {
  dataDir: ['/x', '"/x"', '/x'],
  port: ['7070', '7070', 7070],
  host: ['0.0.0.0', '"0.0.0.0"', '0.0.0.0'],
  announcePort: ['7071', '7071', 7071],
  grapes: ['http://a:1', '["http://a:1"]', ['http://a:1']],
  embeddedGrapes: ['true', 'true', true],
  bootstrap: ['10.0.0.5:49737', '"10.0.0.5:49737"', ['10.0.0.5:49737']],
  embeddedBootstrap: ['true', 'true', true],
  bridge: ['true', 'true', true],
  broadcastKey: ['desks', '"desks"', 'desks'],
  trust: ['open', '"open"', 'open'],
  network: ['public', '"public"', 'public'],
  accept: ['sell BTC/USD', '[{ type = "sell", pair = "BTC/USD" }]', ['sell BTC/USD']],
  allow: [DESK, `["${DESK}"]`, [DESK]],
  deny: [DESK, `"${DESK}"`, [DESK]],
  allowFile: ['/a', '"/a"', '/a'],
  denyFile: ['/d', '"/d"', '/d'],
  controlPort: ['7072', '7072', 7072],
  page: ['true', 'true', true],
  encrypt: ['require', '"require"', 'require'],
  passphraseFile: ['/p', '"/p"', '/p'],
  logLevel: ['debug', '"debug"', 'debug'],
  pairs: ['', '{ "BTC/USD" = { amount-scale = 8 } }', { 'BTC/USD': { amountScale: 8, priceScale: null } }],
};

describe('every setting', () => {
  it.each(SETTINGS)('$key can be set in each of its places', ({ name, key, flag, variable }) => {
    const [text, toml, value] = EACH[name];
    expect(shown(name, { text: `${key} = ${toml}` })).toEqual([value, '/etc/desk/config.toml:1']);
    if (flag !== null) expect(shown(name, { flags: { [name]: [text] } })).toEqual([value, `--${flag}`]);
    if (variable !== null) expect(shown(name, { env: { [variable]: text } })).toEqual([value, variable]);
  });

  it('with several values is split at commas in the environment, rules at semicolons', () => {
    expect(shown('grapes', { env: { GRAPEVINE_GRAPES: 'http://a:1, http://b:2' } })[0]).toEqual([
      'http://a:1',
      'http://b:2',
    ]);
    expect(shown('accept', { env: { GRAPEVINE_ACCEPT: 'buy A/B,C/D; deny sell;' } })[0]).toEqual([
      'buy A/B,C/D',
      'deny sell',
    ]);
  });

  it('with a path in a config file is relative to that file, elsewhere to the current folder', () => {
    expect(shown('denyFile', { text: 'deny-file = "lists/deny.txt"' })[0]).toBe('/etc/desk/lists/deny.txt');
    expect(shown('denyFile', { flags: { denyFile: ['lists/deny.txt'] } })[0]).toBe('lists/deny.txt');
  });

  it('has a text for people', () => {
    const { settings } = resolve({ text: 'pairs."BTC/USD" = { amount-scale = 8, price-scale = 2 }' });
    expect(valueToTexts(settings, 'pairs')).toEqual(['BTC/USD: amounts 8, prices 2 decimals']);
    expect(valueToTexts(settings, 'accept')).toEqual(['none']);
    expect(valueToTexts(settings, 'controlPort')).toEqual(['-']);
    expect(valueToTexts(settings, 'grapes')).toHaveLength(3);
  });
});

describe('the line in the file', () => {
  it.each([
    ['# port = 1\n\nport = 2', 3],
    ['"port" = 2', 1],
    ['host = "0.0.0.0" # port = 5\n  port=2', 2],
    ['passphrase-file = """a\nport = 1"""\nport = 2', 3],
    ['[pairs."A/B"]\namount-scale = 1\n', null],
  ])('no. %#', (text, line) => {
    const { sources } = resolve({ text });
    expect(sources.port.from === 'file' ? sources.port.line : null).toBe(line);
  });

  it('of tables is that of the first', () => {
    const text = 'port = 1\n[pairs."A/B"]\namount-scale = 1\n[[accept]]\ntype = "buy"\n[[accept]]\ntype = "sell"\n';
    const { sources } = resolve({ text });
    expect(sources.pairs).toMatchObject({ line: 2 });
    expect(sources.accept).toMatchObject({ line: 4 });
  });
});

describe('an invalid value is an error that says where it is, and what is allowed', () => {
  it.each<[Said, string, string]>([
    [
      { flags: { port: ['abc'] } },
      'ERR_USAGE',
      '--port: "abc" is not a port; allowed is a whole number from 0 to 65535',
    ],
    [{ flags: { port: ['65536'] } }, 'ERR_USAGE', '--port: "65536" is not a port'],
    [{ flags: { announcePort: ['0'] } }, 'ERR_USAGE', 'from 1 to 65535'],
    [
      { flags: { accept: ['sell prize<=1'] } },
      'ERR_RULE',
      '--accept: in "sell prize<=1": "prize<=1": nothing is called "prize"',
    ],
    [
      { flags: { grapes: ['ftp://x'] } },
      'ERR_USAGE',
      '--grape: this is not the URL of a grape; allowed are such as http://127.0.0.1:30001',
    ],
    [{ flags: { grapes: Array.from({ length: 65 }, () => 'http://a:1') } }, 'ERR_USAGE', '65 values; allowed are 64'],
    [{ flags: { dataDir: [''] } }, 'ERR_USAGE', '--data-dir: must be the name of a folder'],
    [
      { env: { GRAPEVINE_TRUST: 'opne' } },
      'ERR_CONFIG',
      'GRAPEVINE_TRUST: "opne" is not possible (did you mean "open"?); allowed are signed, open',
    ],
    [{ env: { GRAPEVINE_EMBEDDED_GRAPES: 'yes' } }, 'ERR_CONFIG', '"yes" is neither true nor false'],
    [
      { env: { GRAPEVINE_HOST: 'localhost' } },
      'ERR_CONFIG',
      '"localhost" is not an IPv4 address; allowed are such as 127.0.0.1',
    ],
    [
      { env: { GRAPEVINE_PROT: '1' } },
      'ERR_CONFIG',
      'GRAPEVINE_PROT: unknown variable of the environment (did you mean "GRAPEVINE_PORT"?)',
    ],
    [
      { text: 'prot = 1' },
      'ERR_CONFIG',
      '/etc/desk/config.toml:1: prot: unknown key (did you mean "port"?); allowed are data-dir, port,',
    ],
    [{ text: '\n"a(b" = 1' }, 'ERR_CONFIG', '/etc/desk/config.toml:2: a(b: unknown key; allowed are'],
    [
      { text: 'port = "7070"' },
      'ERR_CONFIG',
      '/etc/desk/config.toml:1: port: "7070" is not a port; allowed is a whole number from 0 to 65535, without quotes',
    ],
    [{ text: 'port = 70.5' }, 'ERR_CONFIG', '70.5 is not a port'],
    [{ text: 'host = 7' }, 'ERR_CONFIG', '7 is not possible; it is written as text, in quotes'],
    [{ text: 'grapes = [["x"]]' }, 'ERR_CONFIG', 'a list is not possible; it is written as text'],
    [
      { text: 'bootstrap = ["a:1"]' },
      'ERR_CONFIG',
      '"a:1" is not the address of a DHT node; allowed are such as 10.0.0.5:49737',
    ],
    [{ text: 'embedded-grapes = "true"' }, 'ERR_CONFIG', '"true" is neither true nor false (without quotes)'],
    [
      { text: 'broadcast-key = "a b"' },
      'ERR_CONFIG',
      'broadcast-key: a broadcast key has 1 to 64 printable characters',
    ],
    [{ text: 'port = 1\nport = 2' }, 'ERR_CONFIG', '/etc/desk/config.toml:2: Invalid TOML document'],
    [{ text: 'host = [' }, 'ERR_CONFIG', '/etc/desk/config.toml:1: Invalid TOML document'],
    [{ text: '__proto__ = 1' }, 'ERR_CONFIG', '/etc/desk/config.toml:1: '],
    [{ text: `accept = ${'['.repeat(50)}${']'.repeat(50)}` }, 'ERR_CONFIG', '/etc/desk/config.toml:1: '],
    [
      { text: '[[accept]]\namount = { max = 0.1 }' },
      'ERR_RULE',
      '/etc/desk/config.toml:1: accept: rule 1: amount.max: must be written in quotes',
    ],
    [
      { text: '[pairs."BTC/USD"]\namount-scale = 39' },
      'ERR_CONFIG',
      'config.toml:1: pairs: "BTC/USD" amount-scale must be a whole number from 0 to 38',
    ],
    [
      { text: '[pairs."BTC/USD"]\namuont-scale = 3' },
      'ERR_CONFIG',
      'has an unknown key "amuont-scale" (did you mean "amount-scale"?)',
    ],
    [{ text: '[pairs."BTC USD"]\namount-scale = 3' }, 'ERR_CONFIG', 'pairs: "BTC USD" is not a valid pair'],
    [{ text: 'pairs = 3' }, 'ERR_CONFIG', 'pairs: must be tables like [pairs."BTC/USD"]'],
    [{ text: 'pairs = { "A/B" = 3 }' }, 'ERR_CONFIG', '"A/B" must be a table like { amount-scale = 8 }'],
    [
      { text: 'data-dir = "x"', isInDataDir: true },
      'ERR_CONFIG',
      "a config file in a data folder can't say which folder that is",
    ],
  ])('%j', (said, code, message) => {
    expect(() => resolve(said)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) as string }),
    );
  });

  it('never contains the value of an unknown variable', () => {
    const secret = 'correct-horse';
    const attempts = [
      { env: { GRAPEVINE_PASPHRASE: secret } },
      { text: `passphrase = "${secret}"` },
      { flags: { grapes: [`http://user:${secret}@a:1`] } },
    ];
    for (const said of attempts) {
      expect(() => resolve(said)).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining(secret) as string }),
      );
    }
    expect(() => resolve({ env: { GRAPEVINE_PASPHRASE: secret } })).toThrow(/did you mean "GRAPEVINE_PASSPHRASE"/);
    // It is for whoever opens the key, and is no setting that could be shown.
    expect(JSON.stringify(resolve({ env: { GRAPEVINE_PASSPHRASE: secret } }))).not.toContain(secret);
  });
});
