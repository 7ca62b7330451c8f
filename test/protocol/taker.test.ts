/** The taker's half, rule by rule; the names are sentences of docs/PROTOCOL.md, or as good as. */
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/protocol/errors.ts';
import type { Decimal } from '../../src/protocol/ids.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import {
  refusal,
  type OfferDone,
  type Outcome,
  type SendResult,
  type StatusAnswer,
} from '../../src/protocol/messages.ts';
import type { LossReason } from '../../src/protocol/records.ts';
import type { TakerInput } from '../../src/protocol/step.ts';
import { validityEndsAt, takerDeadline, takerFinished } from '../../src/protocol/taker-state.ts';
import { stepTaker } from '../../src/protocol/taker.ts';
import { eventsOf, sentBy, TakerUnderTest, typesOf } from './one-desk.ts';
import { dueAt, envAt, MAKER, offerId, peer, START, terms, VALIDITY_MS } from './values.ts';

const A = peer('A');
const STRANGER = peer('stranger');
const ORIGINAL = peer('maker', 'original');

const LOST: SendResult = { kind: 'unknown', code: 'ERR_TIMEOUT' };
const UNSENT: SendResult = { kind: 'unsent', code: 'ERR_CONNECT' };

function taker(): TakerUnderTest {
  return new TakerUnderTest(A);
}

function ofOriginal(): TakerUnderTest {
  return new TakerUnderTest(A, ORIGINAL);
}

function done(change: Partial<OfferDone> = {}): OfferDone {
  const offer = { offerId: offerId('offer-1'), maker: MAKER.id };
  return { cmd: 'offer:done', ...offer, outcome: 'awarded', winner: A.id, epoch: 1, ...change };
}

function status(phase: StatusAnswer['phase'], standing: StatusAnswer['standing'], epoch: number): StatusAnswer {
  return { kind: 'status', phase, standing, epoch };
}

function codeOf(answer: { readonly kind: string; readonly code?: ErrorCode } | null): ErrorCode | null {
  return answer?.code ?? null;
}

/** Until the taker has a question under way, or nothing more to ask. */
function waitForQuestion(desk: TakerUnderTest): void {
  for (;;) {
    const deadline = dueAt(takerDeadline(desk.state));
    if (desk.state.askInFlight || deadline === null) return;
    desk.tickAfter(deadline - desk.now);
  }
}

const EVERY_PHASE: readonly (readonly [phase: string, desk: () => TakerUnderTest])[] = [
  ['seen', () => seen()],
  ['accepting', () => taker().accepting()],
  ['queued', () => taker().queued()],
  ['confirmed', () => taker().confirmed()],
  ['won', won],
  ['lost', lost],
  ['withdrawn', withdrawn],
  ['closed', () => closed('lost')],
];

function seen(): TakerUnderTest {
  const desk = taker();
  desk.receivesOffer();
  return desk;
}

function won(): TakerUnderTest {
  const desk = taker().confirmed();
  desk.receives(done());
  return desk;
}

function lost(): TakerUnderTest {
  const desk = taker().queued();
  desk.receives(done({ winner: STRANGER.id }));
  return desk;
}

function withdrawn(): TakerUnderTest {
  const desk = taker().queued();
  desk.do({ kind: 'withdraw' });
  return desk;
}

function closed(as: 'won' | 'lost'): TakerUnderTest {
  const desk = taker().confirmed();
  desk.do({ kind: 'resolve', as });
  return desk;
}

describe('an offer that is announced', () => {
  it('is shown and not journalled: strangers must not be able to fill a journal', () => {
    const transition = taker().receivesOffer();
    expect(eventsOf(transition)).toEqual(['offer.received']);
    expect(transition.records).toEqual([]);
    expect(transition.answer).toEqual({ kind: 'acknowledged' });
  });

  it('is believed of its maker alone', () => {
    const desk = taker();
    const refused = desk.receives({ cmd: 'offer:new', terms: terms() }, STRANGER);
    expect(codeOf(refused.answer)).toBe('ERR_OFFER_UNKNOWN');
    expect(desk.hasState).toBe(false);
  });

  it('and is over by then, also allowing for a clock that is off, is not kept', () => {
    const desk = taker();
    desk.now = START + VALIDITY_MS + LIMITS.clockSkewMs;
    expect(codeOf(desk.receivesOffer().answer)).toBe('ERR_OFFER_EXPIRED');
    expect(desk.hasState).toBe(false);
  });

  it('is gone when it is done, or when there is no hope left', () => {
    expect(seen().receives(done({ winner: STRANGER.id })).notices).toMatchObject([
      { event: 'offer.gone', outcome: 'awarded' },
    ]);
    const late = seen().tickAfter(VALIDITY_MS + LIMITS.clockSkewMs);
    expect(late.notices).toMatchObject([{ event: 'offer.gone', outcome: 'expired' }]);
    expect(late.records).toEqual([]);
  });

  it('is gone when its maker does not list it any more; nothing is written, and it does not come back', () => {
    const desk = seen();
    const gone = desk.do({ kind: 'unlisted' });
    expect(gone.notices).toMatchObject([{ event: 'offer.gone', outcome: null }]);
    expect(gone.records).toEqual([]);
    expect(desk.state).toMatchObject({ phase: 'lost', reason: 'unknown-offer' });
    expect(desk.do({ kind: 'unlisted' }).notices).toEqual([]);
  });

  it.each<[string, (desk: TakerUnderTest) => unknown]>([
    ['accepting', (desk) => desk.accepting()],
    ['queued', (desk) => desk.accepting().acceptanceGot({ kind: 'queued', position: 1 })],
    ['withdrawn', (desk) => (desk.accepting(), desk.do({ kind: 'withdraw' }))],
  ])('that is %s stays so, whatever its maker lists', (phase, lead) => {
    const desk = taker();
    lead(desk);
    const before = desk.state;
    const told = desk.do({ kind: 'unlisted' });
    expect(desk.state).toBe(before);
    expect([before.phase, told.records, told.effects, told.notices]).toEqual([phase, [], [], []]);
  });

  it('can neither be withdrawn from nor be resolved, nor approved', () => {
    const desk = seen();
    expect(codeOf(desk.expectNoChange({ kind: 'withdraw' }).answer)).toBe('ERR_WRONG_STATE');
    expect(codeOf(desk.expectNoChange({ kind: 'resolve', as: 'won' }).answer)).toBe('ERR_WRONG_STATE');
    expect(codeOf(desk.approved(1).answer)).toBe('ERR_NOT_INTERESTED');
  });

  it('does not change its terms: a second announcement with others is reported and changes nothing', () => {
    for (const [, desk] of EVERY_PHASE) {
      const changed = { cmd: 'offer:new', terms: terms({ amount: '2' as Decimal }) } as const;
      const transition = desk().expectNoChange({ kind: 'message', from: MAKER, message: changed });
      expect(codeOf(transition.answer)).toBe('ERR_CONTRADICTION');
      expect(eventsOf(transition)).toEqual(['peer.contradiction']);
    }
  });
});

describe('accepting', () => {
  it('is journalled before it is sent', () => {
    const desk = seen();
    const accepting = desk.do({ kind: 'accept' });
    expect(accepting.records).toEqual([{ type: 'accepting', at: START, terms: terms(), dialect: 'grapevine' }]);
    expect(sentBy(accepting)).toEqual(['offer:accept>maker']);
    expect(eventsOf(accepting)).toEqual(['acceptance.sent']);
    expect(desk.expectNoChange({ kind: 'accept' }).answer).toEqual({ kind: 'acknowledged' });
  });

  it('is retried with exponential back-off until it gets through', () => {
    const desk = taker().accepting();
    const waits: number[] = [];
    for (let attempt = 1; attempt < 8; attempt += 1) {
      const retry = desk.acceptanceGot(attempt % 2 === 0 ? LOST : UNSENT);
      expect(retry.notices).toMatchObject([{ event: 'acceptance.retry', attempt }]);
      waits.push((dueAt(takerDeadline(desk.state)) ?? 0) - desk.now);
      expect(sentBy(desk.tickAfter(waits.at(-1) ?? 0))).toEqual(['offer:accept>maker']);
    }
    expect(waits[6]).toBeGreaterThan(8 * (waits[0] ?? Infinity));
    expect(desk.acceptanceGot({ kind: 'queued', position: 3 }).notices).toMatchObject([
      { event: 'acceptance.queued', position: 3 },
    ]);
    expect(desk.state.phase).toBe('queued');
  });

  it.each([
    [UNSENT, 'unreachable'],
    [LOST, 'unreachable'],
    [refusal('ERR_QUEUE_FULL', '256 acceptances are waiting already'), 'refused'],
    [refusal('ERR_OVERLOADED', 'too much'), 'refused'],
  ] as const)('is given up after a set number of attempts, visibly, with the reason (%o: %s)', (result, reason) => {
    const desk = taker().accepting({ expiresAt: START + 100 * VALIDITY_MS });
    for (let attempt = 1; attempt < LIMITS.acceptMaxAttempts; attempt += 1) {
      expect(eventsOf(desk.acceptanceGot(result))).toEqual(['acceptance.retry']);
      desk.tickAfter((dueAt(takerDeadline(desk.state)) ?? 0) - desk.now);
    }
    const end = desk.acceptanceGot(result);
    expect(end.records).toMatchObject([{ type: 'gaveUp', reason }]);
    expect(end.notices).toMatchObject([{ event: 'deal.lost', reason, gaveUp: true }]);
    expect(takerFinished(desk.state)).toBe(true);
    expect(dueAt(takerDeadline(desk.state))).toBeNull();
  });

  it('is given up when the offer is no longer valid, visibly, with the reason', () => {
    const desk = taker().accepting();
    const end = desk.tickAfter(validityEndsAt(desk.state) - desk.now);
    expect(end.records).toMatchObject([{ type: 'gaveUp', reason: 'expired' }]);
    expect(eventsOf(end)).toEqual(['deal.lost']);
  });

  it.each<[ErrorCode, LossReason]>([
    ['ERR_OFFER_TAKEN', 'taken'],
    ['ERR_OFFER_CANCELLED', 'cancelled'],
    ['ERR_OFFER_EXPIRED', 'expired'],
    ['ERR_OFFER_UNKNOWN', 'unknown-offer'],
    ['ERR_REFUSED', 'refused'],
    ['ERR_CONTRADICTION', 'refused'],
  ])('is answered with %s: lost (%s)', (code, reason) => {
    const desk = taker().accepting();
    const end = desk.acceptanceGot(refusal(code, 'no'));
    expect(end.records).toMatchObject([{ type: 'lost', reason }]);
    expect(end.notices).toMatchObject([{ event: 'deal.lost', reason, gaveUp: false }]);
  });

  it('starts again after a restart, with all its attempts', () => {
    const desk = taker().queued();
    expect(sentBy(desk.restart())).toEqual(['offer:accept>maker']);
    expect(desk.state).toMatchObject({ phase: 'accepting', attempt: 1 });
  });

  it('an answer to an earlier attempt or an earlier round changes nothing', () => {
    const desk = taker().confirmed();
    desk.released(1);
    expect(desk.state).toMatchObject({ phase: 'accepting', round: 2, attempt: 1 });
    for (const [round, attempt] of [
      [1, 1],
      [2, 2],
      [3, 1],
    ] as const) {
      const result = refusal('ERR_OFFER_TAKEN', 'taken');
      desk.expectNoChange({ kind: 'result', to: MAKER, correlation: { what: 'acceptance', round, attempt }, result });
    }
  });

  it('can be withdrawn before the confirmation', () => {
    for (const desk of [taker().accepting(), taker().queued()]) {
      expect(typesOf(desk.do({ kind: 'withdraw' }))).toEqual(['withdrawn']);
      expect(desk.expectNoChange({ kind: 'withdraw' }).answer).toEqual({ kind: 'acknowledged' });
      expect(codeOf(desk.approved(1).answer)).toBe('ERR_NOT_INTERESTED');
      expect(desk.state.phase).toBe('withdrawn');
    }
  });

  it('of an offer whose time is over is refused, not acknowledged and dropped', () => {
    const desk = seen();
    desk.now = validityEndsAt(desk.state);
    const late = desk.do({ kind: 'accept' });
    expect(codeOf(late.answer)).toBe('ERR_OFFER_EXPIRED');
    expect(late.records).toEqual([]);
  });
});

describe('waiting in the queue', () => {
  it('the taker asks for news now and then', () => {
    const desk = taker().queued();
    const wait = (dueAt(takerDeadline(desk.state)) ?? 0) - desk.now;
    expect(wait).toBeGreaterThanOrEqual(LIMITS.queuedStatusMinMs / 2);
    expect(sentBy(desk.tickAfter(wait))).toEqual(['offer:status>maker']);
    desk.questionGot(status('reserved', 'queued', 4));
    expect(dueAt(takerDeadline(desk.state))).toBeGreaterThan(desk.now);
    expect(desk.state.phase).toBe('queued');
  });

  it('a maker that knows nothing of it any more gets the acceptance again', () => {
    const desk = taker().queued();
    waitForQuestion(desk);
    const again = desk.questionGot(status('open', 'none', 0));
    expect(sentBy(again)).toEqual(['offer:accept>maker']);
    expect(again.records).toEqual([]);
  });

  it('an offer that is announced again has nobody waiting: a taker that thinks it waits asks, and accepts again', () => {
    const desk = taker().queued();
    expect(sentBy(desk.receivesOffer())).toEqual(['offer:status>maker']);
    const told = desk.questionGot({ kind: 'status', phase: 'open', standing: 'none', epoch: 0 });
    expect(sentBy(told)).toEqual(['offer:accept>maker']);
  });

  it.each(['queued', 'confirmed'] as const)(
    '%s: repeated announcements change nothing and cost few questions',
    (phase) => {
      const desk = phase === 'queued' ? taker().queued() : taker().confirmed();
      const standing = phase === 'queued' ? 'queued' : 'reserved';
      const sent: string[] = [];
      let changes = 0;
      for (let times = 0; times < 18_000; times += 1) {
        desk.now += times % 6 === 0 ? 1 : 0;
        const transition = desk.receivesOffer();
        changes += transition.records.length + transition.notices.length;
        sent.push(...sentBy(transition));
        if (desk.state.askInFlight) desk.questionGot({ kind: 'status', phase: 'reserved', standing, epoch: 1 });
      }
      expect(changes).toBe(0);
      expect(new Set(sent)).toEqual(new Set(['offer:status>maker']));
      // Three seconds: at once, after a second, after two more; and its own questions once it has confirmed.
      expect(sent.length).toBeLessThanOrEqual(phase === 'queued' ? 3 : 8);
    },
  );

  it.each<[StatusAnswer['phase'], LossReason]>([
    ['awarded', 'taken'],
    ['cancelled', 'cancelled'],
    ['expired', 'expired'],
  ])('learns that the offer was %s', (phase, reason) => {
    const desk = taker().queued();
    waitForQuestion(desk);
    expect(desk.questionGot(status(phase, 'lost', 1)).records).toMatchObject([{ type: 'lost', reason }]);
  });

  it('an answer that contradicts itself does not make it ask without a pause', () => {
    const desk = taker().queued();
    waitForQuestion(desk);
    const answered = desk.questionGot(status('open', 'lost', 1));
    expect(answered.effects).toEqual([]);
    expect(dueAt(takerDeadline(desk.state))).toBeGreaterThan(desk.now);
  });

  it('a deal that was never confirmed is refused and reported', () => {
    const desk = taker().queued();
    waitForQuestion(desk);
    const claimed = desk.questionGot(status('awarded', 'won', 1));
    expect(eventsOf(claimed)).toEqual(['peer.contradiction', 'deal.lost']);
    expect(desk.state).toMatchObject({ phase: 'lost', reason: 'contradiction' });
  });

  it('is given up only some unanswered questions after the end of the validity', () => {
    const desk = taker().queued();
    let questions = 0;
    while (desk.state.phase === 'queued') {
      waitForQuestion(desk);
      desk.questionGot(LOST);
      questions += 1;
    }
    expect(desk.now).toBeGreaterThanOrEqual(validityEndsAt(desk.state));
    expect(questions).toBeGreaterThanOrEqual(LIMITS.statusMaxAttemptsAfterExpiry);
    expect(desk.journal.at(-1)).toMatchObject({ type: 'gaveUp', reason: 'no-answer' });
  });

  it('of a maker that has never heard of the offer is over', () => {
    const desk = taker().queued();
    waitForQuestion(desk);
    desk.questionGot(refusal('ERR_OFFER_UNKNOWN', 'no such offer here'));
    expect(desk.state).toMatchObject({ phase: 'lost', reason: 'unknown-offer' });
  });
});

describe('an approval', () => {
  it('is confirmed in the journal before it is answered', () => {
    const desk = taker().queued();
    const confirming = desk.approved(1);
    expect(confirming.records).toEqual([{ type: 'confirmed', at: START, epoch: 1, until: START + 10_000 }]);
    expect(confirming.answer).toEqual({ kind: 'confirmed', epoch: 1 });
  });

  it('that overtakes the answer to the acceptance is confirmed as well', () => {
    const desk = taker().accepting();
    expect(desk.approved(1).answer).toEqual({ kind: 'confirmed', epoch: 1 });
    desk.acceptanceGot({ kind: 'queued', position: 0 });
    expect(desk.state.phase).toBe('confirmed');
  });

  it('again gets the same answer, and no second record', () => {
    const desk = taker().confirmed();
    for (let times = 0; times < 3; times += 1) {
      const again = desk.approved(1);
      expect(again.answer).toEqual({ kind: 'confirmed', epoch: 1 });
      expect(again.records).toEqual([]);
    }
    desk.receives(done());
    expect(desk.approved(1).answer).toEqual({ kind: 'confirmed', epoch: 1 });
  });

  it('of a later reservation says that the earlier one is over', () => {
    const desk = taker().confirmed(1);
    const later = desk.approved(3);
    expect(later.records).toMatchObject([
      { type: 'released', epoch: 1 },
      { type: 'confirmed', epoch: 3 },
    ]);
    expect(later.answer).toEqual({ kind: 'confirmed', epoch: 3 });
  });

  it('of an earlier reservation is stale', () => {
    const desk = taker().confirmed(3);
    expect(codeOf(desk.approved(2).answer)).toBe('ERR_STALE_EPOCH');
    desk.released(3);
    expect(codeOf(desk.approved(3).answer)).toBe('ERR_STALE_EPOCH');
    expect(desk.state.phase).toBe('accepting');
  });

  it('without an epoch is refused by whoever speaks the whole protocol', () => {
    expect(codeOf(taker().queued().approved(null).answer)).toBe('ERR_INVALID_MESSAGE');
  });

  it('of an offer that is over for this taker is refused with a real error', () => {
    for (const desk of [lost(), withdrawn()]) expect(codeOf(desk.approved(1).answer)).toBe('ERR_NOT_INTERESTED');
  });

  it('is refused if it is not of the maker', () => {
    for (const [, desk] of EVERY_PHASE) {
      const names = { offerId: offerId('offer-1'), maker: MAKER.id, taker: A.id };
      const message = { cmd: 'offer:accept:approved', ...names, epoch: 5, until: null } as const;
      const transition = desk().expectNoChange({ kind: 'message', from: STRANGER, message });
      expect(codeOf(transition.answer)).toBe('ERR_CONTRADICTION');
    }
  });
});

describe('in doubt: confirmed, and the decision not known', () => {
  it('never concludes anything by time', () => {
    const desk = taker().confirmed();
    for (let questions = 0; questions < 200; questions += 1) {
      waitForQuestion(desk);
      desk.questionGot([LOST, UNSENT, refusal('ERR_OVERLOADED', 'too much')][questions % 3] ?? LOST);
    }
    expect(desk.now).toBeGreaterThan(START + 10 * VALIDITY_MS);
    expect(desk.state).toMatchObject({ phase: 'confirmed', epoch: 1 });
  });

  it('is shown once, and the taker never stops asking, with bounded pauses', () => {
    const desk = taker().confirmed();
    const notices: string[] = [];
    for (let questions = 0; questions < 30; questions += 1) {
      expect((dueAt(takerDeadline(desk.state)) ?? Infinity) - desk.now).toBeLessThanOrEqual(
        LIMITS.confirmedStatusMaxMs,
      );
      waitForQuestion(desk);
      notices.push(...eventsOf(desk.questionGot(LOST)));
    }
    expect(notices).toEqual(['deal.in_doubt']);
  });

  it('also remains when the maker says that it knows nothing: it has lost its journal, and nobody can tell', () => {
    const desk = taker().confirmed();
    waitForQuestion(desk);
    desk.questionGot(refusal('ERR_OFFER_UNKNOWN', 'no such offer here'));
    expect(desk.state.phase).toBe('confirmed');
  });

  it('survives a restart, which asks at once', () => {
    const desk = taker().confirmed();
    expect(sentBy(desk.restart())).toEqual(['offer:status>maker']);
    expect(desk.state).toMatchObject({ phase: 'confirmed', epoch: 1 });
  });

  it('can not be withdrawn from', () => {
    expect(codeOf(taker().confirmed().expectNoChange({ kind: 'withdraw' }).answer)).toBe('ERR_OFFER_IN_DOUBT');
  });

  it('ends as won by the word of the maker, told or asked', () => {
    const told = taker().confirmed();
    expect(told.receives(done()).records).toEqual([{ type: 'won', at: START, epoch: 1 }]);
    const asked = taker().confirmed();
    waitForQuestion(asked);
    expect(typesOf(asked.questionGot(status('awarded', 'won', 1)))).toEqual(['won']);
  });

  it.each<[Outcome, LossReason]>([
    ['awarded', 'taken'],
    ['cancelled', 'cancelled'],
    ['expired', 'expired'],
  ])('ends as lost when the offer was %s, told or asked', (outcome, reason) => {
    const told = taker().confirmed();
    expect(told.receives(done({ outcome, winner: outcome === 'awarded' ? STRANGER.id : null })).records).toMatchObject([
      { type: 'lost', reason },
    ]);
    const asked = taker().confirmed();
    waitForQuestion(asked);
    expect(asked.questionGot(status(outcome, 'lost', 2)).records).toMatchObject([{ type: 'lost', reason }]);
  });

  it.each([['none'], ['queued']] as const)(
    'ends with a release (%s): the taker accepts again, at the end of the queue',
    (standing) => {
      const desk = taker().confirmed();
      waitForQuestion(desk);
      const released = desk.questionGot(status('open', standing, 1));
      expect(typesOf(released)).toEqual(['released']);
      expect(sentBy(released)).toEqual(['offer:accept>maker']);
      expect(eventsOf(released)).toEqual(['award.lost_hold', 'acceptance.sent']);
    },
  );

  it('while the maker still holds the offer for it there is nothing to conclude', () => {
    const desk = taker().confirmed();
    waitForQuestion(desk);
    expect(desk.questionGot(status('reserved', 'reserved', 1)).records).toEqual([]);
    expect(desk.state.phase).toBe('confirmed');
    expect(dueAt(takerDeadline(desk.state))).toBeGreaterThan(desk.now);
  });

  it.each([
    status('open', 'none', 1),
    status('reserved', 'queued', 1),
    status('reserved', 'reserved', 1),
    status('awarded', 'won', 1),
  ])('an answer from before the reservation says nothing about it ($standing)', (answer) => {
    const desk = taker().confirmed(2);
    waitForQuestion(desk);
    expect(desk.questionGot(answer).records).toEqual([]);
    expect(desk.state).toMatchObject({ phase: 'confirmed', epoch: 2 });
  });

  it('a release of an earlier reservation, delayed or repeated, changes nothing', () => {
    const desk = taker().confirmed(1);
    desk.released(1);
    desk.acceptanceGot({ kind: 'queued', position: 0 });
    desk.approved(2);
    expect(desk.released(1).records).toEqual([]);
    expect(desk.state).toMatchObject({ phase: 'confirmed', epoch: 2 });
  });

  it('a release is told by its maker alone', () => {
    const names = { offerId: offerId('offer-1'), maker: MAKER.id, taker: A.id };
    const message = { cmd: 'offer:accept:released', ...names, epoch: 1 } as const;
    taker().confirmed().expectNoChange({ kind: 'message', from: STRANGER, message });
  });
});

describe('an operator closes a doubt by hand', () => {
  it('and that is recorded as such', () => {
    const desk = taker().confirmed();
    const decision = desk.do({ kind: 'resolve', as: 'lost' });
    expect(decision.records).toEqual([{ type: 'closed', at: START, as: 'lost' }]);
    expect(decision.notices).toMatchObject([{ event: 'deal.closed_by_hand', as: 'lost' }]);
    expect(codeOf(desk.expectNoChange({ kind: 'resolve', as: 'won' }).answer)).toBe('ERR_WRONG_STATE');
  });

  it.each([
    ['won', true, false],
    ['won', false, true],
    ['lost', true, true],
    ['lost', false, false],
  ] as const)('as %s, and the truth that arrives later (won: %s) is recorded beside it', (as, isOurs, contradicts) => {
    const desk = closed(as);
    const truth = desk.receives(done({ winner: isOurs ? A.id : STRANGER.id }));
    expect(truth.records).toMatchObject([{ type: 'truth', outcome: 'awarded', won: isOurs }]);
    expect(truth.notices).toMatchObject([{ event: 'deal.truth', contradicts }]);
    expect(truth.answer).toEqual({ kind: 'acknowledged' });
    expect(desk.state).toMatchObject({ phase: 'closed', closedAs: as });
  });

  it('the same truth again is acknowledged again, and neither recorded nor told again, not even after a restart', () => {
    const desk = closed('lost');
    desk.receives(done());
    for (let times = 0; times < 3; times += 1) {
      const again = desk.receives(done());
      expect(again.answer).toEqual({ kind: 'acknowledged' });
      expect(again.records).toEqual([]);
      expect(again.notices).toEqual([]);
      desk.restart();
    }
    expect(desk.journal.filter(({ type }) => type === 'truth')).toHaveLength(1);
  });

  it('as won: it stands by its confirmation, or the maker would give to another what we say we have', () => {
    expect(closed('won').approved(1).answer).toEqual({ kind: 'confirmed', epoch: 1 });
    expect(codeOf(closed('won').approved(2).answer)).toBe('ERR_NOT_INTERESTED');
    expect(codeOf(closed('lost').approved(1).answer)).toBe('ERR_NOT_INTERESTED');
  });

  it('a second truth that is another one is a contradiction', () => {
    const desk = closed('lost');
    desk.receives(done());
    const other = desk.expectNoChange({ kind: 'message', from: MAKER, message: done({ winner: STRANGER.id }) });
    expect(codeOf(other.answer)).toBe('ERR_CONTRADICTION');
  });
});

describe('in a restored copy', () => {
  it.each([
    ['accepted', () => taker().accepting()],
    ['confirmed', () => taker().confirmed()],
  ])('an offer that was %s is void: not accepted again, and the truth is recorded when it comes', (_phase, make) => {
    const desk = make();
    const voided = desk.do({ kind: 'void' });
    expect(voided.records).toMatchObject([{ type: 'voided' }]);
    expect(voided.effects).toEqual([]);
    expect(eventsOf(voided)).toEqual(['offer.voided']);
    expect(takerFinished(desk.state)).toBe(true);
    expect(codeOf(desk.approved(7).answer)).toBe('ERR_NOT_INTERESTED');
    const truth = desk.receives(done());
    expect(truth.records).toMatchObject([{ type: 'truth', outcome: 'awarded', won: true }]);
    expect(truth.notices).toMatchObject([{ event: 'deal.truth', contradicts: false }]);
  });

  it('what is final stays final', () => {
    for (const desk of [won(), lost(), closed('lost')]) expect(desk.do({ kind: 'void' }).records).toEqual([]);
  });
});

describe('equivocation is reported and changes nothing', () => {
  const claims: readonly (readonly [what: string, desk: () => TakerUnderTest, message: OfferDone])[] = [
    ['a won offer is awarded to another', won, done({ winner: STRANGER.id })],
    ['a won offer is cancelled', won, done({ outcome: 'cancelled', winner: null, epoch: null })],
    ['a won offer was won in another reservation', won, done({ epoch: 2 })],
    ['a lost offer is awarded to us', lost, done()],
    ['a withdrawn acceptance is awarded', withdrawn, done()],
    ['an award in a reservation that we did not confirm', () => taker().confirmed(1), done({ epoch: 2 })],
    ['an award without a confirmation', () => taker().queued(), done()],
    ['an award of an offer that was never accepted', seen, done()],
  ];
  it.each(claims)('%s', (_what, desk, message) => {
    const transition = desk().expectNoChange({ kind: 'message', from: MAKER, message });
    expect(codeOf(transition.answer)).toBe('ERR_CONTRADICTION');
    expect(eventsOf(transition)).toEqual(['peer.contradiction']);
  });

  it('also when it comes as an answer to a question', () => {
    const desk = taker().confirmed(1);
    waitForQuestion(desk);
    expect(eventsOf(desk.questionGot(status('awarded', 'won', 2)))).toEqual(['peer.contradiction']);
    expect(desk.state.phase).toBe('confirmed');
  });

  it('the end of an offer told by somebody else than its maker is not believed', () => {
    for (const [, desk] of EVERY_PHASE) {
      desk().expectNoChange({ kind: 'message', from: STRANGER, message: done({ winner: STRANGER.id }) });
    }
  });

  it('the end of an offer without an outcome is refused from whoever speaks the whole protocol', () => {
    for (const [, desk] of EVERY_PHASE) {
      const message = done({ outcome: null, winner: null, epoch: null });
      const transition = desk().expectNoChange({ kind: 'message', from: MAKER, message });
      expect(codeOf(transition.answer)).toBe('ERR_INVALID_MESSAGE');
    }
  });
});

describe('what is final stays final', () => {
  const inputs: readonly TakerInput[] = [
    { kind: 'accept' },
    { kind: 'withdraw' },
    { kind: 'resolve', as: 'won' },
    { kind: 'tick' },
    { kind: 'message', from: MAKER, message: { cmd: 'offer:new', terms: terms() } },
    { kind: 'result', to: MAKER, correlation: { what: 'question' }, result: status('open', 'none', 9) },
    { kind: 'result', to: MAKER, correlation: { what: 'acceptance', round: 1, attempt: 1 }, result: LOST },
    { kind: 'recover' },
  ];
  it.each(EVERY_PHASE.filter(([phase]) => ['won', 'lost', 'withdrawn', 'closed'].includes(phase)))(
    '%s',
    (phase, desk) => {
      const final = desk();
      final.tickAfter(100 * VALIDITY_MS);
      for (const input of inputs) {
        const transition = final.do(input);
        expect(transition.records).toEqual([]);
        expect(transition.effects).toEqual([]);
      }
      final.approved(9);
      final.released(9);
      expect(final.state.phase).toBe(phase);
      expect(dueAt(takerDeadline(final.state))).toBeNull();
    },
  );
});

describe('a maker of the original', () => {
  it('has queued the acceptance when it says anything but no', () => {
    const desk = ofOriginal().accepting({ expiresAt: null });
    desk.acceptanceGot({ kind: 'accepted' });
    expect(desk.state.phase).toBe('queued');
  });

  it('says no: lost', () => {
    const desk = ofOriginal().accepting({ expiresAt: null });
    desk.acceptanceGot({ kind: 'declined' });
    expect(desk.state).toMatchObject({ phase: 'lost', reason: 'taken' });
  });

  it('makes the deal with its approval, journalled before it is answered; again gets the same answer', () => {
    const desk = ofOriginal().queued({ expiresAt: null });
    const deal = desk.approved(null);
    expect(deal.records).toEqual([{ type: 'won', at: START, epoch: null }]);
    expect(deal.answer).toEqual({ kind: 'confirmed', epoch: null });
    const again = desk.approved(null);
    expect(again.answer).toEqual({ kind: 'confirmed', epoch: null });
    expect(again.records).toEqual([]);
    expect(desk.restart().effects).toEqual([]);
    expect(desk.state.phase).toBe('won');
  });

  it('is refused with a real error by whoever has withdrawn', () => {
    const desk = ofOriginal().queued({ expiresAt: null });
    desk.do({ kind: 'withdraw' });
    expect(codeOf(desk.approved(null).answer)).toBe('ERR_NOT_INTERESTED');
  });

  it('says that it is done: lost to all but the one who has it', () => {
    const message = done({ outcome: null, winner: null, epoch: null, maker: null });
    const waiting = ofOriginal().queued({ expiresAt: null });
    waiting.receives(message);
    expect(waiting.state).toMatchObject({ phase: 'lost', reason: 'taken' });
    const winner = ofOriginal().queued({ expiresAt: null });
    winner.approved(null);
    expect(winner.receives(message).answer).toEqual({ kind: 'acknowledged' });
    expect(winner.state.phase).toBe('won');
  });

  it('can not be asked: the taker gives up when the assumed validity is over', () => {
    const desk = ofOriginal().queued({ expiresAt: null });
    const deadline = dueAt(takerDeadline(desk.state));
    expect(deadline).toBe(START + LIMITS.assumedValidityMs + LIMITS.clockSkewMs);
    const end = desk.tickAfter((deadline ?? 0) - desk.now);
    expect(end.effects).toEqual([]);
    expect(end.records).toMatchObject([{ type: 'gaveUp', reason: 'no-answer' }]);
  });
});

it('a step is a function of its inputs, and an idle tick gives back the very same state', () => {
  for (const [, desk] of EVERY_PHASE) {
    const { state } = desk();
    const input = { kind: 'message', from: MAKER, message: done() } as const;
    expect(stepTaker(state, input, envAt(START + 1), A.id)).toEqual(stepTaker(state, input, envAt(START + 1), A.id));
    expect(stepTaker(state, { kind: 'tick' }, envAt(START), A.id).state).toBe(state);
  }
});

describe('the validity of an offer', () => {
  const DAY = 24 * 3_600_000;

  it.each([
    ['issued in the far future', { issuedAt: START + 29 * DAY, expiresAt: START + 58 * DAY }],
    ['without a time of issue', { issuedAt: null, expiresAt: START + 31 * DAY }],
    ['valid for longer than 30 days from now', { issuedAt: START, expiresAt: START + 31 * DAY }],
  ])('is bounded by our own clock: %s', (_what, change) => {
    const desk = taker();
    expect(desk.receivesOffer(change).answer).toMatchObject({ kind: 'refused', code: 'ERR_INVALID_MESSAGE' });
    expect(desk.hasState).toBe(false);
  });

  it('may come from a clock that is ahead by less than an hour', () => {
    const ahead = LIMITS.validitySkewMs;
    const desk = taker();
    expect(desk.receivesOffer({ issuedAt: START + ahead, expiresAt: START + ahead + 30 * DAY }).answer).toEqual({
      kind: 'acknowledged',
    });
  });
});
