/** How a maker chooses among those that accept: bids, windows, choices by hand, directed offers; docs/PROTOCOL.md. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decimal } from '../../src/protocol/ids.ts';
import type { OfferTerms, Peer } from '../../src/protocol/messages.ts';
import { makerDeadline } from '../../src/protocol/maker-state.ts';
import { compareForMaker } from '../../src/protocol/price.ts';
import type { MakerRecord } from '../../src/protocol/records.ts';
import type { StepResult } from '../../src/protocol/step.ts';
import { MakerUnderTest, messageTo, TakerUnderTest, typesOf } from './one-desk.ts';
import { dueAt, MAKER, offerId, peer, START, terms } from './values.ts';

const [ANN, BOB, CAT] = [peer('ann'), peer('bob'), peer('cat')] as const;
const WINDOW_MS = 5_000;
const BEST = { award: 'best', windowMs: WINDOW_MS } as const;

function bid(price: string): { readonly unitPrice: Decimal } {
  return { unitPrice: price as Decimal };
}

type Turn = StepResult<NonNullable<MakerUnderTest['state']>, MakerRecord>;

function accepts(maker: MakerUnderTest, taker: Peer, price?: string): Turn {
  const message = {
    cmd: 'offer:accept',
    offerId: offerId('offer-1'),
    maker: MAKER.id,
    taker: taker.id,
    ...(price !== undefined && bid(price)),
  } as const;
  return maker.do({ kind: 'message', from: taker, message });
}

function reservedFor(maker: MakerUnderTest): string | undefined {
  return maker.state.reservation?.taker.id;
}

describe('bids', () => {
  it('are the same from the acceptance to the outcome', () => {
    const maker = MakerUnderTest.withOffer();
    const accepted = accepts(maker, ANN, '61000');
    expect(accepted.records).toMatchObject([{ type: 'reserved', ...bid('61000') }]);
    expect(messageTo(ANN, accepted)).toMatchObject({ cmd: 'offer:accept:approved', ...bid('61000') });
    const awarded = maker.approvalGot(ANN, 1, { kind: 'confirmed', epoch: 1 });
    expect(messageTo(ANN, awarded)).toMatchObject({ cmd: 'offer:done', winner: ANN.id, ...bid('61000') });
    expect(awarded.notices).toMatchObject([{ event: 'deal.awarded', ...bid('61000') }]);
    maker.restart();
    expect(maker.state.award).toMatchObject(bid('61000'));
  });

  it('are absent if there was none', () => {
    const maker = MakerUnderTest.withOffer();
    expect(messageTo(ANN, accepts(maker, ANN))).not.toHaveProperty('unitPrice');
    const awarded = maker.approvalGot(ANN, 1, { kind: 'confirmed', epoch: 1 });
    expect(messageTo(ANN, awarded)).not.toHaveProperty('unitPrice');
  });

  it.each([
    ['sell', '59999.99'],
    ['buy', '60000.01'],
  ] as const)('that are worse than the price of an offer to %s are refused', (type, price) => {
    const maker = MakerUnderTest.withOffer({ type });
    expect(accepts(maker, ANN, price).answer).toMatchObject({ kind: 'refused', code: 'ERR_PRICE_LIMIT' });
    expect(maker.state.queue.length).toBe(0);
    expect(accepts(maker, ANN, '60000').answer).toMatchObject({ kind: 'queued', position: 0 });
  });

  it('are made once: a second acceptance keeps the first one’s price', () => {
    const maker = MakerUnderTest.withOffer(BEST);
    accepts(maker, ANN, '61000');
    accepts(maker, ANN, '99000');
    expect([...maker.state.queue]).toEqual([{ taker: ANN, ...bid('61000') }]);
  });
});

describe('the best bid', () => {
  it('is chosen when the window is over, and none before', () => {
    const maker = MakerUnderTest.withOffer(BEST);
    for (const [taker, price] of [
      [ANN, '61000'],
      [BOB, '63000'],
      [CAT, '62000'],
    ] as const) {
      expect(accepts(maker, taker, price).answer).toMatchObject({ kind: 'queued' });
    }
    expect(dueAt(makerDeadline(maker.state))).toBeLessThanOrEqual(START + WINDOW_MS);
    maker.tickAfter(WINDOW_MS - 1);
    expect(maker.state.reservation).toBeNull();
    expect(typesOf(maker.tickAfter(1))).toEqual(['reserved']);
    expect(reservedFor(maker)).toBe('bob');
  });

  it('of the remaining takers is next', () => {
    const maker = MakerUnderTest.withOffer(BEST);
    for (const [taker, price] of [
      [ANN, '61000'],
      [BOB, '63000'],
      [CAT, '62000'],
    ] as const)
      accepts(maker, taker, price);
    maker.tickAfter(WINDOW_MS);
    maker.approvalGot(BOB, 1, { kind: 'refused', code: 'ERR_NOT_INTERESTED', text: '' });
    expect(reservedFor(maker)).toBe('cat');
    maker.approvalGot(CAT, 2, { kind: 'refused', code: 'ERR_NOT_INTERESTED', text: '' });
    expect(reservedFor(maker)).toBe('ann');
  });

  it('a taker without a bid has the maker’s price; among equal prices the first wins', () => {
    const maker = MakerUnderTest.withOffer(BEST);
    accepts(maker, ANN);
    accepts(maker, BOB, '60000');
    accepts(maker, CAT, '60000');
    maker.tickAfter(WINDOW_MS);
    expect(reservedFor(maker)).toBe('ann');
  });

  it('is the next one that arrives after the window', () => {
    const maker = MakerUnderTest.withOffer(BEST);
    maker.tickAfter(WINDOW_MS);
    accepts(maker, ANN, '60001');
    expect(reservedFor(maker)).toBe('ann');
  });

  it('is the best of any bids in any order, on either side', () => {
    const bids = fc.array(fc.integer({ min: 50_000, max: 70_000 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(bids, fc.constantFrom('buy', 'sell'), (prices, type) => {
        const offer: Partial<OfferTerms> = { ...BEST, type };
        const maker = MakerUnderTest.withOffer(offer);
        prices.forEach((price, index) => accepts(maker, peer(`taker-${index}`), price.toString()));
        const allowed = prices.filter((price) => (type === 'sell' ? price >= 60_000 : price <= 60_000));
        maker.tickAfter(WINDOW_MS);
        const best = type === 'sell' ? Math.max(...allowed) : Math.min(...allowed);
        const winner = allowed.length === 0 ? undefined : `taker-${prices.indexOf(best)}`;
        expect(reservedFor(maker)).toBe(winner);
        for (const { unitPrice } of maker.state.queue) {
          const reserved = maker.state.reservation?.unitPrice ?? null;
          expect(compareForMaker(terms(offer), reserved, unitPrice ?? null)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});

describe('an offer that is awarded by hand', () => {
  function waiting(): MakerUnderTest {
    const maker = MakerUnderTest.withOffer({ award: 'manual' });
    for (const taker of [ANN, BOB]) accepts(maker, taker);
    return maker;
  }

  it('no taker is reserved until the operator chooses', () => {
    const maker = waiting();
    maker.tickAfter(60_000);
    expect(maker.state.reservation).toBeNull();
    const chosen = maker.do({ kind: 'choose', taker: BOB.id });
    expect(chosen.answer).toEqual({ kind: 'acknowledged' });
    expect(typesOf(chosen)).toEqual(['reserved']);
    expect(reservedFor(maker)).toBe('bob');
    expect(maker.do({ kind: 'choose', taker: BOB.id }).answer).toEqual({ kind: 'acknowledged' });
  });

  it('after a refusal by the chosen taker the offer is open, and the operator chooses again', () => {
    const maker = waiting();
    maker.do({ kind: 'choose', taker: BOB.id });
    maker.approvalGot(BOB, 1, { kind: 'refused', code: 'ERR_NOT_INTERESTED', text: '' });
    expect(maker.state).toMatchObject({ phase: 'open', reservation: null, chosen: null });
    maker.do({ kind: 'choose', taker: ANN.id });
    expect(reservedFor(maker)).toBe('ann');
  });

  it.each<[string, (maker: MakerUnderTest) => void, string]>([
    ['who has not accepted', () => undefined, 'cat'],
    ['while it is held for another', (maker) => maker.do({ kind: 'choose', taker: BOB.id }), 'ann'],
  ])('nobody can be chosen %s', (_when, before, taker) => {
    const maker = waiting();
    before(maker);
    const result = maker.expectNoChange({ kind: 'choose', taker: peer(taker).id });
    expect(result.answer).toMatchObject({ kind: 'refused', code: 'ERR_WRONG_STATE' });
  });

  it('a choice needs the policy `manual` and an offer that has not ended', () => {
    const first = MakerUnderTest.withOffer();
    expect(first.expectNoChange({ kind: 'choose', taker: ANN.id }).answer).toMatchObject({ code: 'ERR_WRONG_STATE' });
    const over = waiting();
    over.do({ kind: 'cancel' });
    expect(over.expectNoChange({ kind: 'choose', taker: ANN.id }).answer).toMatchObject({
      code: 'ERR_OFFER_CANCELLED',
    });
  });
});

describe('an offer that is directed to some desks', () => {
  it('is announced only to these, and so is its end', () => {
    const maker = new MakerUnderTest();
    const to = [ANN.id, BOB.id];
    const opened = maker.do({ kind: 'open', terms: terms({ to }) });
    expect(opened.effects).toMatchObject([{ kind: 'broadcast', to }]);
    expect(maker.do({ kind: 'cancel' }).effects).toMatchObject([
      { kind: 'broadcast', message: { cmd: 'offer:done' }, to },
    ]);
  });

  it('refuses the acceptances of other desks, which do not store it either', () => {
    const maker = MakerUnderTest.withOffer({ to: [ANN.id] });
    expect(accepts(maker, BOB).answer).toMatchObject({ code: 'ERR_NOT_ADDRESSED' });
    expect(accepts(maker, ANN).answer).toMatchObject({ kind: 'queued' });
    const bob = new TakerUnderTest(BOB);
    expect(bob.receivesOffer({ to: [ANN.id] }).answer).toMatchObject({ code: 'ERR_NOT_ADDRESSED' });
    expect(bob.hasState).toBe(false);
  });
});

describe('a taker that may bid', () => {
  it('bids once, within the maker’s limit', () => {
    const taker = new TakerUnderTest(ANN);
    taker.receivesOffer();
    expect(taker.do({ kind: 'accept', ...bid('59999') }).answer).toMatchObject({ code: 'ERR_PRICE_LIMIT' });
    const wanted = taker.do({ kind: 'accept', ...bid('61000') });
    expect(wanted.records).toMatchObject([{ type: 'accepting', ...bid('61000') }]);
    expect(messageTo(MAKER, wanted)).toMatchObject({ cmd: 'offer:accept', ...bid('61000') });
    expect(taker.do({ kind: 'accept', ...bid('62000') }).answer).toMatchObject({ code: 'ERR_WRONG_STATE' });
    expect(taker.do({ kind: 'accept', ...bid('61000') }).answer).toEqual({ kind: 'acknowledged' });
    expect(taker.do({ kind: 'accept' }).answer).toEqual({ kind: 'acknowledged' });
    taker.restart();
    expect(taker.state).toMatchObject({ phase: 'accepting', ...bid('61000') });
  });

  it('that bids the maker’s price bids nothing', () => {
    const taker = new TakerUnderTest(ANN);
    taker.receivesOffer();
    expect(messageTo(MAKER, taker.do({ kind: 'accept', ...bid('60000') }))).not.toHaveProperty('unitPrice');
  });

  function withBid(price: string): TakerUnderTest {
    const taker = new TakerUnderTest(ANN);
    taker.receivesOffer();
    taker.do({ kind: 'accept', ...bid(price) });
    return taker;
  }

  function approval(price?: string) {
    const names = { offerId: offerId('offer-1'), maker: MAKER.id, taker: ANN.id };
    const hold = { epoch: 1, until: START + 10_000 };
    return { cmd: 'offer:accept:approved', ...names, ...hold, ...(price !== undefined && bid(price)) } as const;
  }

  it.each(['60999', '61001', undefined])('confirms no other price than its own: %s', (price) => {
    const taker = withBid('61000');
    const result = taker.receives(approval(price));
    expect(result.answer).toMatchObject({ kind: 'refused', code: 'ERR_CONTRADICTION' });
    expect(result.records).toEqual([]);
    expect(taker.receives(approval('61000')).answer).toEqual({ kind: 'confirmed', epoch: 1 });
  });

  it('does not accept an award at another price', () => {
    const taker = withBid('61000');
    taker.receives(approval('61000'));
    const done = { cmd: 'offer:done', offerId: offerId('offer-1'), maker: MAKER.id, outcome: 'awarded' } as const;
    const wrong = taker.receives({ ...done, winner: ANN.id, epoch: 1, ...bid('99000') });
    expect(wrong.answer).toMatchObject({ code: 'ERR_CONTRADICTION' });
    expect(taker.state.phase).toBe('confirmed');
    const right = taker.receives({ ...done, winner: ANN.id, epoch: 1, ...bid('61000') });
    expect(right.notices).toMatchObject([{ event: 'deal.won', ...bid('61000') }]);
  });

  it('accepts again after ERR_SIGNATURE: the maker may have refused a forged message', () => {
    const taker = withBid('61000');
    const result = taker.acceptanceGot({ kind: 'refused', code: 'ERR_SIGNATURE', text: '' });
    expect(taker.state.phase).toBe('accepting');
    expect(result.notices).toMatchObject([{ event: 'acceptance.retry', reason: 'ERR_SIGNATURE' }]);
  });
});
