/** Where a copy of a journal may be put: each path that is no place for it has its own refusal, and nothing is written. */
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backUp } from '../../src/composition/back-up.ts';
import { openSqliteJournal } from '../../src/store/open-sqlite-journal.ts';
import { makeTemporaryFolder } from '../../testing/temporary-folder.ts';

const root = makeTemporaryFolder();
const DESK = join(root, 'desk');

beforeAll(async () => {
  mkdirSync(DESK);
  await openSqliteJournal({ dataDir: DESK }).close();
  mkdirSync(join(root, 'other'));
  symlinkSync(DESK, join(root, 'link'));
  writeFileSync(join(root, 'there.db'), 'mine');
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('a backup', () => {
  it.each([
    ['a NUL', join(root, 'a\0b'), /NUL/],
    ['a very long name', join(root, 'x'.repeat(256)), /more than 255 bytes/],
    ['a path of Windows', 'C:\\desk\\copy.db', /path of Windows/],
    ['/proc', '/proc/nope', /files of the system/],
    ['/proc, deeper', '/proc/self/fd/copy', /files of the system/],
    ['/dev', '/dev/copy.db', /files of the system/],
    ['no folder', join(root, 'nowhere', 'copy.db'), /its folder is not there/],
    ['a file as a folder', join(root, 'there.db', 'copy.db'), /its folder is not there/],
    ['the name of a folder', `${root}/other/`, /names a folder/],
    ['a folder', join(root, 'other'), /exists already/],
    ['a file that is there', join(root, 'there.db'), /exists already/],
    ['the journal', join(DESK, 'journal.db'), /the desk itself uses/],
    ['a file that SQLite will make', join(DESK, 'journal.db-shm'), /the desk itself uses/],
    ['the key', join(DESK, 'identity.key'), /the desk itself uses/],
    ['the socket', join(DESK, 'control.sock'), /the desk itself uses/],
    ['an own file through a link', join(root, 'link', 'journal.db-wal'), /the desk itself uses/],
    ['an own file through ..', `${root}/other/../desk/control.token`, /the desk itself uses/],
  ])('is refused for %s', async (_, file, why) => {
    const before = [readdirSync(root), readdirSync(DESK)];
    await expect(backUp(DESK, file)).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: expect.stringMatching(why) as string,
    });
    expect([readdirSync(root), readdirSync(DESK)]).toEqual(before);
  });

  it('is written to any other place', async () => {
    await backUp(DESK, join(root, 'other', 'copy.db'));
    await backUp(DESK, join(DESK, 'copy.db'));
    expect(readdirSync(join(root, 'other'))).toEqual(['copy.db']);
  });
});
