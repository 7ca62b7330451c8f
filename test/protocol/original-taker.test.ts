/** A taker that is a client of the original, rule by rule. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import { makerDeadline, isMakerFinished } from '../../src/protocol/maker-state.ts';
import { B, O, LOST, UNSENT, ERROR, reservedForA, awardedToA, reservedForOriginal, codeOf } from './makers.ts';
import { eventsOf, MakerUnderTest, sentBy, typesOf } from './one-desk.ts';
import { dueAt, START, VALIDITY_MS } from './values.ts';

describe('to a client of the original the approval is the deal', () => {
  it('so its reservation has no `until`, its approval no epoch, and it must not reach two receivers', () => {
    const result = MakerUnderTest.withOffer().acceptedBy(O);
    expect(result.records).toMatchObject([{ type: 'reserved', taker: O, epoch: 1, until: null }]);
    expect(result.effects).toMatchObject([{ once: true, message: { epoch: null, until: null } }]);
  });

  it.each([{ kind: 'accepted' }, { kind: 'acknowledged' }, { kind: 'confirmed', epoch: null }] as const)(
    'an answer without error ($kind) is the award, and nothing is owed to it',
    (result) => {
      const maker = reservedForOriginal();
      const award = maker.approvalGot(O, 1, result);
      expect(typesOf(award)).toEqual(['awarded']);
      expect(sentBy(award)).toEqual(['offer:done>all']);
      expect(isMakerFinished(maker.state)).toBe(true);
    },
  );

  it('an error from its application is a release', () => {
    const maker = reservedForOriginal();
    maker.acceptedBy(B);
    const released = maker.approvalGot(O, 1, ERROR);
    expect(released.records).toMatchObject([
      { type: 'released', reason: 'refused' },
      { type: 'reserved', taker: B },
    ]);
    expect(sentBy(released)).toEqual(['offer:accept:approved>B']);
  });

  it('an approval that was certainly not sent is a release', () => {
    const released = reservedForOriginal().approvalGot(O, 1, UNSENT);
    expect(released.records).toMatchObject([{ type: 'released', reason: 'unreachable', detail: 'ERR_CONNECT' }]);
  });

  it('anything else is in doubt: it is shown once, and the approval is sent to the same taker again, without limit', () => {
    const maker = reservedForOriginal();
    maker.acceptedBy(B);
    expect(eventsOf(maker.approvalGot(O, 1, LOST))).toEqual(['award.in_doubt']);
    for (let times = 0; times < 40; times += 1) {
      const again = maker.tickAfter((dueAt(makerDeadline(maker.state)) ?? 0) - maker.now);
      expect(sentBy(again)).toEqual(['offer:accept:approved>O']);
      expect(eventsOf(maker.approvalGot(O, 1, LOST))).toEqual([]);
    }
    expect(maker.now - START).toBeGreaterThan(VALIDITY_MS);
    expect(maker.state.phase).toBe('reserved');
    expect(typesOf(maker.approvalGot(O, 1, { kind: 'accepted' }))).toEqual(['awarded']);
  });

  it.each([ERROR, UNSENT])(
    'in doubt even an error proves nothing ($kind): the client may have lost the deal',
    (result) => {
      const maker = reservedForOriginal();
      maker.approvalGot(O, 1, LOST);
      expect(maker.approvalGot(O, 1, result).records).toEqual([]);
      expect(maker.state.reservation).toMatchObject({ taker: O, inDoubt: true });
    },
  );

  it('the doubt survives a restart, even if it was not known before', () => {
    const maker = reservedForOriginal();
    const restart = maker.restart();
    expect(eventsOf(restart)).toEqual(['award.in_doubt']);
    expect(sentBy(restart)).toEqual(['offer:accept:approved>O']);
    expect(maker.approvalGot(O, 1, ERROR).records).toEqual([]);
  });

  it('expiry has to wait for its answer', () => {
    const maker = reservedForOriginal();
    expect(maker.tickAfter(2 * VALIDITY_MS).records).toEqual([]);
    expect(typesOf(maker.approvalGot(O, 1, ERROR))).toEqual(['released', 'expired']);
  });

  it('an award wins against an expiry that had to wait', () => {
    const maker = reservedForOriginal();
    maker.now += 2 * VALIDITY_MS;
    expect(typesOf(maker.approvalGot(O, 1, { kind: 'accepted' }))).toEqual(['awarded']);
  });

  it('a cancel is refused with ERR_OFFER_IN_DOUBT', () => {
    const maker = reservedForOriginal();
    expect(codeOf(maker.expectNoChange({ kind: 'cancel' }).answer)).toBe('ERR_OFFER_IN_DOUBT');
  });

  it('the operator decides: awarded', () => {
    const maker = reservedForOriginal();
    maker.approvalGot(O, 1, LOST);
    const decision = maker.do({ kind: 'resolve', as: 'awarded' });
    expect(decision.records).toMatchObject([{ type: 'awarded', taker: O, epoch: 1, byHand: true }]);
    expect(decision.notices).toMatchObject([{ event: 'deal.awarded', byHand: true }]);
  });

  it('the operator decides: released, and the next acceptance is taken', () => {
    const maker = reservedForOriginal();
    maker.acceptedBy(B);
    maker.approvalGot(O, 1, LOST);
    const decision = maker.do({ kind: 'resolve', as: 'released' });
    expect(decision.records).toMatchObject([
      { type: 'released', reason: 'byHand' },
      { type: 'reserved', taker: B },
    ]);
  });

  it('and if the released taker accepts it later, that is reported', () => {
    const maker = reservedForOriginal();
    maker.approvalGot(O, 1, LOST);
    maker.tickAfter(LIMITS.doubtRetryMaxMs);
    maker.do({ kind: 'resolve', as: 'released' });
    const late = maker.approvalGot(O, 1, { kind: 'accepted' });
    expect(late.records).toEqual([]);
    expect(late.notices).toMatchObject([
      { event: 'peer.contradiction', text: `${O.id} took what was released by hand` },
    ]);
    expect(maker.approvalGot(O, 1, LOST).notices).toEqual([]);
  });

  it('without a doubt the operator’s decision is refused', () => {
    for (const maker of [MakerUnderTest.withOffer(), reservedForA(), reservedForOriginal(), awardedToA()]) {
      const refused = maker.expectNoChange({ kind: 'resolve', as: 'awarded' });
      expect(codeOf(refused.answer)).toBe('ERR_WRONG_STATE');
    }
  });
});
