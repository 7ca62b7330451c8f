/** A long history, of a desk that is not running: nothing of it is left out, whatever it is printed as. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deal, Offer, Story } from '../../src/control/contract.ts';
import { PastOffers } from '../../src/desk/past-offers.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { MemoryJournal } from '../../src/store/memory-journal.ts';
import { openSqliteJournal } from '../../src/store/open-sqlite-journal.ts';
import type { Journal } from '../../src/ports/journal.ts';
import type { PeerId } from '../../src/protocol/ids.ts';
import {
  awarded,
  ofMaker,
  opened,
  reserved,
  SAMPLE_MAKER,
  sampleKey,
  sampleTerms,
} from '../../src/testing/sample-records.ts';
import { runCommand } from '../../testing/run-command.ts';
import { makeTemporaryFolder } from '../../testing/temporary-folder.ts';

const root = makeTemporaryFolder();
const DESK = join(root, 'desk');
/** Several pages of the API, and many of the journal. */
const COUNT = 2 * LIMITS.controlPageMax + 100;
const FIRST_AT = Date.UTC(2026, 10, 1);
const MINUTE_MS = 60_000;

const idOf = (index: number): string => `deal${String(index).padStart(8, '0')}`;

function appendDeal(journal: Journal, index: number) {
  const records = ofMaker(opened(idOf(index)), reserved(1), { ...awarded(1), at: FIRST_AT + index * MINUTE_MS });
  return journal.append({ offer: sampleKey(idOf(index)), finished: true, records });
}

beforeAll(async () => {
  mkdirSync(DESK);
  const journal = openSqliteJournal({ dataDir: DESK });
  journal.claim(SAMPLE_MAKER);
  for (let index = 0; index < COUNT; index += 1) void appendDeal(journal, index);
  await journal.close();
}, 60_000);

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

async function lines(...args: string[]): Promise<string[]> {
  const { code, out, err } = await runCommand([...args, '--data-dir', DESK]);
  expect({ code, err }).toEqual({ code: 0, err: 'The desk is not running: this is what its journal has.\n' });
  return out.trimEnd().split(/\r?\n/);
}

describe('the journal of a stopped desk', () => {
  it('is read by deals --json and --csv: all deals, each once, the latest first', async () => {
    const deals = (await lines('deals', '--json')).map((line) => JSON.parse(line) as Deal);
    expect(deals.map(({ offerId }) => offerId)).toEqual(
      Array.from({ length: COUNT }, (_, index) => idOf(COUNT - 1 - index)),
    );
    const [names, ...rows] = await lines('deals', '--csv');
    expect(names).toMatch(/^at,role,offerId,/);
    expect(rows.map((row) => row.split(',')[2])).toEqual(deals.map(({ offerId }) => offerId));
  });

  it('has the same end in each line of deals --csv; a failed command prints not even the names', async () => {
    const { out } = await runCommand(['deals', '--csv', '--data-dir', DESK]);
    expect(out.split('\r\n')).toHaveLength(COUNT + 2);
    expect(out.replaceAll('\r\n', '')).not.toContain('\n');
    const none = await runCommand(['deals', '--csv', '--since', '2099-01-01', '--data-dir', DESK]);
    expect(none.out).toMatch(/^at,role,[^\n]*\r\n$/);
    expect(await runCommand(['deals', '--csv', '--data-dir', join(root, 'none')])).toMatchObject({ code: 1, out: '' });
  });

  it('is read by deals --since and --until: only deals of that time', async () => {
    const at = (index: number): string => new Date(FIRST_AT + index * MINUTE_MS).toISOString();
    const some = await lines('deals', '--json', '--since', at(10), '--until', at(13));
    expect(some.map((line) => (JSON.parse(line) as Deal).offerId)).toEqual([idOf(12), idOf(11), idOf(10)]);
  });

  it('is read by offers --all: also offers that have ended', async () => {
    const offers = (await lines('offers', '--all', '--json')).map((line) => JSON.parse(line) as Offer);
    expect(offers).toHaveLength(COUNT);
    expect(new Set(offers.map(({ offerId }) => offerId)).size).toBe(COUNT);
    const open = await runCommand(['offers', '--data-dir', DESK]);
    expect(open.out).toBe('No offers.\n');
  }, 60_000);

  it('is read by explain and receipt; without a journal, no desk is running there', async () => {
    const [text = ''] = await lines('explain', idOf(7), '--json');
    expect((JSON.parse(text) as Story).entries.map(({ event }) => event)).toEqual(['opened', 'reserved', 'awarded']);
    expect(await runCommand(['receipt', idOf(7), '--data-dir', DESK])).toMatchObject({ code: 1, out: '' });
    expect(await runCommand(['deals', '--data-dir', join(root, 'none')])).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /^ERR_DESK_NOT_RUNNING: .*; start it with: grapevine up --data-dir .*none\n$/,
      ) as string,
    });
  });
});

it('resolve on a stopped desk names the offers that a shortened id may be, and does nothing', async () => {
  const dataDir = join(root, 'two');
  mkdirSync(dataDir);
  const id = (await runCommand(['id', '--new', '--data-dir', dataDir])).out.trim() as PeerId;
  const journal = openSqliteJournal({ dataDir });
  journal.claim(id);
  const now = Date.now();
  for (const offerId of ['open00000001', 'open00000002']) {
    const terms = { ...sampleTerms(offerId, id), issuedAt: now, expiresAt: now + 60 * MINUTE_MS };
    const records = ofMaker({ type: 'opened', at: now, terms });
    void journal.append({ offer: sampleKey(offerId, id), finished: false, records });
  }
  await journal.close();
  const { code, out, err } = await runCommand(['resolve', 'open', '--as', 'released', '--data-dir', dataDir]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(new RegExp(`^ERR_USAGE: open may be open00000001 of ${id}, open00000002 of ${id}: `));
});

describe('pages of deals', () => {
  const signer = {
    id: SAMPLE_MAKER,
    signFact: () => Promise.reject(new Error()),
    signConfirmation: () => Promise.reject(new Error()),
  };

  it('have each deal once when deals are made between two of them, and leave time for other work', async () => {
    const journal = new MemoryJournal();
    for (let index = 0; index < 3 * LIMITS.journalPageMax; index += 1) await appendDeal(journal, index);
    const past = new PastOffers(signer, journal, { activityOf: () => ({ makerSeenAt: 0, isStale: false }) });
    let turns = 0;
    const other = setInterval(() => (turns += 1), 0);
    const seen: string[] = [];
    let after: string | undefined;
    let made = 3 * LIMITS.journalPageMax;
    do {
      const page = await past.deals({ after, limit: 50 }, []);
      seen.push(...page.deals.map(({ terms }) => terms.offerId));
      after = page.next ?? undefined;
      await appendDeal(journal, made++);
    } while (after !== undefined);
    clearInterval(other);
    expect(seen).toEqual(
      Array.from({ length: 3 * LIMITS.journalPageMax }, (_, index) => idOf(3 * LIMITS.journalPageMax - 1 - index)),
    );
    expect(turns).toBeGreaterThan(0);
    expect((await past.deals({}, [])).deals).toHaveLength(made);
  });
});
