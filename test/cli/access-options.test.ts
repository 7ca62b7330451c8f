/** `--allow`, `--deny` and their files: with whom a client deals, also when a file changes meanwhile. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { accessSettings, followAccess } from '../../src/cli/access-options.ts';
import { accessListsOf } from '../../src/config/load-settings.ts';
import type { AccessLists } from '../../src/index.ts';
import { runCommand } from '../../testing/run-command.ts';
import { makeTemporaryFolder, temporaryFolder } from '../../testing/temporary-folder.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

function file(text: string): string {
  const path = join(makeTemporaryFolder(), 'desks.txt');
  writeFileSync(path, text);
  return path;
}

describe('the lists of desks that are allowed and denied', () => {
  it('allow every desk by default', () => {
    expect(accessListsOf(accessSettings({}))).toEqual({ allow: undefined, deny: [] });
  });

  it('have the desks of the options and of the files', () => {
    const allowFile = file(`# friends\n${B}\n\n`);
    const lists = accessListsOf(accessSettings({ allow: [A] as never, allowFile, deny: [B] as never }));
    expect(lists).toEqual({ allow: [A, B], deny: [B] });
  });

  it.each([
    [['--allow', 'nobody'], /not a desk's id/],
    [['--deny', A.toUpperCase()], /not a desk's id/],
    [['--deny', ''], /not a desk's id/],
    [['--allow-file', '/nowhere/at/all'], /there is no such file/],
    [['--deny-file', file(`${A}\nnonsense\n`)], /desks\.txt:2: /],
  ])('are refused if invalid: %j', async (args, problem) => {
    const { code, err } = await runCommand(['client', '0', '--data-dir', temporaryFolder(), ...args]);
    expect(code).toBe(2);
    expect(err).toMatch(problem);
  });
});

describe('a file that changes while the desk runs', () => {
  it('is read again; if it is invalid, the lists stay as they are', () => {
    const denyFile = file('');
    vi.useFakeTimers();
    const heard: (AccessLists | string)[] = [];
    const log = { write: (_level: unknown, event: string) => heard.push(event) };
    const stop = followAccess(accessSettings({ denyFile }), (lists) => heard.push(lists), log);
    onTestFinished(() => {
      stop();
      vi.useRealTimers();
    });
    const write = (text: string): void => {
      writeFileSync(denyFile, text);
      vi.advanceTimersByTime(1_000);
    };
    write(`${A}\n`);
    vi.advanceTimersByTime(10_000);
    write('nonsense here\n');
    write(`${A}\n${B}\n`);
    const both = { allow: undefined, deny: [A, B] };
    expect(heard).toEqual([
      { allow: undefined, deny: [A] },
      'access.changed',
      'access.unchanged',
      both,
      'access.changed',
    ]);
  });
});
