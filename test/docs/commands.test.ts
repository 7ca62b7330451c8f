/** docs/COMMANDS.md and the commands themselves: its reference is made from them, and says nothing else. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { buildProgram } from '../../src/cli/main.ts';

const FILE = new URL('../../docs/COMMANDS.md', import.meta.url);
const BEGIN = '<!-- reference:begin -->';
const END = '<!-- reference:end -->';

/** Commands of commands under their full name. */
function commandsOf(command: Command, path: string): readonly (readonly [string, Command])[] {
  const subs = command.commands.filter((sub) => sub.name() !== 'help');
  return subs.flatMap((sub) => {
    const name = `${path}${sub.name()}`;
    return [...(sub.commands.length > 0 ? [] : [[name, sub] as const]), ...commandsOf(sub, `${name} `)];
  });
}

function section([name, command]: readonly [string, Command]): string {
  const help = command.createHelp();
  const usage = command.usage().replace('[options] ', '').replace('[options]', '');
  const options = help.visibleOptions(command).filter(({ long }) => long !== '--help');
  const rows = options.map(
    (option) => `| \`${option.flags.replaceAll('|', '\\|')}\` | ${help.optionDescription(option)} |`,
  );
  return [
    `### ${`${name} ${usage}`.trim()}`,
    '',
    `${command.description().replace(/^./, (letter) => letter.toUpperCase())}.`,
    '',
    '| option | |',
    '|---|---|',
    ...rows.map(withoutThisMachine),
  ].join('\n');
}

/** The platform's place for data is another one elsewhere. */
function withoutThisMachine(row: string): string {
  return row
    .replace('$GRAPEVINE_DATA_DIR', '`GRAPEVINE_DATA_DIR`')
    .replace(/\(default: [^)]*desks.PORT\)/, '(default: one for each port)');
}

describe('docs/COMMANDS.md', () => {
  const document = readFileSync(FILE, 'utf8');

  it('has every command with every option, as --help has them', async () => {
    const reference = commandsOf(await buildProgram(), '')
      .map(section)
      .join('\n\n');
    const [before = '', rest = ''] = document.split(BEGIN);
    const [written = '', after = ''] = rest.split(END);
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(FILE, `${before}${BEGIN}\n${reference}\n${END}${after}`);
    else expect(written.trim()).toBe(reference);
  });

  it('says of every command what its JSON is', async () => {
    const [before = ''] = document.split(BEGIN);
    for (const [name] of commandsOf(await buildProgram(), '')) expect(before).toContain(`\`${name}\``);
  });
});
