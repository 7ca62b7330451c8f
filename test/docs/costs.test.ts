/** docs/COSTS.md: each file of src has its row, the sizes are right, and what it names is there. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
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

const rows: readonly Row[] = readFileSync(new URL('../../docs/COSTS.md', import.meta.url), 'utf8')
  .split('\n')
  .flatMap((line) => {
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
