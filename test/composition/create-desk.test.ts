import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDesk, type Desk, type DeskOptions, type Grapes } from '../../src/index.ts';
import { openSqliteJournal } from '../../src/store/open-sqlite-journal.ts';
import { startLocalGrapes } from '../../testing/local-grapes.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

let folder: string;
const desks: Desk[] = [];

beforeEach(() => {
  folder = temporaryFolder();
});

afterEach(async () => {
  await Promise.all(desks.splice(0).map((desk) => desk.stop()));
});

function create(options: DeskOptions = {}): Desk {
  const desk = createDesk(options);
  desks.push(desk);
  return desk;
}

describe('invalid options', () => {
  it.each<[DeskOptions, RegExp]>([
    [{ port: 65_536 }, /from 0 to 65535/],
    [{ port: 1.5 }, /from 0 to 65535/],
    [{ announcePort: 0 }, /from 1 to 65535/],
    [{ grapes: [] }, /at least one grape/],
    [{ grapes: ['127.0.0.1:30001'] }, /not the URL of a grape/],
    [{ grapes: ['https://127.0.0.1:30001'] }, /not the URL of a grape/],
    [{ host: 'localhost' }, /not an IPv4 address/],
    [{ broadcastKey: '' }, /printable/],
  ])('are refused before anything is created: %j', (options, text) => {
    const dataDir = join(folder, 'desk');
    expect(() => createDesk({ ...options, dataDir })).toThrow(text);
    expect(existsSync(dataDir)).toBe(false);
  });
});

describe('a data folder', () => {
  it('gives the desk the same id each time', async () => {
    const dataDir = join(folder, 'desk');
    const first = create({ dataDir });
    await first.stop();
    expect(create({ dataDir }).id).toBe(first.id);
    expect(create().id).not.toBe(first.id);
  });

  it('can be used by one desk at a time', () => {
    const dataDir = join(folder, 'desk');
    create({ dataDir });
    expect(() => createDesk({ dataDir })).toThrow(expect.objectContaining({ code: 'ERR_JOURNAL_LOCKED' }) as Error);
  });

  it('is free again when a start fails, so that the next attempt needs no new process', async () => {
    const dataDir = join(folder, 'desk');
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(create({ dataDir, port }).start()).rejects.toMatchObject({ code: 'ERR_PORT_IN_USE' });
    other.close();
    const journal = openSqliteJournal({ dataDir });
    expect(journal.life).toBe(2);
    await journal.close();
  });

  it('with a journal and without its key is refused: no new key takes its place', async () => {
    const dataDir = join(folder, 'desk');
    await create({ dataDir }).stop();
    const key = join(dataDir, 'identity.key');
    const kept = readFileSync(key);
    rmSync(key);
    expect(() => createDesk({ dataDir })).toThrow(expect.objectContaining({ code: 'ERR_KEY_FILE' }) as Error);
    expect(existsSync(key)).toBe(false);
    expect(kept.length).toBeGreaterThan(0);
    // And the folder is free again for whoever mends it.
    await openSqliteJournal({ dataDir }).close();
  });
});

describe('a start that is refused after the journal was opened', () => {
  it('by the key of another desk, leaves the folder free at once', async () => {
    const dataDir = join(folder, 'desk');
    await create({ dataDir }).stop();
    await create({ dataDir: join(folder, 'other') }).stop();
    copyFileSync(join(folder, 'other', 'identity.key'), join(dataDir, 'identity.key'));
    for (let attempt = 0; attempt < 2; attempt += 1)
      expect(() => createDesk({ dataDir })).toThrow(expect.objectContaining({ code: 'ERR_KEY_FILE' }) as Error);
  });

  it('by an option, leaves the folder free at once, and the journal whole', async () => {
    const dataDir = join(folder, 'desk');
    const before = create({ dataDir });
    await before.stop();
    const access = { deny: 5 } as unknown as NonNullable<DeskOptions['access']>;
    expect(() => createDesk({ dataDir, access })).toThrow();
    expect(create({ dataDir }).id).toBe(before.id);
  });
});

describe('on real grapes, with a real journal', () => {
  let grapes: Grapes;

  beforeEach(async () => {
    grapes = await startLocalGrapes();
  });

  afterEach(async () => {
    await Promise.all(desks.splice(0).map((desk) => desk.stop()));
    await grapes.stop();
  });

  it('an open offer of a desk that was stopped is announced again, with the same id', async () => {
    const dataDir = join(folder, 'maker');
    const before = create({ grapes: grapes.api, dataDir });
    await before.start();
    const { offerId } = await before.announce({ type: 'sell', amount: '1' });
    await before.stop();

    const taker = create({ grapes: grapes.api, interest: () => true, dataDir: join(folder, 'taker') });
    const won = new Promise((resolve) => taker.once('deal.won', resolve));
    await taker.start();
    await create({ grapes: grapes.api, dataDir }).start();
    expect(await won).toMatchObject({ offerId, maker: before.id });
  });

  it('a restored copy does not award an offer again that was awarded after the copy was made', async () => {
    const dataDir = join(folder, 'maker');
    const before = create({ grapes: grapes.api, dataDir });
    await before.start();
    const { offerId } = await before.announce({ type: 'sell', amount: '1' });
    await before.stop();
    const copy = join(folder, 'copy.db');
    const journal = openSqliteJournal({ dataDir });
    await journal.backup(copy);
    await journal.close();

    // Then the offer is awarded.
    const first = create({ grapes: grapes.api, interest: () => true });
    const won = new Promise((resolve) => first.once('deal.won', resolve));
    await first.start();
    const during = create({ grapes: grapes.api, dataDir });
    await during.start();
    await won;
    await during.stop();
    await first.stop();

    // The copy replaces the journal.
    for (const name of ['journal.db', 'journal.db-wal', 'journal.db-shm']) rmSync(join(dataDir, name), { force: true });
    copyFileSync(copy, join(dataDir, 'journal.db'));
    const second = create({ grapes: grapes.api, interest: () => true });
    await second.start();
    const restored = create({ grapes: grapes.api, dataDir });
    const voided = new Promise((resolve) => restored.once('offer.voided', resolve));
    await restored.start();
    expect(await voided).toMatchObject({ offerId });
    // The desk makes new deals, but nobody gets that offer.
    const wins: string[] = [];
    second.on('deal.won', (notice) => wins.push(notice.offerId));
    const next = await restored.announce({ type: 'sell', amount: '1' });
    await new Promise((resolve) => second.once('deal.won', resolve));
    expect(wins).toEqual([next.offerId]);
    await expect(restored.cancel(offerId)).rejects.toMatchObject({ code: 'ERR_OFFER_UNKNOWN' });

    // Once: the next start is an ordinary one.
    await restored.stop();
    const after = openSqliteJournal({ dataDir });
    expect([after.restored, after.generation]).toEqual([false, 2]);
    await after.close();
  });
});
