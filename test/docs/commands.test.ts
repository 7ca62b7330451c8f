/** docs/COMMANDS.md and the commands themselves: its reference is made from them, and says nothing else. */
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
  return command.createHelp().visibleOptions(command);
}

function row(option: Option, command: Command): string {
  const description = command.createHelp().optionDescription(option);
  return withoutThisMachine(`- \`${option.flags}\`: ${description}`);
}

/** The platform's place for data is another one elsewhere. */
function withoutThisMachine(text: string): string {
  return text
    .replace('$GRAPEVINE_DATA_DIR', '`GRAPEVINE_DATA_DIR`')
    .replace(/\(default: [^)]*desks.PORT\)/, '(default: one for each port)');
}

/** What docs/CONFIG.md describes: the flags of settings, exactly as `up` has them. `client` has other words and defaults for some. */
function isSetting(option: Option, command: Command, up: Command): boolean {
  const flags = [CONFIG_FLAG, ...SETTINGS.map(({ flag }) => flag)];
  const isFlag = flags.some((flag) => option.long === `--${flag ?? ''}` || option.long === `--no-${flag ?? ''}`);
  if (command.name() === 'client') return isFlag && option.long !== DATA_DIR && option.long !== '--passphrase-file';
  if (optionsOf(command).every(({ long }) => long !== `--${CONFIG_FLAG}`)) return false;
  return isFlag && optionsOf(up).some((other) => row(other, up) === row(option, command));
}

/** Options that three commands or more have with the same words, described once. */
function sharedRows(commands: readonly NamedCommand[], up: Command): readonly string[] {
  const counts = new Map<string, number>();
  for (const [, command] of commands) {
    for (const option of optionsOf(command)) {
      if (option.long === '--help' || option.long === '--json' || isSetting(option, command, up)) continue;
      const text = row(option, command);
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
  }
  return [...counts].flatMap(([text, count]) => (count >= 3 ? [text] : []));
}

/** `client` reads neither the environment nor a config file. */
function settingsOf(command: Command): string {
  if (command.name() !== 'client') return '[Settings](CONFIG.md)';
  return 'Only as flags, without the network `hyperdht`, [like settings](CONFIG.md)';
}

function section([name, command]: NamedCommand, shared: readonly string[], up: Command): string {
  const usage = command.usage().replace('[options] ', '').replace('[options]', '');
  const options = optionsOf(command).filter(({ long }) => long !== '--help' && long !== '--json');
  const settings = options.filter((option) => isSetting(option, command, up));
  const others = options.filter((option) => !settings.includes(option));
  const own = others.map((option) => row(option, command)).filter((text) => !shared.includes(text));
  const also = others.filter((option) => option.long !== DATA_DIR && shared.includes(row(option, command)));
  const named = (several: readonly Option[]) => several.map(({ long }) => `\`${long ?? ''}\``).join(', ');
  const hasAll = SETTINGS.every(({ flag }) => flag === null || settings.some(({ long }) => long === `--${flag}`));
  const about = [
    `${command.description().replace(/^./, (letter) => letter.toUpperCase())}.`,
    ...(also.length > 0 ? [`Also ${named(also)}.`] : []),
    ...(settings.length > 0 ? [`${settingsOf(command)}: ${hasAll ? 'all' : named(settings)}.`] : []),
    ...(options.some(({ long }) => long === DATA_DIR) ? [] : [`No \`${DATA_DIR}\`.`]),
  ];
  return [`### ${`${name} ${usage}`.trim()}`, about.join(' '), ...(own.length > 0 ? [own.join('\n')] : [])].join(
    '\n\n',
  );
}

async function reference(): Promise<string> {
  const commands = commandsOf(await buildProgram(), '');
  const up = commands.find(([name]) => name === 'up')?.[1];
  if (up === undefined) throw new Error('there is no command "up"');
  const shared = sharedRows(commands, up);
  const sections = commands.map((each) => section(each, shared, up));
  return [`### Shared options\n\n${shared.join('\n')}`, ...sections].join('\n\n');
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

  it('has the JSON of every command, and every command has --json', async () => {
    const [before = ''] = document.split(BEGIN);
    for (const [name, command] of commandsOf(await buildProgram(), '')) {
      expect(before).toContain(`\`${name}\``);
      expect([name, ...optionsOf(command).map(({ long }) => long)]).toContain('--json');
    }
  });
});
