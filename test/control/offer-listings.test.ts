/** Offers page by page: a list that changes meanwhile, or is long, is read whole all the same, and the journal only once. */
import { describe, expect, it } from 'vitest';
import type { Offer } from '../../src/control/contract.ts';
import { OfferListings } from '../../src/control/server/offer-listings.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { startControl } from '../../testing/control-world.ts';
import { pretendOffer } from '../../testing/pretend-desk.ts';
import { runCommand } from '../../testing/run-command.ts';

function many(count: number, more: Partial<Offer> = {}): Offer[] {
  return Array.from({ length: count }, (_, index) =>
    pretendOffer({ offerId: `offer${String(index).padStart(6, '0')}`, issuedAt: count - index, ...more }),
  );
}

const idsOf = (offers: readonly Offer[]): string[] => offers.map(({ offerId }) => offerId);

describe('a list of offers', () => {
  const BOOK = many(5);
  const GONE = expect.objectContaining({ code: 'ERR_USAGE' }) as Error;

  it('is returned in pages, with the total number of offers', () => {
    const listings = new OfferListings(() => 0);
    const first = listings.first(BOOK, undefined, 2);
    const second = listings.next(first.next ?? '', 2);
    const third = listings.next(second.next ?? '', 2);
    expect([first, second, third].map(({ offers, total }) => [idsOf(offers), total])).toEqual([
      [idsOf(BOOK.slice(0, 2)), 5],
      [idsOf(BOOK.slice(2, 4)), 5],
      [idsOf(BOOK.slice(4)), 5],
    ]);
    expect(third.next).toBeNull();
    expect(listings.size).toBe(0);
  });

  it('never has pages longer than the limit', () => {
    const { offers, total } = new OfferListings(() => 0).first(many(LIMITS.controlPageMax + 1));
    expect([offers.length, total]).toEqual([LIMITS.controlPageMax, LIMITS.controlPageMax + 1]);
    expect(new OfferListings(() => 0).first(BOOK, 9)).toEqual({ offers: [], total: 5, next: null });
    expect(new OfferListings(() => 0).first(BOOK, 0, 0)).toEqual({ offers: [], total: 5, next: null });
  });

  it('stays stored, at the same page, when only its number is asked for', () => {
    const listings = new OfferListings(() => 0);
    const { next } = listings.first(BOOK, 0, 2);
    expect(listings.next(next ?? '', 0)).toEqual({ offers: [], total: 5, next });
    expect(idsOf(listings.next(next ?? '', 2).offers)).toEqual(idsOf(BOOK.slice(2, 4)));
  });

  it('is forgotten when no page is read for a time; its cursor is then refused', () => {
    let now = 0;
    const listings = new OfferListings(() => now);
    const { next } = listings.first(BOOK, 0, 1);
    now = LIMITS.controlListingKeptMs;
    const second = listings.next(next ?? '', 1);
    now += LIMITS.controlListingKeptMs + 1;
    expect(() => listings.next(second.next ?? '', 1)).toThrow(GONE);
    expect(() => listings.next('never.1')).toThrow(GONE);
  });

  it('is the one forgotten when there are too many lists and it was read longest ago', () => {
    const listings = new OfferListings(() => 0);
    const begun = Array.from({ length: LIMITS.controlListingsMax }, () => listings.first(BOOK, 0, 1).next ?? '');
    const [oldest = '', second = ''] = begun;
    const read = listings.next(oldest, 1).next ?? '';
    listings.first(BOOK, 0, 1);
    expect(listings.size).toBe(LIMITS.controlListingsMax);
    expect(() => listings.next(second)).toThrow(GONE);
    expect(listings.next(read).offers).toHaveLength(3);
  });
});

describe('the offers of a desk', () => {
  const COUNT = 2 * LIMITS.controlPageMax + 100;

  it('are each listed once, also when offers come or go between two pages', async () => {
    const world = await startControl();
    const { desk } = world;
    const client = world.client();
    desk.book = many(5);
    const before = idsOf(desk.book);
    const first = await client.offers({ limit: 2 });
    desk.book = [pretendOffer({ offerId: 'newest00', issuedAt: 99 }), ...desk.book.slice(1)];
    const rest = await client.offers({ after: first.next ?? '' });
    expect([...idsOf(first.offers), ...idsOf(rest.offers)]).toEqual(before);
    await expect(client.offers({ after: first.next ?? '', offset: 1 })).rejects.toMatchObject({ code: 'ERR_USAGE' });
  });

  it('are all listed by offers --all, in the requested order, with one pass through the journal', async () => {
    const { desk, dataDir } = await startControl();
    desk.past = many(COUNT, { phase: 'expired' });
    const { code, out } = await runCommand(['offers', '--all', '--ids', '--data-dir', dataDir]);
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n')).toEqual(idsOf(desk.past));
    expect(desk.asked.filter(([what]) => what === 'endedOffers')).toHaveLength(1);
  });

  it('that are in doubt are all listed by resolve', async () => {
    const { desk, dataDir } = await startControl();
    desk.book = many(COUNT, { role: 'taker', phase: 'confirmed', inDoubt: true });
    const { out } = await runCommand(['resolve', '--json', '--data-dir', dataDir]);
    const doubts = out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as Offer).offerId);
    expect(doubts).toEqual(idsOf(desk.book));
  });

  it('are looked up by id without a pass through the journal', async () => {
    const world = await startControl();
    const { desk } = world;
    desk.past = many(3, { phase: 'expired' });
    const { offers } = await world.client().offers({ ids: ['offer000001', 'offer'], all: true });
    expect(idsOf(offers)).toEqual(['offer000001']);
    expect(desk.asked.map(([what]) => what)).not.toContain('endedOffers');
  });
});
