/**
 * The takers that a maker knows come first: those that it had a deal with, also before a restart, and those that its
 * operator named.
 */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DeskWorld, type TestDesk } from '../../testing/desk-world.ts';
import { MemoryJournal } from '../../src/store/memory-journal.ts';
import { ofMaker, opened } from '../../src/testing/sample-records.ts';
import { offerKey, type OfferId, type PeerId } from '../../src/protocol/ids.ts';

const DRAFT = { type: 'sell', amount: '1', validForMs: 3_600_000 } as const;

let world: DeskWorld;

beforeEach(() => {
  world = new DeskWorld();
});

afterEach(async () => {
  await world.stop();
});

/** The taker that the maker asks second; the first one is silent. */
async function secondOf(maker: TestDesk, takers: readonly TestDesk[]): Promise<PeerId | undefined> {
  const { offerId } = await maker.desk.announce(DRAFT);
  await world.settled();
  world.hub.intercept = (leg) =>
    (leg.payload as { cmd: string }).cmd === 'offer:accept:approved' ? 'drop' : 'deliver';
  for (const taker of takers) {
    await taker.desk.accept(offerId);
    await world.settled();
  }
  await world.clock.advance(10_000);
  return maker.noticesOf('award.reserved').filter((notice) => notice.offerId === offerId)[1]?.taker;
}

it('without known takers, the next one is asked in the order of arrival', async () => {
  const takers = await Promise.all([1, 2, 3].map(() => world.start({ interest: undefined })));
  const maker = await world.start({ interest: undefined });
  expect(await secondOf(maker, takers)).toBe(takers[1]?.id);
});

it('the taker that the maker had a deal with is asked before others', async () => {
  const takers = await Promise.all([1, 2, 3].map(() => world.start({ interest: undefined })));
  const maker = await world.start({ interest: undefined });
  const { offerId } = await maker.desk.announce(DRAFT);
  await world.settled();
  await takers[2]?.desk.accept(offerId);
  await world.settled();
  expect(maker.noticesOf('deal.awarded')).toMatchObject([{ taker: takers[2]?.id }]);
  expect(await secondOf(maker, takers)).toBe(takers[2]?.id);
});

it('the taker that the maker had a deal with before a restart is asked before others', async () => {
  const takers = await Promise.all([1, 2, 3].map(() => world.start({ interest: undefined })));
  const id = 'e'.repeat(64) as PeerId;
  const journal = new MemoryJournal();
  const winner = { id: takers[2]?.id ?? id, dialect: 'grapevine', verified: true } as const;
  const records = ofMaker(
    opened('old'),
    { type: 'reserved', at: 2, taker: winner, epoch: 1, until: 9 },
    { type: 'awarded', at: 3, taker: winner, epoch: 1 },
  );
  journal.appendLazy({ offer: offerKey(id, 'old' as OfferId), records, finished: true });
  const maker = await world.start({ id, journal, interest: undefined });
  expect(await secondOf(maker, takers)).toBe(takers[2]?.id);
});
