/** Reservations and their confirmations, rule by rule. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import { makerDeadline } from '../../src/protocol/maker-state.ts';
import { refusal } from '../../src/protocol/messages.ts';
import { A, B, LOST, UNSENT, ERROR, confirmed, reservedForA, awardedToA } from './makers.ts';
import { eventsOf, MakerUnderTest, messageTo, sentBy, typesOf } from './one-desk.ts';
import { dueAt, START } from './values.ts';

describe('a reservation', () => {
  it('is recorded, and its approval contains its epoch and its end', () => {
    const result = MakerUnderTest.withOffer().acceptedBy(A);
    expect(result.records).toEqual([{ type: 'reserved', at: START, taker: A, epoch: 1, until: START + 10_000 }]);
    expect(messageTo(A, result)).toMatchObject({ cmd: 'offer:accept:approved', epoch: 1, until: START + 10_000 });
    expect(eventsOf(result)).toEqual(['acceptance.queued', 'award.reserved']);
  });

  it('never outlasts the offer', () => {
    const maker = MakerUnderTest.withOffer({ expiresAt: START + 4_000 });
    expect(maker.acceptedBy(A).records[0]).toMatchObject({ until: START + 4_000 });
  });

  it('without an answer is approved again, same epoch, until its `until`', () => {
    const maker = reservedForA();
    let approvals = 1;
    maker.approvalGot(A, 1, LOST);
    for (;;) {
      const deadline = dueAt(makerDeadline(maker.state)) ?? Infinity;
      if (deadline >= START + LIMITS.reservationMs) break;
      const again = maker.tickAfter(deadline - maker.now);
      expect(messageTo(A, again)).toMatchObject({ cmd: 'offer:accept:approved', epoch: 1, until: START + 10_000 });
      expect(again.records).toEqual([]);
      approvals += 1;
      maker.approvalGot(A, 1, approvals % 2 === 0 ? LOST : UNSENT);
    }
    expect(approvals).toBeGreaterThan(4);
    expect(approvals).toBeLessThan(30);
    expect(typesOf(maker.tickAfter(START + LIMITS.reservationMs - maker.now))).toEqual(['released']);
  });

  it('has one approval in flight at a time', () => {
    const maker = reservedForA();
    expect(sentBy(maker.tickAfter(5_000))).toEqual([]);
    expect(dueAt(makerDeadline(maker.state))).toBe(START + LIMITS.reservationMs);
  });

  it.each(['ERR_OVERLOADED', 'ERR_STOPPING', 'ERR_INTERNAL', 'ERR_WRONG_DESK', 'ERR_JOURNAL'] as const)(
    'does not end with %s, which does not express the taker’s decision',
    (code) => {
      const maker = reservedForA();
      expect(maker.approvalGot(A, 1, refusal(code, 'not now')).records).toEqual([]);
      expect(sentBy(maker.tickAfter(LIMITS.approvalRetryMinMs))).toEqual(['offer:accept:approved>A']);
    },
  );

  it('of a taker that does not answer is released at `until`: the taker is informed, and the next one is reserved', () => {
    const maker = reservedForA();
    maker.acceptedBy(B);
    const late = maker.tickAfter(LIMITS.reservationMs);
    expect(typesOf(late)).toEqual(['released', 'reserved']);
    expect(late.records[0]).toMatchObject({ epoch: 1, reason: 'silent' });
    expect(sentBy(late)).toEqual(['offer:accept:released>A', 'offer:accept:approved>B']);
    expect(maker.state.reservation).toMatchObject({ taker: B, epoch: 2 });
  });

  it('stays when its taker confirms another epoch', () => {
    const maker = reservedForA();
    expect(maker.approvalGot(A, 1, confirmed(7)).records).toEqual([]);
    expect(maker.state.phase).toBe('reserved');
  });

  it('continues after a restart with the same epoch, and a new one never reuses an epoch', () => {
    const maker = reservedForA();
    maker.acceptedBy(B);
    const restart = maker.restart();
    expect(restart.records).toEqual([]);
    expect(messageTo(A, restart)).toMatchObject({ cmd: 'offer:accept:approved', epoch: 1, until: START + 10_000 });
    expect(maker.state.queue.length).toBe(0);
    maker.tickAfter(LIMITS.reservationMs);
    maker.restart();
    maker.acceptedBy(A);
    expect(maker.state.reservation).toMatchObject({ taker: A, epoch: 2 });
  });

  it('gets its full length again after a restart, and no more, whatever the wall clock says', () => {
    const maker = MakerUnderTest.withOffer({ expiresAt: null });
    maker.acceptedBy(A);
    maker.now += LIMITS.reservationMs;
    maker.wallOffsetMs = -3_600_000;
    expect(typesOf(maker.restart())).toEqual([]);
    expect(typesOf(maker.tickAfter(LIMITS.reservationMs - 1))).toEqual([]);
    expect(typesOf(maker.tickAfter(1))).toEqual(['released']);
  });
});

describe('a confirmation', () => {
  it('is the award: one write, then messages to everybody and to the winner', () => {
    const award = reservedForA().approvalGot(A, 1, confirmed(1));
    expect(award.records).toEqual([{ type: 'awarded', at: START, taker: A, epoch: 1 }]);
    expect(sentBy(award)).toEqual(['offer:done>all', 'offer:done>A']);
    expect(messageTo(A, award)).toMatchObject({ outcome: 'awarded', winner: 'A', epoch: 1 });
    expect(eventsOf(award)).toEqual(['deal.awarded']);
  });

  it('for an epoch that is no longer current never counts; its taker is informed at once', () => {
    const maker = reservedForA();
    maker.acceptedBy(B);
    maker.tickAfter(LIMITS.reservationMs);
    const late = maker.approvalGot(A, 1, confirmed(1));
    expect(late.records).toEqual([]);
    expect(messageTo(A, late)).toMatchObject({ cmd: 'offer:accept:released', epoch: 1 });
    expect(maker.state.reservation).toMatchObject({ taker: B, epoch: 2 });
  });

  it('that is processed after the end of its hold is late, even if no tick came before it', () => {
    const maker = reservedForA();
    maker.now += LIMITS.reservationMs;
    const late = maker.approvalGot(A, 1, confirmed(1));
    expect(typesOf(late)).toEqual(['released']);
    expect(maker.state.phase).toBe('open');
    expect(sentBy(late)).toContain('offer:accept:released>A');
  });

  it("of an earlier reservation does not count for the same taker's next one", () => {
    const maker = reservedForA();
    maker.tickAfter(LIMITS.reservationMs);
    maker.acceptedBy(A);
    expect(maker.approvalGot(A, 1, confirmed(1)).records).toEqual([]);
    expect(maker.state.reservation).toMatchObject({ taker: A, epoch: 2 });
    expect(typesOf(maker.approvalGot(A, 2, confirmed(2)))).toEqual(['awarded']);
  });

  it('of another taker changes nothing', () => {
    const maker = reservedForA();
    expect(maker.approvalGot(B, 1, confirmed(1)).records).toEqual([]);
    expect(maker.state.reservation).toMatchObject({ taker: A, epoch: 1 });
  });

  it('that comes after the end is answered with how it ended', () => {
    const maker = reservedForA();
    maker.do({ kind: 'cancel' });
    const late = maker.approvalGot(A, 1, confirmed(1));
    expect(late.records).toEqual([]);
    expect(messageTo(A, late)).toMatchObject({ cmd: 'offer:done', outcome: 'cancelled', winner: null });
  });

  it('of the winner, repeated, changes nothing', () => {
    const maker = awardedToA();
    maker.expectNoChange({ kind: 'result', to: A, correlation: { what: 'approval', epoch: 1 }, result: confirmed(1) });
  });

  it('of another epoch by the winner records nothing', () => {
    const maker = awardedToA();
    expect(maker.approvalGot(A, 9, confirmed(9)).records).toEqual([]);
  });
});

describe('an answer to an approval', () => {
  it.each([LOST, UNSENT, ERROR, refusal('ERR_NOT_INTERESTED', 'no')])(
    'that arrives after its reservation has ended ($kind) does not change a later one',
    (result) => {
      const maker = reservedForA();
      maker.tickAfter(LIMITS.reservationMs);
      maker.acceptedBy(A);
      maker.expectNoChange({ kind: 'result', to: A, correlation: { what: 'approval', epoch: 1 }, result });
    },
  );

  it('that is not a confirmation is not an award, whatever epoch it has', () => {
    const maker = reservedForA();
    const result = { kind: 'status', phase: 'reserved', standing: 'reserved', epoch: 1 } as const;
    expect(maker.approvalGot(A, 1, result).records).toEqual([]);
    expect(maker.state.phase).toBe('reserved');
  });

  it('with a signature is stored with the award', () => {
    const auth = { sig: 'signature' };
    const awarding = reservedForA().approvalGot(A, 1, { kind: 'confirmed', epoch: 1, auth });
    expect(awarding.records).toMatchObject([{ type: 'awarded', taker: A, epoch: 1, auth }]);
  });
});
