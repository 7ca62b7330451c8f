/** Files that are looked at while a desk runs. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { accessSettings, followAccess } from '../../src/cli/access-options.ts';
import { followFiles, versionsOf } from '../../src/cli/follow-files.ts';
import { makeTemporaryFolder } from '../../testing/temporary-folder.ts';

beforeEach(() => {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
});

it('each change of a file is reported once, also that it was removed or made again, until the watch stops', () => {
  const folder = makeTemporaryFolder();
  const [one, other] = [join(folder, 'one'), join(folder, 'other')];
  writeFileSync(one, '');
  const changed = vi.fn();
  const stop = followFiles(() => [one, other], changed);
  const changesAfter = (change: () => void): number => {
    change();
    vi.advanceTimersByTime(10_000);
    return changed.mock.calls.length;
  };
  expect(changesAfter(() => undefined)).toBe(0);
  expect(changesAfter(() => writeFileSync(one, 'a'))).toBe(1);
  expect(changesAfter(() => writeFileSync(other, 'b'))).toBe(2);
  expect(changesAfter(() => rmSync(one))).toBe(3);
  stop();
  expect(changesAfter(() => writeFileSync(one, 'c'))).toBe(3);
});

it('a change before the watch begins is reported; so is a file that joins the list, and then its changes', () => {
  const folder = makeTemporaryFolder();
  const [one, other] = [join(folder, 'one'), join(folder, 'other')];
  const versions = versionsOf([one]);
  writeFileSync(one, '');
  let files = [one];
  const changed = vi.fn();
  const stop = followFiles(() => files, changed, versions);
  vi.advanceTimersByTime(10_000);
  expect(changed).toHaveBeenCalledTimes(1);
  files = [other];
  vi.advanceTimersByTime(10_000);
  expect(changed).toHaveBeenCalledTimes(2);
  writeFileSync(one, 'a');
  vi.advanceTimersByTime(10_000);
  expect(changed).toHaveBeenCalledTimes(2);
  writeFileSync(other, 'a');
  vi.advanceTimersByTime(10_000);
  expect(changed).toHaveBeenCalledTimes(3);
  stop();
});

it('without files nothing is watched', () => {
  followAccess(accessSettings({}), () => undefined, { write: () => undefined });
  expect(vi.getTimerCount()).toBe(0);
});
