/** How many of its own offers a desk may have open. Decided ones do not count, even if the winner does not know yet. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import type { OfferBook } from '../../src/desk/offer-book.ts';
import { OwnOffers } from '../../src/desk/own-offers.ts';
import type { PeerId } from '../../src/protocol/ids.ts';
import { MemoryJournal } from '../../src/store/memory-journal.ts';
import { encodeMessage, parsePayload } from '../../src/wire/message-codec.ts';
import { DeskWorld } from '../../testing/desk-world.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import type { Leg } from '../../testing/memory-network.ts';

const DRAFT = { type: 'sell', amount: '1', validForMs: 3_600_000 } as const;
const MAX = 3;

let world: DeskWorld;

beforeEach(() => {
  world = new DeskWorld();
});

afterEach(async () => {
  await world.stop();
});

function commandOf(leg: Leg): string {
  return (leg.payload as { cmd: string }).cmd;
}

it('awarded offers without an acknowledgement do not count, also after a restart', async () => {
  await world.start();
  const first = await world.start({ interest: undefined, ownOffersMax: MAX });
  world.hub.intercept = (leg) => (commandOf(leg) === 'offer:done' ? 'drop' : 'deliver');
  for (let count = 0; count < 2 * MAX; count += 1) {
    await first.desk.announce(DRAFT);
    await world.settled();
  }
  expect(first.noticesOf('deal.awarded')).toHaveLength(2 * MAX);
  expect(first.desk.openOffers.own).toBe(2 * MAX);

  await world.crash(first);
  const again = await world.start({ id: first.id, journal: first.journal, interest: undefined, ownOffersMax: MAX });
  expect(again.desk.openOffers.own).toBe(2 * MAX);
  await again.desk.announce(DRAFT);
  await world.settled();
  expect(again.noticesOf('deal.awarded')).toHaveLength(1);
});

it('open offers count until they end, also while they are being announced', async () => {
  const maker = await world.start({ interest: undefined, ownOffersMax: MAX });
  const offers = await Promise.allSettled([1, 2, 3, 4, 5].map(() => maker.desk.announce(DRAFT)));
  const [open] = offers.flatMap((offer) => (offer.status === 'fulfilled' ? [offer.value] : []));
  const refused = offers.flatMap((offer) => (offer.status === 'rejected' ? [offer.reason as unknown] : []));
  expect(refused).toMatchObject([{ code: 'ERR_OVERLOADED' }, { code: 'ERR_OVERLOADED' }]);
  await expect(maker.desk.announce(DRAFT)).rejects.toMatchObject({ code: 'ERR_OVERLOADED' });
  await maker.desk.cancel(open?.offerId ?? '');
  await maker.desk.announce(DRAFT);
  await expect(maker.desk.announce(DRAFT)).rejects.toMatchObject({ code: 'ERR_OVERLOADED' });
});

it('the default is ownOffersMax, and a hello with a larger number is invalid', async () => {
  const self = 'a'.repeat(64) as PeerId;
  const hello = (offers: number): unknown =>
    encodeMessage({ cmd: 'desk:hello', desk: self, to: null, at: 1, since: 1, offers }, undefined);
  expect(parsePayload(hello(LIMITS.ownOffersMax)).message).toMatchObject({ offers: LIMITS.ownOffersMax });
  expect(() => parsePayload(hello(LIMITS.ownOffersMax + 1))).toThrow(/offers/);
  const book = { own: { openCount: LIMITS.ownOffersMax } } as unknown as OfferBook;
  const clock = new ManualClock();
  const offers = new OwnOffers({
    self,
    book,
    journal: new MemoryJournal(),
    clock,
    randomness: { hex: (bytes) => '0'.repeat(2 * bytes) },
    assertDone: () => undefined,
    failed: () => expect.unreachable(),
  });
  await expect(offers.announce(DRAFT)).rejects.toMatchObject({ code: 'ERR_OVERLOADED' });
});
