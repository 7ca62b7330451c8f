/**
 * A taker can accept again after it withdrew or gave up: only the maker's decision and the expiry are final. The rules are in
 * docs/PROTOCOL.md, "Accepting again".
 */
import { describe, expect, it } from 'vitest';
import type { Decimal } from '../../src/protocol/ids.ts';
import { refusal, type OfferDone } from '../../src/protocol/messages.ts';
import { validityEndsAt, takerDeadline, isTakerFinished } from '../../src/protocol/taker-state.ts';
import { eventsOf, sentBy, TakerUnderTest, typesOf } from './one-desk.ts';
import { dueAt, MAKER, offerId, peer, START, terms, VALIDITY_MS } from './values.ts';

const A = peer('A');
const B = peer('B');
const LONG = { expiresAt: START + 100 * VALIDITY_MS };

function withdrawn(): TakerUnderTest {
  const desk = new TakerUnderTest(A).queued(LONG);
  desk.do({ kind: 'withdraw' });
  return desk;
}

/** Its maker was away for all attempts. */
function gaveUp(desk = new TakerUnderTest(A).accepting(LONG)): TakerUnderTest {
  while (desk.state.phase === 'accepting') {
    desk.acceptanceGot({ kind: 'unsent', code: 'ERR_CONNECT' });
    desk.tickAfter((dueAt(takerDeadline(desk.state)) ?? desk.now) - desk.now);
  }
  expect(desk.state).toMatchObject({ phase: 'gaveUp', reason: 'unreachable' });
  return desk;
}

function done(change: Partial<OfferDone> = {}): OfferDone {
  const offer = { offerId: offerId('offer-1'), maker: MAKER.id };
  return { cmd: 'offer:done', ...offer, outcome: 'awarded', winner: B.id, epoch: 1, ...change };
}

const announcement = { kind: 'message', from: MAKER, message: { cmd: 'offer:new', terms: terms(LONG) } } as const;

describe.each([
  ['withdrawn', withdrawn],
  ['gaveUp', gaveUp],
] as const)('an offer that is %s', (phase, stopped) => {
  it('can be accepted again, with a new round of attempts, and won', () => {
    const desk = stopped();
    const { round } = desk.state;
    const again = desk.do({ kind: 'accept' });
    expect(again.answer).toEqual({ kind: 'acknowledged' });
    expect(typesOf(again)).toEqual(['accepting']);
    expect(sentBy(again)).toEqual(['offer:accept>maker']);
    expect(eventsOf(again)).toEqual(['acceptance.sent']);
    expect(desk.state).toMatchObject({ phase: 'accepting', round: round + 1, attempt: 1, reason: null });
    expect(isTakerFinished(desk.state)).toBe(false);
    desk.approved(1);
    desk.receives(done({ winner: A.id }));
    expect(desk.state.phase).toBe('won');
  });

  it('counts as finished, has nothing due, and takes no approval', () => {
    const desk = stopped();
    expect(isTakerFinished(desk.state)).toBe(true);
    expect(dueAt(takerDeadline(desk.state))).toBeNull();
    expect(desk.approved(1).answer).toMatchObject({ code: 'ERR_NOT_INTERESTED' });
    expect(desk.state.phase).toBe(phase);
  });

  it('learns which reservations are over, and does not confirm them after it is accepted again', () => {
    const desk = stopped();
    expect(desk.released(5)).toMatchObject({ answer: { kind: 'acknowledged' }, records: [], effects: [] });
    expect(desk.state.phase).toBe(phase);
    desk.do({ kind: 'accept' });
    expect(desk.approved(5).answer).toMatchObject({ code: 'ERR_STALE_EPOCH' });
    expect(desk.approved(6).answer).toEqual({ kind: 'confirmed', epoch: 6 });
  });

  it('can be accepted again at another bid or without one; the old bid is forgotten', () => {
    const desk = stopped();
    desk.do({ kind: 'accept', unitPrice: '60001' as Decimal });
    expect(desk.state.unitPrice).toBe('60001');
    desk.do({ kind: 'withdraw' });
    desk.do({ kind: 'accept' });
    expect(desk.state.unitPrice).toBeUndefined();
  });

  it("cannot be accepted again below the maker's price limit, nor after the expiry", () => {
    const desk = stopped();
    const low = desk.expectNoChange({ kind: 'accept', unitPrice: '59999' as Decimal });
    expect(low.answer).toMatchObject({ code: 'ERR_PRICE_LIMIT' });
    desk.now = validityEndsAt(desk.state);
    expect(desk.expectNoChange({ kind: 'accept' }).answer).toMatchObject({ code: 'ERR_OFFER_EXPIRED' });
  });

  it('can be accepted again after a restart', () => {
    const desk = stopped();
    desk.restart();
    expect(typesOf(desk.do({ kind: 'accept' }))).toEqual(['accepting']);
  });

  it('is voided in a restored copy, which may lack a later acceptance', () => {
    const desk = stopped();
    expect(desk.do({ kind: 'void' }).records).toMatchObject([{ type: 'voided' }]);
    expect(desk.expectNoChange({ kind: 'accept' }).answer).toMatchObject({ code: 'ERR_WRONG_STATE' });
    expect(desk.do({ kind: 'void' }).records).toEqual([]);
  });

  it('is not voided in a restored copy after the expiry', () => {
    const desk = stopped();
    desk.now = validityEndsAt(desk.state);
    desk.expectNoChange({ kind: 'void' });
  });
});

describe('an approval after a withdrawal and a new acceptance', () => {
  it('at the same price is confirmed', () => {
    const desk = withdrawn();
    desk.do({ kind: 'accept' });
    expect(desk.approved(1).answer).toEqual({ kind: 'confirmed', epoch: 1 });
  });

  it('at the old price is refused, is no contradiction, and makes the taker send its acceptance again', () => {
    const desk = withdrawn();
    desk.do({ kind: 'accept', unitPrice: '60001' as Decimal });
    desk.acceptanceGot({ kind: 'queued', position: 1 });
    const refused = desk.approved(1);
    expect(refused.answer).toMatchObject({ code: 'ERR_NOT_INTERESTED' });
    expect(refused.notices.filter(({ event }) => event === 'peer.contradiction')).toEqual([]);
    expect(sentBy(refused)).toEqual(['offer:accept>maker']);
  });

  it('is a contradiction at a price that we never bid, if there was no withdrawal', () => {
    const desk = new TakerUnderTest(A).queued(LONG);
    const names = { offerId: offerId('offer-1'), maker: MAKER.id, taker: A.id };
    const wrong = desk.receives({
      cmd: 'offer:accept:approved',
      ...names,
      epoch: 1,
      until: null,
      unitPrice: '60001' as Decimal,
    });
    expect(wrong.answer).toMatchObject({ code: 'ERR_CONTRADICTION' });
  });
});

describe('a repeated announcement', () => {
  it('of an offer that was given up emits offer.received again, at growing intervals', () => {
    const desk = gaveUp();
    let told = 0;
    const ends = desk.now + 5 * 60_000;
    for (; desk.now < ends; desk.now += 200) told += eventsOf(desk.do(announcement)).length;
    expect(told).toBeGreaterThan(4);
    // 1 s, doubling to 60 s, each at least half of that.
    expect(told).toBeLessThan(20);
    expect(desk.state.phase).toBe('gaveUp');
  });

  it('has the same intervals if the program accepts each time', () => {
    const desk = gaveUp();
    let told = 0;
    const ends = desk.now + 60 * 60_000;
    while (desk.now < ends) {
      if (eventsOf(desk.do(announcement)).includes('offer.received')) {
        told += 1;
        desk.do({ kind: 'accept' });
        gaveUp(desk);
      }
      desk.now += 1_000;
    }
    expect(told).toBeLessThan(90);
  });

  it('of an offer that was withdrawn has no effect', () => {
    const desk = withdrawn();
    expect(desk.expectNoChange(announcement).notices).toEqual([]);
  });

  it('after the expiry has no effect', () => {
    const desk = gaveUp();
    desk.now = validityEndsAt(desk.state);
    expect(desk.expectNoChange(announcement).notices).toEqual([]);
  });
});

describe('the end of an offer', () => {
  it.each(['awarded', 'cancelled', 'expired'] as const)('that was given up is recorded once (%s)', (outcome) => {
    const desk = gaveUp();
    const reason = outcome === 'awarded' ? 'taken' : outcome;
    const winner = outcome === 'awarded' ? B.id : null;
    const end = desk.receives(done({ outcome, winner, epoch: null }));
    expect(end).toMatchObject({
      answer: { kind: 'acknowledged' },
      mustSync: false,
      records: [{ type: 'lost', reason }],
    });
    expect(end.notices).toMatchObject([{ event: 'offer.gone', outcome }]);
    desk.expectNoChange({ kind: 'message', from: MAKER, message: done({ outcome, winner, epoch: null }) });
    expect(desk.expectNoChange({ kind: 'accept' }).answer?.kind).toBe('refused');
  });

  it('that was withdrawn is not recorded; the maker states it in its answer to a new acceptance', () => {
    const desk = withdrawn();
    desk.expectNoChange({ kind: 'message', from: MAKER, message: done() });
    desk.do({ kind: 'accept' });
    desk.acceptanceGot(refusal('ERR_OFFER_TAKEN', 'taken'));
    expect(desk.state).toMatchObject({ phase: 'lost', reason: 'taken' });
  });
});
