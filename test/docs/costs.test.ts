/** docs/COSTS.md: each file of src, setting, option and group of limits has its row, the sizes are right, and what it names is there. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Command } from 'commander';
import { buildProgram } from '../../src/cli/main.ts';
import { CONFIG_FLAG, SETTINGS } from '../../src/config/settings-table.ts';

const SOURCE = new URL('../../src/', import.meta.url);
const TOLERANCE = 0.1;
/** Lines are rounded to 50. */
const ROUNDING = 25;

interface Row {
  readonly part: string;
  readonly lines: number;
  readonly words: readonly string[];
  /** Beginnings of paths below src. */
  readonly beginnings: readonly string[];
}

const inBackticks = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);

const read = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const [parts = '', options = '', limits = ''] = read('COSTS.md').split(/^## (?:Settings and options|Limits)$/m);

const rows: readonly Row[] = parts.split('\n').flatMap((line) => {
  const [part = '', lines = '', , words = '', files = ''] = line.slice(2, -2).split(' | ');
  const count = Number(lines.replace(',', ''));
  return count > 0 ? [{ part, lines: count, words: inBackticks(words), beginnings: inBackticks(files) }] : [];
});

/** The row with the longest beginning of this path. */
function rowOf(path: string): Row | undefined {
  const lengths = rows.map(({ beginnings }) => {
    return Math.max(0, ...beginnings.filter((beginning) => path.startsWith(beginning)).map(({ length }) => length));
  });
  const longest = Math.max(...lengths);
  return longest === 0 ? undefined : rows[lengths.indexOf(longest)];
}

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((path) =>
  /\.(ts|tsx|css|html)$/.test(path),
);

describe('docs/COSTS.md', () => {
  it('has a row for every file of src', () => {
    expect(files.filter((path) => rowOf(path) === undefined)).toEqual([]);
  });

  it('names no file that is gone', () => {
    const named = rows.flatMap(({ beginnings }) => beginnings);
    expect(named.filter((beginning) => !files.some((path) => path.startsWith(beginning)))).toEqual([]);
  });

  it('has the size of each part within a tenth', () => {
    const sizes = new Map(rows.map(({ part }) => [part, 0]));
    for (const path of files) {
      const part = rowOf(path)?.part ?? '';
      const lines = readFileSync(new URL(path, SOURCE), 'utf8').split('\n').length - 1;
      sizes.set(part, (sizes.get(part) ?? 0) + lines);
    }
    const wrong = rows.filter(({ part, lines }) => {
      const size = sizes.get(part) ?? 0;
      return Math.abs(lines - size) > ROUNDING + TOLERANCE * size;
    });
    expect(wrong.map(({ part, lines }) => [part, lines, 'now', sizes.get(part)])).toEqual([]);
  });

  it('names settings and commands that there are', async () => {
    const flags = SETTINGS.map(({ flag, key }) => (flag === null ? key : `--${flag}`));
    const commands = (await buildProgram()).commands.map((command) => command.name());
    const known = new Set([...flags, `--${CONFIG_FLAG}`, ...commands]);
    expect(rows.flatMap(({ words }) => words).filter((word) => !known.has(word))).toEqual([]);
  });
});

describe('settings, options and limits in docs/COSTS.md', () => {
  const named = [...options.matchAll(/^\| (`.+`) \| [\d,]+ \| .{5,} \|$/gm)].flatMap(([, names = '']) =>
    inBackticks(names),
  );
  const settings = SETTINGS.map(({ flag, key }) => (flag === null ? key : `--${flag}`));

  /** Of each command: a flag that has a row of its own for that command, or one for all. */
  function optionsOf(parent: Command, before = ''): readonly (readonly [all: string, own: string])[] {
    return parent.commands.flatMap((command) => {
      const name = `${before}${command.name()}`;
      const flags = command.options.filter(({ long, negate }) => !negate && long !== '--help');
      const own = flags.map(({ long }) => [long ?? '', `${name} ${long ?? ''}`] as const);
      return [...own, ...optionsOf(command, `${name} `)];
    });
  }

  it('have every setting, every option of every command, and no other', async () => {
    const given = optionsOf(await buildProgram());
    expect(given.length).toBeGreaterThan(100);
    const missing = given.filter(([all, own]) => !named.includes(all) && !named.includes(own)).map(([, own]) => own);
    expect(missing).toEqual([]);
    expect(settings.filter((setting) => !named.includes(setting))).toEqual([]);
    const known = new Set([...settings, ...given.flat()]);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
    expect(named).toHaveLength(new Set(named).size);
  });

  it('have every group of limits of docs/LIMITS.md, and no other', () => {
    const groups = read('LIMITS.md')
      .split(/^## /m)
      .flatMap((text) => (/^\| limit \|/m.test(text) ? [text.slice(0, text.indexOf('\n'))] : []));
    expect(groups.length).toBeGreaterThan(8);
    const told = [...limits.matchAll(/^\| (.+) \| .{10,} \|$/gm)].flatMap(([, cell = '']) => cell.split('; '));
    expect(told.slice(1).sort()).toEqual(groups.sort());
  });
});
