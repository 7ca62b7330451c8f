import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDetailsOption } from '../../src/cli/details-option.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

function file(name: string, contents: string | Buffer): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, contents);
  return `@${path}`;
}

describe('--details', () => {
  it.each<[string, unknown]>([
    ['plain words', 'plain words'],
    ['{"txid":"9f2a"}', { txid: '9f2a' }],
    [' [1, 2]', [1, 2]],
    ['17', '17'],
    ['{ not json', '{ not json'],
    ['', ''],
  ])('reads %j as text, or as a value if it is a JSON object or array', (details, expected) => {
    expect(readDetailsOption({ details })).toEqual(expected);
  });

  it('is undefined without the option', () => {
    expect(readDetailsOption({})).toBeUndefined();
  });

  it('reads a file: text without its last end of line, JSON as a value', () => {
    expect(readDetailsOption({ details: file('note.txt', 'one\ntwo\n') })).toBe('one\ntwo');
    expect(readDetailsOption({ details: file('job.json', '{\n  "n": 1\n}\n') })).toEqual({ n: 1 });
    expect(readDetailsOption({ details: file('job', '{"n":1}') })).toEqual({ n: 1 });
  });

  it.each<[string, () => string, string]>([
    ['a number that would be rounded', () => '{"n":12345678901234567890}', 'ERR_DETAILS'],
    ['a number that would become null', () => '[1e400]', 'ERR_DETAILS'],
    ['an object with a key twice', () => '{"n":1,"n":2}', 'ERR_DETAILS'],
    ['a key twice, once in other letters, in a file', () => file('job.json', '[{"n":1,"\\u006e":1}]'), 'ERR_DETAILS'],
    ['such a number in a file', () => file('job.json', '9007199254740993'), 'ERR_DETAILS'],
    ['a .json file that is not JSON', () => file('job.json', '{"n":'), 'ERR_DETAILS'],
    ['a file that is not UTF-8', () => file('job', Buffer.from([0x7b, 0xff])), 'ERR_DETAILS'],
    ['a file that is not there', () => '@/nowhere/at/all', 'ERR_USAGE'],
    ['a folder', () => `@${temporaryFolder()}`, 'ERR_USAGE'],
    ['a file that is far too long', () => file('long', 'x'.repeat(70_000)), 'ERR_USAGE'],
  ])('refuses %s', (_what, given, code) => {
    const details = given();
    expect(() => readDetailsOption({ details })).toThrow(expect.objectContaining({ code }) as Error);
  });

  it('names the refused file', () => {
    expect(() => readDetailsOption({ details: '@/nowhere/at/all' })).toThrow(
      '--details: /nowhere/at/all: there is no such file',
    );
  });
});
