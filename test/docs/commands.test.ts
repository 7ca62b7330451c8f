/** docs/COMMANDS.md and the commands themselves: its reference is made from them. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { buildProgram } from '../../src/cli/main.ts';
import { CONFIG_FLAG, SETTINGS } from '../../src/config/settings-table.ts';

const FILE = new URL('../../docs/COMMANDS.md', import.meta.url);
const BEGIN = '<!-- reference:begin -->';
const END = '<!-- reference:end -->';
const DATA_DIR = '--data-dir';

type NamedCommand = readonly [name: string, command: Command];

/** Commands of commands under their full name. */
function commandsOf(command: Command, path: string): readonly NamedCommand[] {
  const subs = command.commands.filter((sub) => sub.name() !== 'help');
  return subs.flatMap((sub) => {
    const name = `${path}${sub.name()}`;
    return [...(sub.commands.length > 0 ? [] : [[name, sub] as const]), ...commandsOf(sub, `${name} `)];
  });
}

function optionsOf(command: Command): readonly Option[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .filter(({ long }) => long !== '--help');
}

function isSetting({ long }: Option): boolean {
  return [CONFIG_FLAG, ...SETTINGS.map(({ flag }) => flag)].some(
    (flag) => long === `--${flag ?? ''}` || long === `--no-${flag ?? ''}`,
  );
}

const inCode = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;

function row([name, command]: NamedCommand): string {
  const usage = command.usage().replace('[options] ', '').replace('[options]', '');
  const options = optionsOf(command).filter(({ long }) => long !== '--json' && long !== DATA_DIR);
  const settings = options.filter(isSetting);
  const hasAll = SETTINGS.every(
    ({ flag }) => flag === null || flag === 'data-dir' || settings.some(({ long }) => long === `--${flag}`),
  );
  const shown = [
    ...(hasAll ? ['all [settings](CONFIG.md)'] : []),
    ...options.filter((option) => !(hasAll && isSetting(option))).map(({ flags }) => inCode(flags)),
  ];
  return `| ${inCode(`${name} ${usage}`.trim())} | ${command.description()} | ${shown.join(', ')} |`;
}

async function reference(): Promise<string> {
  const rows = commandsOf(await buildProgram(), '').map(row);
  return ['| command | what it does | options |', '|---|---|---|', ...rows].join('\n');
}

describe('docs/COMMANDS.md', () => {
  const document = readFileSync(FILE, 'utf8');

  it('has every command with every option, as --help has them', async () => {
    const expected = await reference();
    const [before = '', rest = ''] = document.split(BEGIN);
    const [written = '', after = ''] = rest.split(END);
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(FILE, `${before}${BEGIN}\n${expected}\n${END}${after}`);
    else expect(written.trim()).toBe(expected);
  });

  it('says which commands have no data folder', async () => {
    const all = commandsOf(await buildProgram(), '');
    const without = all.filter(([, command]) => optionsOf(command).every(({ long }) => long !== DATA_DIR));
    const names = without.map(([name]) => `\`${name}\``);
    expect(document).toContain(
      `all but ${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''} have \`${DATA_DIR}\``,
    );
  });

  it('says of every command what its JSON is, and every command has --json', async () => {
    const [before = ''] = document.split(BEGIN);
    for (const [name, command] of commandsOf(await buildProgram(), '')) {
      expect(before).toContain(`\`${name}\``);
      expect([name, ...optionsOf(command).map(({ long }) => long)]).toContain('--json');
    }
  });
});
