import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Command } from 'commander';
import { addSettingOptions, loadInput } from '../../src/cli/setting-options.ts';
import { SETTINGS } from '../../src/config/settings-table.ts';
import { runCommand } from '../../testing/run-command.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

function folderWith(config: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'config.toml'), config);
  return folder;
}

describe('grapevine config', () => {
  it('shows every setting and its source', async () => {
    const folder = folderWith('port = 7070\naccept = ["buy", "sell"]\n');
    const { code, out, err } = await runCommand(['config', '--data-dir', folder, '--trust', 'open'], {
      GRAPEVINE_HOST: '0.0.0.0',
    });
    expect([code, err]).toEqual([0, '']);
    const rows = out
      .replaceAll(folder, 'DESK')
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(rows).toEqual(
      expect.arrayContaining([
        ['Config file: DESK/config.toml'],
        ['port', 'DESK/config.toml:1', '7070'],
        ['host', 'GRAPEVINE_HOST', '0.0.0.0'],
        ['trust', '--trust', 'open'],
        ['accept', 'DESK/config.toml:2', 'buy'],
        ['', 'sell'],
        ['encrypt', 'default', 'off'],
      ]),
    );
    for (const { key } of SETTINGS) expect(out).toContain(`\n${key} `);
  });

  it('prints one JSON object for programs', async () => {
    const folder = folderWith('[pairs."A/B"]\nprice-scale = 2\n');
    const { out } = await runCommand([
      'config',
      '--data-dir',
      folder,
      '--accept',
      'sell  A/B',
      '--no-embedded-grapes',
      '--json',
    ]);
    const file = join(folder, 'config.toml');
    const { settings, ...rest } = JSON.parse(out) as { settings: Record<string, unknown> };
    expect(rest).toEqual({ file });
    expect(Object.keys(settings)).toEqual(SETTINGS.map(({ key }) => key));
    expect(settings).toMatchObject({
      accept: { value: ['sell A/B'], source: { from: 'flag', flag: '--accept' } },
      'embedded-grapes': { value: false, source: { from: 'flag', flag: '--embedded-grapes' } },
      pairs: {
        value: { 'A/B': { amountScale: null, priceScale: 2 } },
        source: { from: 'file', file, key: 'pairs', line: 1 },
      },
      'control-port': { value: null, source: { from: 'default' } },
    });
  });

  it.each<[readonly string[], Readonly<Record<string, string>>, RegExp]>([
    [['--port', 'x'], {}, /^ERR_USAGE: --port: "x" is not a port; allowed is a whole number from 0 to 65535\n$/],
    [['--accept', 'sell pice<=1'], {}, /^ERR_RULE: --accept: .*did you mean "price"/],
    [
      [],
      { GRAPEVINE_NETWORK: 'wan' },
      /^ERR_CONFIG: GRAPEVINE_NETWORK: "wan" is not possible \(did you mean "lan"\?\)/,
    ],
    [[], { GRAPEVINE_GRAPE: 'x' }, /^ERR_CONFIG: GRAPEVINE_GRAPE: unknown variable .*did you mean "GRAPEVINE_GRAPES"/],
    [['--prot', '1'], {}, /^ERR_USAGE: unknown option '--prot'/],
  ])('%j with %j ends with code 2', async (args, env, message) => {
    const said = await runCommand(['config', '--data-dir', temporaryFolder(), ...args], env);
    expect(said.err).toMatch(message);
    expect([said.code, said.out]).toEqual([2, '']);
  });
});

describe('the setting options of a command', () => {
  const parse = (args: readonly string[], ...names: Parameters<typeof addSettingOptions>[1][]) =>
    loadInput(
      addSettingOptions(new Command('up').exitOverride().configureOutput({ writeErr: () => undefined }), names[0])
        .parse([...args], { from: 'user' })
        .opts(),
      {},
    );

  it('are the typed flags only', () => {
    expect(parse([]).flags).toEqual({});
    expect(
      parse(['--grape', 'http://a:1', '--grape', 'http://b:2', '--port', '1', '--embedded-grapes', '--config', 'c']),
    ).toMatchObject({
      flags: { grapes: ['http://a:1', 'http://b:2'], port: ['1'], embeddedGrapes: ['true'] },
      configPath: 'c',
    });
    expect(parse(['--no-embedded-grapes']).flags).toEqual({ embeddedGrapes: ['false'] });
  });

  it('can be some of the settings; the others are unknown options', () => {
    expect(parse(['--data-dir', 'x'], ['dataDir']).flags).toEqual({ dataDir: ['x'] });
    expect(() => parse(['--port', '1'], ['dataDir'])).toThrow(/unknown option/);
  });
});
