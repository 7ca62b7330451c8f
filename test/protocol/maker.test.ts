/** The maker's half, rule by rule; the names are sentences of docs/PROTOCOL.md, or as good as. */
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/protocol/errors.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { makerDeadline, makerFinished } from '../../src/protocol/maker-state.ts';
import { stepMaker } from '../../src/protocol/maker.ts';
import { refusal, type SendResult } from '../../src/protocol/messages.ts';
import type { Effect } from '../../src/protocol/step.ts';
import { eventsOf, MakerUnderTest, messageTo, sentBy, typesOf } from './one-desk.ts';
import { dueAt, envAt, MAKER, offerId, peer, START, terms, VALIDITY_MS } from './values.ts';

const A = peer('A');
const B = peer('B');
const C = peer('C');
const O = peer('O', 'original');

const LOST: SendResult = { kind: 'unknown', code: 'ERR_TIMEOUT' };
const UNSENT: SendResult = { kind: 'unsent', code: 'ERR_CONNECT' };
const ERROR: SendResult = refusal('ERR_REFUSED', 'something went wrong');

function confirmed(epoch: number): SendResult {
  return { kind: 'confirmed', epoch };
}

function reservedForA(): MakerUnderTest {
  const maker = MakerUnderTest.withOffer();
  maker.acceptedBy(A);
  return maker;
}

function awardedToA(): MakerUnderTest {
  const maker = reservedForA();
  maker.approvalGot(A, 1, confirmed(1));
  return maker;
}

function reservedForOriginal(): MakerUnderTest {
  const maker = MakerUnderTest.withOffer();
  maker.acceptedBy(O);
  return maker;
}

function codeOf(answer: { readonly kind: string; readonly code?: ErrorCode } | null): ErrorCode | null {
  return answer?.code ?? null;
}

describe('an offer', () => {
  it('is journalled as open before it is sent to everybody', () => {
    const maker = new MakerUnderTest();
    const opening = maker.do({ kind: 'open', terms: terms() });
    expect(typesOf(opening)).toEqual(['opened']);
    expect(sentBy(opening)).toEqual(['offer:new>all']);
    expect(opening.answer).toEqual({ kind: 'acknowledged' });
  });

  it('is opened once: the second time is refused and changes nothing', () => {
    const maker = MakerUnderTest.withOffer();
    expect(codeOf(maker.expectNoChange({ kind: 'open', terms: terms() }).answer)).toBe('ERR_WRONG_STATE');
  });

  it.each(['best', 'manual'] as const)('awarded by %s is not announced again while takers wait', (award) => {
    const maker = MakerUnderTest.withOffer({ expiresAt: null, issuedAt: START, award, windowMs: 3_600_000 });
    maker.acceptedBy(A);
    for (let minutes = 0; minutes < 50; minutes += 1) expect(sentBy(maker.tickAfter(60_000))).toEqual([]);
  });

  it('that is not there is refused, whatever is wanted of it', () => {
    for (const kind of ['cancel', 'tick', 'recover'] as const) {
      expect(stepMaker(null, { kind }, envAt(START))).toMatchObject({ state: null, records: [], effects: [] });
    }
    expect(codeOf(stepMaker(null, { kind: 'cancel' }, envAt(START)).answer)).toBe('ERR_OFFER_UNKNOWN');
  });

  it('that stays open is announced again, with growing pauses, and only while nobody waits for it', () => {
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

describe('acceptances', () => {
  it('wait in order of arrival, and each is told its place', () => {
    const maker = MakerUnderTest.withOffer();
    const first = maker.acceptedBy(A);
    expect(first.answer).toEqual({ kind: 'queued', position: 0 });
    expect(typesOf(first)).toEqual(['reserved']);
    expect(maker.acceptedBy(B).answer).toEqual({ kind: 'queued', position: 1 });
    expect(maker.acceptedBy(C).answer).toEqual({ kind: 'queued', position: 2 });
    maker.approvalGot(A, 1, refusal('ERR_NOT_INTERESTED', 'no'));
    expect(maker.state.reservation).toMatchObject({ taker: B, epoch: 2 });
    maker.approvalGot(B, 2, refusal('ERR_NOT_INTERESTED', 'no'));
    expect(maker.state.reservation).toMatchObject({ taker: C, epoch: 3 });
  });

  it('of the same taker are one acceptance, and the same request again gets the same answer', () => {
    const maker = reservedForA();
    maker.acceptedBy(B);
    for (let times = 0; times < 3; times += 1) {
      expect(maker.acceptedBy(A).answer).toEqual({ kind: 'queued', position: 0 });
      expect(maker.acceptedBy(B).answer).toEqual({ kind: 'queued', position: 1 });
    }
    expect([...maker.state.queue]).toEqual([{ taker: B }]);
    expect(maker.journal.map(({ type }) => type)).toEqual(['opened', 'reserved']);
  });

  it('when full: one that the draw is against is refused with ERR_QUEUE_FULL and may try again', () => {
    const maker = reservedForA();
    const names = Array.from({ length: LIMITS.acceptancesPerOfferMax }, (_, index) =>
      peer(`taker-${index.toString()}`),
    );
    for (const taker of names) expect(maker.acceptedBy(taker).answer?.kind).toBe('queued');
    const before = maker.state.queue;
    const oneTooMany = maker.acceptedBy(B);
    expect([oneTooMany.records, oneTooMany.effects, oneTooMany.notices]).toEqual([[], [], []]);
    expect(maker.state.queue).toBe(before);
    expect(codeOf(oneTooMany.answer)).toBe('ERR_QUEUE_FULL');
    expect(maker.acceptedBy(names[7] ?? A).answer).toEqual({ kind: 'queued', position: 8 });
    maker.approvalGot(A, 1, refusal('ERR_NOT_INTERESTED', 'no'));
    expect(maker.acceptedBy(B).answer).toEqual({ kind: 'queued', position: LIMITS.acceptancesPerOfferMax });
  });

  it('never reserve or hide the offer by themselves: a refusal leaves it open again', () => {
    const maker = reservedForA();
    const refused = maker.approvalGot(A, 1, refusal('ERR_NOT_INTERESTED', 'no'));
    expect(typesOf(refused)).toEqual(['released']);
    expect(refused.records[0]).toMatchObject({ epoch: 1, reason: 'refused', detail: 'ERR_NOT_INTERESTED' });
    expect(maker.state.phase).toBe('open');
    expect(sentBy(refused)).toEqual([]);
  });

  it.each([
    ['awarded', 'ERR_OFFER_TAKEN'],
    ['cancelled', 'ERR_OFFER_CANCELLED'],
    ['expired', 'ERR_OFFER_EXPIRED'],
  ] as const)('of an offer that was %s are refused with %s', (outcome, code) => {
    const maker = outcome === 'awarded' ? awardedToA() : MakerUnderTest.withOffer();
    if (outcome === 'cancelled') maker.do({ kind: 'cancel' });
    if (outcome === 'expired') maker.tickAfter(VALIDITY_MS);
    expect(codeOf(maker.acceptedBy(B).answer)).toBe(code);
    expect(maker.state.phase).toBe(outcome);
  });

  it('of the winner, repeated by the network, still get their first answer', () => {
    expect(awardedToA().acceptedBy(A).answer).toEqual({ kind: 'queued', position: 0 });
  });

  it("of the maker's own offer are refused and change nothing", () => {
    const maker = MakerUnderTest.withOffer();
    const own = { cmd: 'offer:accept', offerId: offerId('offer-1'), maker: MAKER.id, taker: MAKER.id } as const;
    expect(codeOf(maker.expectNoChange({ kind: 'message', from: MAKER, message: own }).answer)).toBe(
      'ERR_CONTRADICTION',
    );
  });
});

describe('a reservation', () => {
  it('is journalled before the approval is sent, which names its epoch and its end', () => {
    const transition = MakerUnderTest.withOffer().acceptedBy(A);
    expect(transition.records).toEqual([{ type: 'reserved', at: START, taker: A, epoch: 1, until: START + 10_000 }]);
    expect(messageTo(A, transition)).toMatchObject({ cmd: 'offer:accept:approved', epoch: 1, until: START + 10_000 });
    expect(eventsOf(transition)).toEqual(['acceptance.queued', 'award.reserved']);
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

  it('has one approval under way at a time', () => {
    const maker = reservedForA();
    expect(sentBy(maker.tickAfter(5_000))).toEqual([]);
    expect(dueAt(makerDeadline(maker.state))).toBe(START + LIMITS.reservationMs);
  });

  it.each(['ERR_OVERLOADED', 'ERR_STOPPING', 'ERR_INTERNAL', 'ERR_WRONG_DESK', 'ERR_JOURNAL'] as const)(
    'is not lost by %s, which says nothing about what the taker wants',
    (code) => {
      const maker = reservedForA();
      expect(maker.approvalGot(A, 1, refusal(code, 'not now')).records).toEqual([]);
      expect(sentBy(maker.tickAfter(LIMITS.approvalRetryMinMs))).toEqual(['offer:accept:approved>A']);
    },
  );

  it('of a taker that is silent is released at `until`: it is told, and the next acceptance is taken', () => {
    const maker = reservedForA();
    maker.acceptedBy(B);
    const late = maker.tickAfter(LIMITS.reservationMs);
    expect(typesOf(late)).toEqual(['released', 'reserved']);
    expect(late.records[0]).toMatchObject({ epoch: 1, reason: 'silent' });
    expect(sentBy(late)).toEqual(['offer:accept:released>A', 'offer:accept:approved>B']);
    expect(maker.state.reservation).toMatchObject({ taker: B, epoch: 2 });
  });

  it('whose taker confirms something else is asked again', () => {
    const maker = reservedForA();
    expect(maker.approvalGot(A, 1, confirmed(7)).records).toEqual([]);
    expect(maker.state.phase).toBe('reserved');
  });

  it('goes on after a restart, with the same epoch, and a new one never takes an old number', () => {
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
  it('is the award: one write, then told to everybody and to the winner', () => {
    const award = reservedForA().approvalGot(A, 1, confirmed(1));
    expect(award.records).toEqual([{ type: 'awarded', at: START, taker: A, epoch: 1 }]);
    expect(sentBy(award)).toEqual(['offer:done>all', 'offer:done>A']);
    expect(messageTo(A, award)).toMatchObject({ outcome: 'awarded', winner: 'A', epoch: 1 });
    expect(eventsOf(award)).toEqual(['deal.awarded']);
  });

  it('for an epoch that is no longer current is never honoured; its taker is told at once', () => {
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

  it('of somebody else changes nothing', () => {
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

  it('of the winner, repeated, says nothing new', () => {
    const maker = awardedToA();
    maker.expectNoChange({ kind: 'result', to: A, correlation: { what: 'approval', epoch: 1 }, result: confirmed(1) });
  });

  it('of another epoch by the winner does not start a new delivery', () => {
    const maker = awardedToA();
    expect(maker.approvalGot(A, 9, confirmed(9)).records).toEqual([]);
  });

  it.each([LOST, UNSENT, ERROR, refusal('ERR_NOT_INTERESTED', 'no')])(
    'is what decides: a late $kind of an earlier reservation does not change a later one',
    (result) => {
      const maker = reservedForA();
      maker.tickAfter(LIMITS.reservationMs);
      maker.acceptedBy(A);
      maker.expectNoChange({ kind: 'result', to: A, correlation: { what: 'approval', epoch: 1 }, result });
    },
  );
});

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
    expect(makerFinished(maker.state)).toBe(true);
    expect(dueAt(makerDeadline(maker.state))).toBeNull();
  });

  it('whoever it was reserved for is told how it ended, the others as far as they hear it', () => {
    const maker = reservedForA();
    maker.acceptedBy(B);
    const end = maker.do({ kind: 'cancel' });
    expect(sentBy(end)).toEqual(['offer:done>all', 'offer:done>A']);
    expect(messageTo(A, end)).toMatchObject({ outcome: 'cancelled', winner: null, epoch: null });
    expect(maker.state.queue.length).toBe(0);
  });
});

describe('the outcome', () => {
  it('is not told for ever to a winner that never acknowledges; it can still ask', () => {
    const maker = awardedToA();
    for (let attempts = 0; maker.state.owed !== null; attempts += 1) {
      expect(attempts).toBeLessThan(LIMITS.deliveryMaxAttempts);
      maker.deliveryGot(A, LOST);
      const deadline = dueAt(makerDeadline(maker.state));
      if (deadline !== null) maker.tickAfter(deadline - maker.now);
    }
    expect(maker.journal.at(-1)).toMatchObject({ type: 'delivered', givenUp: true });
    expect(makerFinished(maker.state)).toBe(true);
    expect(maker.askedBy(A).answer).toMatchObject({ standing: 'won', epoch: 1 });
  });

  it('is told to the winner until it acknowledges, with growing pauses, across restarts', () => {
    const maker = awardedToA();
    for (let times = 1; times < LIMITS.deliveryMaxAttempts; times += 1) {
      maker.deliveryGot(A, times % 3 === 0 ? ERROR : LOST);
      const wait = (dueAt(makerDeadline(maker.state)) ?? 0) - maker.now;
      expect(wait).toBeLessThanOrEqual(LIMITS.deliveryRetryMaxMs);
      expect(sentBy(maker.tickAfter(wait))).toEqual(['offer:done>A']);
    }
    expect(sentBy(maker.restart())).toEqual(['offer:done>all', 'offer:done>A']);
    expect(typesOf(maker.deliveryGot(A, { kind: 'acknowledged' }))).toEqual(['delivered']);
    expect(makerFinished(maker.state)).toBe(true);
    expect(dueAt(makerDeadline(maker.state))).toBeNull();
    expect(sentBy(maker.restart())).toEqual([]);
  });

  it('that is no award is not told for ever: the taker can ask', () => {
    const maker = reservedForA();
    maker.do({ kind: 'cancel' });
    let attempts = 1;
    while (maker.state.owed !== null) {
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
  it('says where each taker stands, at any time', () => {
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

describe('equivocation', () => {
  it('is reported, refused, and changes nothing', () => {
    const maker = reservedForA();
    const names = { offerId: offerId('offer-1'), maker: MAKER.id, taker: B.id };
    const done = { cmd: 'offer:done', ...names, outcome: 'awarded', winner: B.id, epoch: 1 } as const;
    for (const message of [done, { cmd: 'offer:accept:approved', ...names, epoch: 1, until: null } as const]) {
      const transition = maker.expectNoChange({ kind: 'message', from: B, message });
      expect(codeOf(transition.answer)).toBe('ERR_CONTRADICTION');
      expect(eventsOf(transition)).toEqual(['peer.contradiction']);
    }
  });
});

describe('to a client of the original the approval is the deal', () => {
  it('so its reservation has no `until`, its approval no epoch, and it must not reach two receivers', () => {
    const transition = MakerUnderTest.withOffer().acceptedBy(O);
    expect(transition.records).toMatchObject([{ type: 'reserved', taker: O, epoch: 1, until: null }]);
    expect(transition.effects).toMatchObject([{ once: true, message: { epoch: null, until: null } }]);
  });

  it.each([{ kind: 'accepted' }, { kind: 'acknowledged' }, { kind: 'confirmed', epoch: null }] as const)(
    'an answer without error ($kind) is the award, and nothing is owed to it',
    (result) => {
      const maker = reservedForOriginal();
      const award = maker.approvalGot(O, 1, result);
      expect(typesOf(award)).toEqual(['awarded']);
      expect(sentBy(award)).toEqual(['offer:done>all']);
      expect(makerFinished(maker.state)).toBe(true);
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

  it('certainty that nothing was ever sent is a release', () => {
    const released = reservedForOriginal().approvalGot(O, 1, UNSENT);
    expect(released.records).toMatchObject([{ type: 'released', reason: 'unreachable', detail: 'ERR_CONNECT' }]);
  });

  it('anything else is in doubt: it is shown once, and the same taker is asked again, for as long as it takes', () => {
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

  it.each([ERROR, UNSENT])('after such doubt even an error proves nothing ($kind): it may have forgotten', (result) => {
    const maker = reservedForOriginal();
    maker.approvalGot(O, 1, LOST);
    expect(maker.approvalGot(O, 1, result).records).toEqual([]);
    expect(maker.state.reservation).toMatchObject({ taker: O, inDoubt: true });
  });

  it('the doubt survives a restart, even if nobody knew of it before', () => {
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

  it('and if the released one says that it took it after all, that is not hidden', () => {
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

  it('there is nothing to decide without a doubt', () => {
    for (const maker of [MakerUnderTest.withOffer(), reservedForA(), reservedForOriginal(), awardedToA()]) {
      const refused = maker.expectNoChange({ kind: 'resolve', as: 'awarded' });
      expect(codeOf(refused.answer)).toBe('ERR_WRONG_STATE');
    }
  });
});

describe('what only its caller sees', () => {
  it('is finished when nothing is owed any more, and not before', () => {
    const maker = awardedToA();
    expect(makerFinished(maker.state)).toBe(false);
    maker.do({ kind: 'result', to: B, correlation: { what: 'delivery' }, result: { kind: 'acknowledged' } });
    expect(makerFinished(maker.state)).toBe(false);
    maker.do({ kind: 'result', to: A, correlation: { what: 'delivery' }, result: { kind: 'acknowledged' } });
    expect(makerFinished(maker.state)).toBe(true);
    expect(
      maker.expectNoChange({ kind: 'result', to: A, correlation: { what: 'delivery' }, result: LOST }).effects,
    ).toEqual([]);
    expect(makerFinished(MakerUnderTest.withOffer().state)).toBe(false);
  });

  it('wakes up for the end of the validity, if nothing comes before', () => {
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

  it('only an approval that is the deal must not reach two', () => {
    const onces = (transition: { effects: readonly Effect[] }): boolean[] =>
      transition.effects.flatMap((effect) => (effect.kind === 'send' ? [effect.once] : []));
    expect(onces(MakerUnderTest.withOffer().acceptedBy(A))).toEqual([false]);
    expect(onces(MakerUnderTest.withOffer().acceptedBy(O))).toEqual([true]);
    expect(onces(reservedForA().approvalGot(A, 1, { kind: 'confirmed', epoch: 1 }))).toEqual([false]);
  });

  it('an award by an answer is not one by hand', () => {
    const award = reservedForOriginal().approvalGot(O, 1, { kind: 'accepted' });
    expect(award.notices).toMatchObject([{ event: 'deal.awarded', byHand: false }]);
    expect(award.records).toEqual([{ type: 'awarded', at: START, taker: O, epoch: 1 }]);
  });

  it('after a restart there is a doubt only where the approval is the deal', () => {
    const maker = reservedForA();
    maker.restart();
    expect(codeOf(maker.expectNoChange({ kind: 'resolve', as: 'awarded' }).answer)).toBe('ERR_WRONG_STATE');
  });

  it('a late confirmation is answered by how it stands: still open, or over', () => {
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
    // Also to the winner, of an earlier reservation of its own: it has to know that this one is not the one it won.
    const again = reservedForA();
    again.tickAfter(LIMITS.reservationMs);
    again.acceptedBy(A);
    again.approvalGot(A, 2, { kind: 'confirmed', epoch: 2 });
    expect(sentBy(again.approvalGot(A, 1, late))).toEqual(['offer:done>A']);
    expect(sentBy(again.approvalGot(A, 2, { kind: 'confirmed', epoch: 2 }))).toEqual([]);
  });

  it('says which announcements are repetitions', () => {
    const agains = (transition: { effects: readonly Effect[] }): boolean[] =>
      transition.effects.flatMap((effect) => (effect.kind === 'broadcast' ? [effect.again] : []));
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
  ])('an offer that is %s is void: not awarded, and nobody is told an outcome', (_phase, make) => {
    const maker = make();
    const voided = maker.do({ kind: 'void' });
    expect(typesOf(voided)).toEqual(['voided']);
    expect(voided.effects).toEqual([]);
    expect(eventsOf(voided)).toEqual(['offer.voided']);
    expect(makerFinished(maker.state)).toBe(true);
    expect(codeOf(maker.acceptedBy(B).answer)).toBe('ERR_OFFER_UNKNOWN');
    expect(codeOf(maker.expectNoChange({ kind: 'cancel' }).answer)).toBe('ERR_OFFER_UNKNOWN');
    // A confirmation that comes now may be the answer to an approval that the copy has forgotten.
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
