/** How an offer ends for its maker, and who receives the outcome. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import { makerDeadline, isMakerFinished } from '../../src/protocol/maker-state.ts';
import { ERROR, A, B, C, LOST, confirmed, reservedForA, awardedToA, codeOf } from './makers.ts';
import { MakerUnderTest, messageTo, sentBy, typesOf } from './one-desk.ts';
import { dueAt, MAKER, offerId, START, VALIDITY_MS } from './values.ts';

describe('cancel and expiry compete with the award in the same serial queue', () => {
  it('cancel first: the confirmation is too late', () => {
    const maker = reservedForA();
    expect(maker.do({ kind: 'cancel' }).answer).toEqual({ kind: 'acknowledged' });
    maker.approvalGot(A, 1, confirmed(1));
    expect(maker.state.phase).toBe('cancelled');
  });

  it('award first: the cancel is refused', () => {
    const maker = awardedToA();
    expect(codeOf(maker.expectNoChange({ kind: 'cancel' }).answer)).toBe('ERR_OFFER_TAKEN');
  });

  it('expiry first: cancel and confirmation are refused', () => {
    const maker = reservedForA();
    maker.now = START + VALIDITY_MS;
    const refused = maker.do({ kind: 'cancel' });
    expect(codeOf(refused.answer)).toBe('ERR_OFFER_EXPIRED');
    expect(typesOf(refused)).toEqual(['expired']);
    maker.approvalGot(A, 1, confirmed(1));
    expect(maker.state.phase).toBe('expired');
  });

  it('cancel again gets the same answer', () => {
    const maker = MakerUnderTest.withOffer();
    maker.do({ kind: 'cancel' });
    expect(maker.expectNoChange({ kind: 'cancel' }).answer).toEqual({ kind: 'acknowledged' });
  });

  it("an offer expires at `expiresAt` on the maker's clock, not a moment earlier", () => {
    const maker = MakerUnderTest.withOffer();
    expect(typesOf(maker.tickAfter(VALIDITY_MS - 1))).toEqual([]);
    expect(typesOf(maker.tickAfter(1))).toEqual(['expired']);
    expect(isMakerFinished(maker.state)).toBe(true);
    expect(dueAt(makerDeadline(maker.state))).toBeNull();
  });

  it('the outcome is sent to all, and to the reserved taker directly; the queue is emptied', () => {
    const maker = reservedForA();
    maker.acceptedBy(B);
    const end = maker.do({ kind: 'cancel' });
    expect(sentBy(end)).toEqual(['offer:done>all', 'offer:done>A']);
    expect(messageTo(A, end)).toMatchObject({ outcome: 'cancelled', winner: null, epoch: null });
    expect(maker.state.queue.length).toBe(0);
  });
});

describe('the outcome', () => {
  it('is not sent for ever to a winner that never acknowledges; it can still ask', () => {
    const maker = awardedToA();
    for (let attempts = 0; maker.state.outcomeRecipient !== null; attempts += 1) {
      expect(attempts).toBeLessThan(LIMITS.deliveryMaxAttempts);
      maker.deliveryGot(A, LOST);
      const deadline = dueAt(makerDeadline(maker.state));
      if (deadline !== null) maker.tickAfter(deadline - maker.now);
    }
    expect(maker.journal.at(-1)).toMatchObject({ type: 'delivered', givenUp: true });
    expect(isMakerFinished(maker.state)).toBe(true);
    expect(maker.askedBy(A).answer).toMatchObject({ standing: 'won', epoch: 1 });
  });

  it('is sent to the winner until it acknowledges, with limited waits, across restarts', () => {
    const maker = awardedToA();
    for (let times = 1; times < LIMITS.deliveryMaxAttempts; times += 1) {
      maker.deliveryGot(A, times % 3 === 0 ? ERROR : LOST);
      const wait = (dueAt(makerDeadline(maker.state)) ?? 0) - maker.now;
      expect(wait).toBeLessThanOrEqual(LIMITS.deliveryRetryMaxMs);
      expect(sentBy(maker.tickAfter(wait))).toEqual(['offer:done>A']);
    }
    expect(sentBy(maker.restart())).toEqual(['offer:done>all', 'offer:done>A']);
    expect(typesOf(maker.deliveryGot(A, { kind: 'acknowledged' }))).toEqual(['delivered']);
    expect(isMakerFinished(maker.state)).toBe(true);
    expect(dueAt(makerDeadline(maker.state))).toBeNull();
    expect(sentBy(maker.restart())).toEqual([]);
  });

  it('that is not an award is not sent for ever: the taker can ask', () => {
    const maker = reservedForA();
    maker.do({ kind: 'cancel' });
    let attempts = 1;
    while (maker.state.outcomeRecipient !== null) {
      maker.deliveryGot(A, LOST);
      const deadline = dueAt(makerDeadline(maker.state));
      if (deadline === null) break;
      expect(sentBy(maker.tickAfter(deadline - maker.now))).toEqual(['offer:done>A']);
      attempts += 1;
    }
    expect(attempts).toBe(LIMITS.deliveryMaxAttempts);
    expect(maker.journal.at(-1)).toMatchObject({ type: 'delivered', givenUp: true });
    expect(maker.askedBy(A).answer).toMatchObject({ phase: 'cancelled', standing: 'lost' });
  });

  it('once acknowledged, a late result of another delivery changes nothing', () => {
    const maker = awardedToA();
    maker.deliveryGot(A, { kind: 'acknowledged' });
    maker.expectNoChange({ kind: 'result', to: A, correlation: { what: 'delivery' }, result: LOST });
  });
});

describe('offer:status is the answer to every doubt', () => {
  it('gives each taker its position, at any time', () => {
    const maker = reservedForA();
    maker.acceptedBy(B);
    const standings = (): (string | undefined)[] =>
      [A, B, C].map((taker) => {
        const { answer } = maker.askedBy(taker);
        return answer?.kind === 'status' ? `${answer.phase} ${answer.standing} ${answer.epoch.toString()}` : undefined;
      });
    expect(standings()).toEqual(['reserved reserved 1', 'reserved queued 1', 'reserved none 1']);
    maker.tickAfter(LIMITS.reservationMs);
    expect(standings()).toEqual(['reserved none 2', 'reserved reserved 2', 'reserved none 2']);
    maker.approvalGot(B, 2, confirmed(2));
    expect(standings()).toEqual(['awarded lost 2', 'awarded won 2', 'awarded lost 2']);
  });

  it('changes nothing', () => {
    const maker = reservedForA();
    maker.expectNoChange({
      kind: 'message',
      from: B,
      message: { cmd: 'offer:status', offerId: offerId('offer-1'), maker: MAKER.id, taker: B.id },
    });
  });
});
