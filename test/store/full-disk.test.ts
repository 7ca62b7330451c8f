/**
 * A disk without room, a real one: a small file system in memory. Only root can make one; for others these tests are
 * skipped, which the list of tests says. Whatever was to be written, the code is ERR_JOURNAL_FULL, nothing half is left, and
 * what was there before is there still.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { writeNew } from '../../src/cli/receipt.ts';
import { createDesk } from '../../src/index.ts';
import { createKeyFile, readKeyFile, rewriteKeyFile } from '../../src/identity/key-file.ts';
import { openSqliteJournal } from '../../src/store/open-sqlite-journal.ts';
import { openControl } from '../../testing/control-world.ts';
import { ofMaker, opened, sampleKey } from '../../src/testing/sample-records.ts';
import { makeTemporaryFolder } from '../../testing/temporary-folder.ts';

const disk = makeTemporaryFolder();
const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'tmpfs', disk]).status === 0;
const FULL = { code: 'ERR_JOURNAL_FULL' };
const isFull = expect.objectContaining(FULL) as Error;
const STUFFING = join(disk, 'stuffing');

afterAll(() => {
  if (isMounted) execFileSync('umount', ['--lazy', disk]);
  rmSync(disk, { recursive: true, force: true });
});

/** Leaves no byte. */
function fill(): void {
  const handle = openSync(STUFFING, 'w');
  try {
    for (const bytes of [65_536, 4_096, 1]) writeUntilFull(handle, Buffer.alloc(bytes));
  } finally {
    closeSync(handle);
  }
}

function writeUntilFull(handle: number, bytes: Buffer): void {
  try {
    while (writeSync(handle, bytes) > 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

describe.skipIf(!isMounted)(`on a full disk${isMounted ? '' : ' (skipped: only root can mount one)'}`, () => {
  let folder = '';
  let count = 0;

  beforeEach(() => {
    rmSync(STUFFING, { force: true });
    folder = join(disk, `desk-${count++}`);
  });

  it('the journal rejects entries, and has all accepted ones when there is space again', async () => {
    const journal = openSqliteJournal({ dataDir: folder });
    let taken = 0;
    const append = async (): Promise<void> => {
      const id = `offer${taken}`;
      await journal.append({ offer: sampleKey(id), records: ofMaker(opened(id)), finished: false });
      taken += 1;
    };
    await append();
    fill();
    await expect(untilItFails(append)).rejects.toMatchObject(FULL);
    expect(await journal.failed).toMatchObject(FULL);
    await journal.close();
    rmSync(STUFFING);
    const again = openSqliteJournal({ dataDir: folder });
    expect((await again.readUnfinished()).length).toBeGreaterThanOrEqual(taken);
    await again.close();
  });

  it('a new desk is refused, and created when there is space again', async () => {
    fill();
    expect(() => createDesk({ dataDir: folder })).toThrow(isFull);
    rmSync(STUFFING);
    await createDesk({ dataDir: folder }).stop();
  });

  it('a backup is refused, and leaves no file', async () => {
    const journal = openSqliteJournal({ dataDir: folder });
    onTestFinished(() => journal.close());
    fill();
    const before = readdirSync(disk);
    await expect(journal.backup(join(disk, 'copy.db'))).rejects.toMatchObject(FULL);
    expect(readdirSync(disk)).toEqual(before);
  });

  it('a key is not written, and a key that is to be encrypted stays as it was', () => {
    const file = join(disk, 'some.key');
    onTestFinished(() => {
      rmSync(file);
    });
    const key = createKeyFile(file);
    const text = readFileSync(file, 'utf8');
    fill();
    expect(() => createKeyFile(join(disk, 'other.key'))).toThrow(isFull);
    expect(() => {
      rewriteKeyFile(file, generateKeyPairSync('ed25519').privateKey);
    }).toThrow(isFull);
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(readKeyFile(file).equals(key)).toBe(true);
    expect(readdirSync(disk).filter((name) => name.includes('.key'))).toEqual(['some.key']);
  });

  it('a receipt is not written, not even partly', () => {
    fill();
    const file = join(disk, 'receipt.json');
    expect(() => {
      writeNew(file, '{}\n'.repeat(2_000));
    }).toThrow(isFull);
    expect(existsSync(file)).toBe(false);
  });

  it('a control server, which leaves a token in the folder, does not start', async () => {
    fill();
    await expect(openControl({ dataDir: disk, port: 0 })).rejects.toMatchObject(FULL);
  });
});

async function untilItFails(work: () => Promise<void>): Promise<never> {
  for (;;) await work();
}
