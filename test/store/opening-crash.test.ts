/**
 * The whole opening of a journal, with a crash after each of its writes: whatever is on the disk then, the next start finds
 * everything, and a copy stays a copy. Snapshots of the folder are taken at each call that writes; what happens within one
 * (a transaction, a checkpoint) is SQLite's own to survive.
 *
 * A copy is examined in a process of its own, in case that its bytes end it (damage.test.ts). Dozens of them are half of the
 * time here, where bytes are good: `npm test` runs in this process what such a process runs.
 */
import childProcess from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MarkFile } from '../../src/store/journal-mark.ts';
import { openSqliteJournal } from '../../src/store/open-sqlite-journal.ts';
import { Connection } from '../../src/store/sqlite-connection.ts';
import { awarded, ofMaker, opened, reserved, SAMPLE_MAKER, sampleKey } from '../../src/testing/sample-records.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { IS_LONG } from '../effort.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');

const { spawnSync } = childProcess;
let examinations = 0;

interface Closable {
  close: () => void;
}

type DatabaseClass = new (...values: unknown[]) => Closable;

/** Runs the script of `node -e SCRIPT -- VALUES` here, and closes the databases that it leaves to the end of its process. */
function examineHere([, script = '', , ...values]: readonly string[]): { status: number; stdout: string } {
  let stdout = '';
  const opened: Closable[] = [];
  const finished = new Error('finished');
  const process = {
    argv: ['node', ...values],
    exit: () => {
      throw finished;
    },
  };
  const console = { log: (line: string) => void (stdout += line) };
  const load = createRequire(import.meta.url);
  const require = (name: string): unknown => {
    if (name !== values[0]) return load(name);
    return class extends (load(name) as DatabaseClass) {
      constructor(...given: unknown[]) {
        super(...given);
        opened.push(this);
      }
    };
  };
  try {
    const run = runInThisContext(`(require, process, console) => {${script}}`) as (...given: unknown[]) => void;
    run(require, process, console);
  } catch (error) {
    if (error !== finished) throw error;
  } finally {
    for (const database of opened) database.close();
  }
  return { status: 0, stdout };
}

beforeAll(() => {
  const examine = (file: string, args: readonly string[], options: object): unknown => {
    examinations += 1;
    return IS_LONG ? spawnSync(file, args, options) : examineHere(args);
  };
  Object.assign(childProcess, { spawnSync: examine });
  syncBuiltinESMExports();
});

afterAll(() => {
  Object.assign(childProcess, { spawnSync });
  syncBuiltinESMExports();
});

beforeEach(() => {
  examinations = 0;
});

afterEach(() => {
  vi.restoreAllMocks();
});

type Use = (journal: ReturnType<typeof openSqliteJournal>) => void | Promise<void>;

/** What a desk does first with its journal. */
const claim: Use = (journal) => {
  journal.claim(SAMPLE_MAKER);
};

async function fill(dataDir: string, use: Use = () => undefined): Promise<void> {
  const journal = openSqliteJournal({ dataDir });
  await use(journal);
  await journal.append({ offer: sampleKey('open'), records: ofMaker(opened('open'), reserved(1)), finished: false });
  await journal.close();
}

async function awardIt(dataDir: string): Promise<void> {
  const journal = openSqliteJournal({ dataDir });
  await journal.append({ offer: sampleKey('open'), records: ofMaker(awarded(1)), finished: true });
  await journal.close();
}

function copyFolder(from: string): string {
  const to = temporaryFolder();
  for (const name of readdirSync(from)) if (name !== 'journal.lock') copyFileSync(join(from, name), join(to, name));
  // As after a crash: the index of the log is made anew.
  rmSync(join(to, 'journal.db-shm'), { force: true });
  return to;
}

function fingerprint(dataDir: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(dataDir).sort())
    if (!/lock|shm/.test(name)) hash.update(name).update(readFileSync(join(dataDir, name)));
  return hash.digest('hex');
}

/** Opens a journal, uses it, and gives the folder as it was at each of the writes. */
async function snapshotsOfOpening(dataDir: string, use: Use = () => undefined): Promise<string[]> {
  const snapshots: string[] = [];
  let latest = '';
  const take = (): void => {
    const now = fingerprint(dataDir);
    if (now !== latest) snapshots.push(copyFolder(dataDir));
    latest = now;
  };
  take();
  const watch = (target: object, method: string): void => {
    const original = (target as Record<string, (...values: unknown[]) => unknown>)[method];
    vi.spyOn(target as Record<string, () => unknown>, method).mockImplementation(function (this: unknown, ...values) {
      const result = original?.apply(this, values as unknown[]);
      take();
      return result;
    });
  };
  for (const method of ['exec', 'readRow', 'checkpoint']) watch(Connection.prototype, method);
  watch(MarkFile.prototype, 'write');
  const journal = openSqliteJournal({ dataDir });
  await use(journal);
  vi.restoreAllMocks();
  take();
  await journal.close();
  return snapshots;
}

async function look(dataDir: string): Promise<{ restored: boolean; life: number; offers: string[]; records: number }> {
  const journal = openSqliteJournal({ dataDir });
  try {
    const offers = (await journal.readUnfinished()).map(({ offer }) => offer as string);
    const records = (await journal.readOffer(sampleKey('open'))).length;
    return { restored: journal.restored, life: journal.life, offers, records };
  } finally {
    await journal.close();
  }
}

describe('a crash at each write of an opening', () => {
  it('of a new journal leaves one that can be opened', async () => {
    const snapshots = await snapshotsOfOpening(temporaryFolder(), claim);
    expect(snapshots.length).toBeGreaterThan(4);
    for (const snapshot of snapshots) expect(await look(snapshot)).toMatchObject({ restored: false, offers: [] });
  });

  it('of a new journal, and again at each write of the next opening, leaves one that can be opened', async () => {
    for (const snapshot of await snapshotsOfOpening(temporaryFolder(), claim))
      for (const again of await snapshotsOfOpening(snapshot, claim))
        expect(await look(again)).toMatchObject({ restored: false, offers: [] });
  });

  it.each(['closed', 'killed'])('of a journal that was %s forgets nothing', async (state) => {
    const dataDir = temporaryFolder();
    await fill(dataDir);
    let from = dataDir;
    if (state === 'killed') {
      const journal = openSqliteJournal({ dataDir });
      await journal.append({ offer: sampleKey('open'), records: ofMaker(awarded(1)), finished: true });
      from = copyFolder(dataDir);
      await journal.close();
    }
    const expected =
      state === 'killed' ? { offers: [], records: 3 } : { offers: [sampleKey('open') as string], records: 2 };
    const lives: number[] = [];
    for (const snapshot of await snapshotsOfOpening(from)) {
      const found = await look(snapshot);
      expect(found).toMatchObject({ restored: false, ...expected });
      lives.push(found.life);
    }
    // A life that was begun is never begun again.
    expect(lives).toEqual([...lives].sort((left, right) => left - right));
    expect(lives.at(-1)).toBeGreaterThan(lives[0] ?? 0);
  });

  it.each(['journal-v1.db', 'journal-v2.db'])('of an earlier version forgets nothing: %s', async (name) => {
    const dataDir = temporaryFolder();
    copyFileSync(join(FIXTURES, name), join(dataDir, 'journal.db'));
    const expected = await look(copyFolder(dataDir));
    expect(expected.offers.length).toBeGreaterThan(0);
    for (const snapshot of await snapshotsOfOpening(dataDir))
      expect(await look(snapshot)).toMatchObject({ restored: false, offers: expected.offers });
    expect(examinations).toBeGreaterThan(0);
  });

  it('of a copy, and while its first generation begins, leaves one that can be opened', async () => {
    const dataDir = temporaryFolder();
    await fill(dataDir, claim);
    const earlier = copyFolder(dataDir);
    await awardIt(dataDir);
    copyFileSync(join(earlier, 'journal.db'), join(dataDir, 'journal.db'));
    const found = [];
    const snapshots = await snapshotsOfOpening(dataDir, (journal) => journal.beginGeneration());
    for (const snapshot of snapshots) found.push(await look(snapshot));
    const isCopy = found.map(({ restored }) => restored);
    expect(isCopy).toEqual([...isCopy].sort().reverse());
    expect([isCopy.at(0), isCopy.at(-1)]).toEqual([true, false]);
    for (const each of found) expect(each).toMatchObject({ offers: [sampleKey('open')], records: 2 });
  });

  it.each(['VACUUM INTO', 'backup', 'file copy'])('of a copy (%s) in place of a journal leaves a copy', async (how) => {
    const dataDir = temporaryFolder();
    const copy = join(temporaryFolder(), 'copy.db');
    await fill(dataDir);
    if (how === 'VACUUM INTO') {
      const connection = new Connection(join(dataDir, 'journal.db'));
      connection.exec(`VACUUM INTO '${copy}'`);
      connection.close();
    } else if (how === 'file copy') copyFileSync(join(dataDir, 'journal.db'), copy);
    else {
      const journal = openSqliteJournal({ dataDir });
      await journal.backup(copy);
      await journal.close();
    }
    await awardIt(dataDir);
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(dataDir, `journal.db${suffix}`), { force: true });
    copyFileSync(copy, join(dataDir, 'journal.db'));
    for (const snapshot of await snapshotsOfOpening(dataDir)) {
      const found = await look(snapshot);
      expect(found).toMatchObject({ restored: true, offers: [sampleKey('open')] });
      // Higher than in the journal that it replaces.
      expect(found.life).toBeGreaterThan(2);
    }
    expect(examinations).toBeGreaterThan(0);
  });
});
