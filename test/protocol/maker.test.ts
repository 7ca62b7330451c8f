/** The maker's half, rule by rule. The rules are in docs/PROTOCOL.md. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import { makerDeadline, isMakerFinished } from '../../src/protocol/maker-state.ts';
import { stepMaker } from '../../src/protocol/maker.ts';
import { refusal } from '../../src/protocol/messages.ts';
import type { Effect } from '../../src/protocol/step.ts';
import { A, B, O, LOST, reservedForA, awardedToA, reservedForOriginal, codeOf } from './makers.ts';
import { eventsOf, MakerUnderTest, sentBy, typesOf } from './one-desk.ts';
import { dueAt, envAt, MAKER, offerId, START, terms, VALIDITY_MS } from './values.ts';

describe('an offer', () => {
  it('is recorded as open and announced to all', () => {
    const maker = new MakerUnderTest();
    const opening = maker.do({ kind: 'open', terms: terms() });
    expect(typesOf(opening)).toEqual(['opened']);
    expect(sentBy(opening)).toEqual(['offer:new>all']);
    expect(opening.answer).toEqual({ kind: 'acknowledged' });
  });

  it('is opened once: opening it again is refused and changes nothing', () => {
    const maker = MakerUnderTest.withOffer();
    expect(codeOf(maker.expectNoChange({ kind: 'open', terms: terms() }).answer)).toBe('ERR_WRONG_STATE');
  });

  it.each(['best', 'manual'] as const)('awarded by %s is not announced again while takers wait', (award) => {
    const maker = MakerUnderTest.withOffer({ expiresAt: null, issuedAt: START, award, windowMs: 3_600_000 });
    maker.acceptedBy(A);
    for (let minutes = 0; minutes < 50; minutes += 1) expect(sentBy(maker.tickAfter(60_000))).toEqual([]);
  });

  it('that is unknown refuses every input', () => {
    for (const kind of ['cancel', 'tick', 'recover'] as const) {
      expect(stepMaker(null, { kind }, envAt(START))).toMatchObject({ state: null, records: [], effects: [] });
    }
    expect(codeOf(stepMaker(null, { kind: 'cancel' }, envAt(START)).answer)).toBe('ERR_OFFER_UNKNOWN');
  });

  it('that stays open is announced again, with growing waits, and only while nobody waits for it', () => {
    const maker = MakerUnderTest.withOffer({ expiresAt: null });
    const pauses: number[] = [];
    for (let times = 0; times < 8; times += 1) {
      const pause = (dueAt(makerDeadline(maker.state)) ?? 0) - maker.now;
      expect(sentBy(maker.tickAfter(pause))).toEqual(['offer:new>all']);
      pauses.push(pause);
    }
    expect(pauses[4]).toBeGreaterThan(pauses[1] ?? Infinity);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(LIMITS.announceAgainMaxMs);
    maker.acceptedBy(A);
    expect(sentBy(maker.tickAfter(LIMITS.reservationMs - 1))).toEqual([]);
  });
});

describe('a message that only the maker of an offer may send', () => {
  it('is refused and reported when another desk sends it to the maker, and changes nothing', () => {
    const maker = reservedForA();
    const names = { offerId: offerId('offer-1'), maker: MAKER.id, taker: B.id };
    const done = { cmd: 'offer:done', ...names, outcome: 'awarded', winner: B.id, epoch: 1 } as const;
    for (const message of [done, { cmd: 'offer:accept:approved', ...names, epoch: 1, until: null } as const]) {
      const result = maker.expectNoChange({ kind: 'message', from: B, message });
      expect(codeOf(result.answer)).toBe('ERR_CONTRADICTION');
      expect(eventsOf(result)).toEqual(['peer.contradiction']);
    }
  });
});

describe('the state of a maker', () => {
  it('is finished when the outcome is delivered, and not before', () => {
    const maker = awardedToA();
    expect(isMakerFinished(maker.state)).toBe(false);
    maker.do({ kind: 'result', to: B, correlation: { what: 'delivery' }, result: { kind: 'acknowledged' } });
    expect(isMakerFinished(maker.state)).toBe(false);
    maker.do({ kind: 'result', to: A, correlation: { what: 'delivery' }, result: { kind: 'acknowledged' } });
    expect(isMakerFinished(maker.state)).toBe(true);
    expect(
      maker.expectNoChange({ kind: 'result', to: A, correlation: { what: 'delivery' }, result: LOST }).effects,
    ).toEqual([]);
    expect(isMakerFinished(MakerUnderTest.withOffer().state)).toBe(false);
  });

  it('has the end of the validity as its deadline, if nothing is due before', () => {
    const maker = MakerUnderTest.withOffer();
    const seen: number[] = [];
    for (
      let deadline = dueAt(makerDeadline(maker.state));
      deadline !== null;
      deadline = dueAt(makerDeadline(maker.state))
    ) {
      seen.push(deadline);
      maker.tickAfter(deadline - maker.now);
    }
    expect(maker.state.phase).toBe('expired');
    expect(seen.at(-1)).toBe(maker.state.terms.expiresAt);
    expect(seen[0]).toBeGreaterThan(START);
    expect(seen[0]).toBeLessThanOrEqual(START + LIMITS.announceAgainMinMs);
  });
});

describe('a step of the maker', () => {
  it('sends only an approval that is the deal with `once`: it must not reach two receivers', () => {
    const onces = (result: { effects: readonly Effect[] }): boolean[] =>
      result.effects.flatMap((effect) => (effect.kind === 'send' ? [effect.once] : []));
    expect(onces(MakerUnderTest.withOffer().acceptedBy(A))).toEqual([false]);
    expect(onces(MakerUnderTest.withOffer().acceptedBy(O))).toEqual([true]);
    expect(onces(reservedForA().approvalGot(A, 1, { kind: 'confirmed', epoch: 1 }))).toEqual([false]);
  });

  it('does not mark an award by an answer as made by hand', () => {
    const award = reservedForOriginal().approvalGot(O, 1, { kind: 'accepted' });
    expect(award.notices).toMatchObject([{ event: 'deal.awarded', byHand: false }]);
    expect(award.records).toEqual([{ type: 'awarded', at: START, taker: O, epoch: 1 }]);
  });

  it('after a restart puts a reservation in doubt only if its approval is the deal', () => {
    const maker = reservedForA();
    maker.restart();
    expect(codeOf(maker.expectNoChange({ kind: 'resolve', as: 'awarded' }).answer)).toBe('ERR_WRONG_STATE');
  });

  it('answers a late confirmation with the release or the outcome', () => {
    const late = { kind: 'confirmed', epoch: 1 } as const;
    const open = reservedForA();
    open.tickAfter(LIMITS.reservationMs);
    expect(sentBy(open.approvalGot(A, 1, late))).toEqual(['offer:accept:released>A']);
    const cancelled = reservedForA();
    cancelled.do({ kind: 'cancel' });
    expect(sentBy(cancelled.approvalGot(A, 1, late))).toEqual(['offer:done>A']);
    const voided = reservedForA();
    voided.do({ kind: 'void' });
    expect(sentBy(voided.approvalGot(A, 1, late))).toEqual([]);
    // Also to the winner about an earlier reservation: it must learn that it did not win in that one.
    const again = reservedForA();
    again.tickAfter(LIMITS.reservationMs);
    again.acceptedBy(A);
    again.approvalGot(A, 2, { kind: 'confirmed', epoch: 2 });
    expect(sentBy(again.approvalGot(A, 1, late))).toEqual(['offer:done>A']);
    expect(sentBy(again.approvalGot(A, 2, { kind: 'confirmed', epoch: 2 }))).toEqual([]);
  });

  it('marks repeated announcements', () => {
    const agains = (result: { effects: readonly Effect[] }): boolean[] =>
      result.effects.flatMap((effect) => (effect.kind === 'broadcast' ? [effect.isRepeated] : []));
    const opening = stepMaker(null, { kind: 'open', terms: terms() }, envAt(START));
    expect(agains(opening)).toEqual([false]);
    const maker = MakerUnderTest.withOffer();
    expect(agains(maker.tickAfter(LIMITS.announceAgainMinMs))).toEqual([true]);
    expect(agains(maker.do({ kind: 'cancel' }))).toEqual([false]);
  });
});

describe('in a restored copy', () => {
  it.each([
    ['open', () => MakerUnderTest.withOffer()],
    ['reserved', reservedForA],
    ['reserved for an original', reservedForOriginal],
  ])('an offer that is %s is voided: it is not awarded, and no outcome is sent', (_phase, make) => {
    const maker = make();
    const voided = maker.do({ kind: 'void' });
    expect(typesOf(voided)).toEqual(['voided']);
    expect(voided.effects).toEqual([]);
    expect(eventsOf(voided)).toEqual(['offer.voided']);
    expect(isMakerFinished(maker.state)).toBe(true);
    expect(codeOf(maker.acceptedBy(B).answer)).toBe('ERR_OFFER_UNKNOWN');
    expect(codeOf(maker.expectNoChange({ kind: 'cancel' }).answer)).toBe('ERR_OFFER_UNKNOWN');
    // A confirmation that arrives now may answer an approval that is missing in the copy.
    maker.approvalGot(A, 1, { kind: 'confirmed', epoch: 1 });
    maker.tickAfter(10 * VALIDITY_MS);
    expect(maker.journal.at(-1)?.type).toBe('voided');
  });

  it('an award stays an award, and is delivered', () => {
    const maker = awardedToA();
    expect(maker.do({ kind: 'void' }).records).toEqual([]);
    expect(sentBy(maker.restart())).toContain('offer:done>A');
  });
});

describe('after an award', () => {
  it('every further input leaves it as it is', () => {
    const maker = awardedToA();
    maker.acceptedBy(B);
    maker.do({ kind: 'cancel' });
    maker.do({ kind: 'resolve', as: 'released' });
    maker.approvalGot(A, 1, refusal('ERR_NOT_INTERESTED', 'no'));
    maker.tickAfter(10 * VALIDITY_MS);
    maker.restart();
    expect(maker.journal.map(({ type }) => type)).toEqual(['opened', 'reserved', 'awarded']);
    expect(maker.state).toMatchObject({ phase: 'awarded', award: { taker: A, epoch: 1 } });
  });
});

it('a step is a function of its inputs', () => {
  const { state } = reservedForA();
  const input = { kind: 'result', to: A, correlation: { what: 'approval', epoch: 1 }, result: LOST } as const;
  expect(stepMaker(state, input, envAt(START + 1))).toEqual(stepMaker(state, input, envAt(START + 1)));
});
