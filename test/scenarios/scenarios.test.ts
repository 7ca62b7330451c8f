/**
 * Golden traces. Each text in this folder is a script with what came of it; a changed trace is a failed test whose diff is
 * to be read first and rewritten after that, with `UPDATE_TRACES=1`.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runScript } from './script-run.ts';

const folder = new URL('./', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.txt'));

describe('the scenario', () => {
  it.each(names)('%s', (name) => {
    const file = new URL(name, folder);
    const expected = readFileSync(file, 'utf8');
    const actual = runScript(expected);
    if (process.env['UPDATE_TRACES'] === '1') writeFileSync(file, actual);
    else expect(actual).toBe(expected);
  });
});
