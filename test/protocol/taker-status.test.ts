/** A taker that waits or is in doubt, rule by rule. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import { refusal, type Outcome, type StatusAnswer } from '../../src/protocol/messages.ts';
import type { Decimal } from '../../src/protocol/ids.ts';
import type { LossReason } from '../../src/protocol/records.ts';
import { validityEndsAt, takerDeadline } from '../../src/protocol/taker-state.ts';
import { A, STRANGER, LOST, UNSENT, taker, done, status, codeOf, waitForQuestion, closed } from './takers.ts';
import { eventsOf, sentBy, typesOf } from './one-desk.ts';
import { dueAt, MAKER, offerId, START, VALIDITY_MS } from './values.ts';

describe('waiting in the queue', () => {
  it('the taker asks for the status from time to time', () => {
    const desk = taker().queued();
    const wait = (dueAt(takerDeadline(desk.state)) ?? 0) - desk.now;
    expect(wait).toBeGreaterThanOrEqual(LIMITS.queuedStatusMinMs / 2);
    expect(sentBy(desk.tickAfter(wait))).toEqual(['offer:status>maker']);
    desk.questionGot(status('reserved', 'queued', 4));
    expect(dueAt(takerDeadline(desk.state))).toBeGreaterThan(desk.now);
    expect(desk.state.phase).toBe('queued');
  });

  it('a maker that has lost the acceptance gets it again', () => {
    const desk = taker().queued();
    waitForQuestion(desk);
    const again = desk.questionGot(status('open', 'none', 0));
    expect(sentBy(again)).toEqual(['offer:accept>maker']);
    expect(again.records).toEqual([]);
  });

  it('a taker in the queue that sees a repeated announcement asks, and accepts again', () => {
    const desk = taker().queued();
    expect(sentBy(desk.receivesOffer())).toEqual(['offer:status>maker']);
    const told = desk.questionGot({ kind: 'status', phase: 'open', standing: 'none', epoch: 0 });
    expect(sentBy(told)).toEqual(['offer:accept>maker']);
  });

  it.each(['queued', 'confirmed'] as const)(
    '%s: repeated announcements change nothing and cause few status queries',
    (phase) => {
      const desk = phase === 'queued' ? taker().queued() : taker().confirmed();
      const standing = phase === 'queued' ? 'queued' : 'reserved';
      const sent: string[] = [];
      let changes = 0;
      for (let times = 0; times < 18_000; times += 1) {
        desk.now += times % 6 === 0 ? 1 : 0;
        const result = desk.receivesOffer();
        changes += result.records.length + result.notices.length;
        sent.push(...sentBy(result));
        if (desk.state.isStatusQueryInFlight)
          desk.questionGot({ kind: 'status', phase: 'reserved', standing, epoch: 1 });
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
  ])('the taker learns that the offer was %s', (phase, reason) => {
    const desk = taker().queued();
    waitForQuestion(desk);
    expect(desk.questionGot(status(phase, 'lost', 1)).records).toMatchObject([{ type: 'lost', reason }]);
  });

  it('after an answer that contradicts itself the taker still waits before it asks again', () => {
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

  it('the taker gives up only after several unanswered status queries past the validity', () => {
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

  it('the taker stops if the maker does not know the offer', () => {
    const desk = taker().queued();
    waitForQuestion(desk);
    desk.questionGot(refusal('ERR_OFFER_UNKNOWN', 'no such offer here'));
    expect(desk.state).toMatchObject({ phase: 'lost', reason: 'unknown-offer' });
  });
});

describe('in doubt: confirmed, and the decision is not known', () => {
  it('time alone decides nothing', () => {
    const desk = taker().confirmed();
    for (let questions = 0; questions < 200; questions += 1) {
      waitForQuestion(desk);
      desk.questionGot([LOST, UNSENT, refusal('ERR_OVERLOADED', 'too much')][questions % 3] ?? LOST);
    }
    expect(desk.now).toBeGreaterThan(START + 10 * VALIDITY_MS);
    expect(desk.state).toMatchObject({ phase: 'confirmed', epoch: 1 });
  });

  it('it is shown once, and the taker never stops asking, with limited waits', () => {
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

  it('it remains if the maker does not know the offer: it has lost its journal', () => {
    const desk = taker().confirmed();
    waitForQuestion(desk);
    desk.questionGot(refusal('ERR_OFFER_UNKNOWN', 'no such offer here'));
    expect(desk.state.phase).toBe('confirmed');
  });

  it('it survives a restart, after which the taker asks at once', () => {
    const desk = taker().confirmed();
    expect(sentBy(desk.restart())).toEqual(['offer:status>maker']);
    expect(desk.state).toMatchObject({ phase: 'confirmed', epoch: 1 });
  });

  it('the acceptance cannot be withdrawn', () => {
    expect(codeOf(taker().confirmed().expectNoChange({ kind: 'withdraw' }).answer)).toBe('ERR_OFFER_IN_DOUBT');
  });

  it('it ends as won by the maker’s `offer:done` or status answer', () => {
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
  ])('it ends as lost when the offer was %s, by `offer:done` or by a status answer', (outcome, reason) => {
    const told = taker().confirmed();
    expect(told.receives(done({ outcome, winner: outcome === 'awarded' ? STRANGER.id : null })).records).toMatchObject([
      { type: 'lost', reason },
    ]);
    const asked = taker().confirmed();
    waitForQuestion(asked);
    expect(asked.questionGot(status(outcome, 'lost', 2)).records).toMatchObject([{ type: 'lost', reason }]);
  });

  it.each([['none'], ['queued']] as const)(
    'it ends with a release (%s): the taker accepts again, at the end of the queue',
    (standing) => {
      const desk = taker().confirmed();
      waitForQuestion(desk);
      const released = desk.questionGot(status('open', standing, 1));
      expect(typesOf(released)).toEqual(['released']);
      expect(sentBy(released)).toEqual(['offer:accept>maker']);
      expect(eventsOf(released)).toEqual(['award.lost_hold', 'acceptance.sent']);
    },
  );

  it('it remains while the maker still holds the offer for the taker', () => {
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

  it('only the maker can send a release', () => {
    const names = { offerId: offerId('offer-1'), maker: MAKER.id, taker: A.id };
    const message = { cmd: 'offer:accept:released', ...names, epoch: 1 } as const;
    taker().confirmed().expectNoChange({ kind: 'message', from: STRANGER, message });
  });
});

describe('an operator resolves a doubt by hand', () => {
  it('and that is recorded as a decision by hand', () => {
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
  ] as const)(
    'as %s, and the maker’s decision that arrives later (won: %s) is recorded as well',
    (as, isOurs, contradicts) => {
      const desk = closed(as);
      const truth = desk.receives(done({ winner: isOurs ? A.id : STRANGER.id }));
      expect(truth.records).toMatchObject([{ type: 'truth', outcome: 'awarded', won: isOurs }]);
      expect(truth.notices).toMatchObject([{ event: 'deal.truth', contradicts }]);
      expect(truth.answer).toEqual({ kind: 'acknowledged' });
      expect(desk.state).toMatchObject({ phase: 'closed', closedAs: as });
    },
  );

  it('the maker’s repeated decision is acknowledged, but not recorded or shown again, even after a restart', () => {
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

  it('as won: it still confirms, so that the maker does not award the offer to another taker', () => {
    expect(closed('won').approved(1).answer).toEqual({ kind: 'confirmed', epoch: 1 });
    expect(codeOf(closed('won').approved(2).answer)).toBe('ERR_NOT_INTERESTED');
    expect(codeOf(closed('lost').approved(1).answer)).toBe('ERR_NOT_INTERESTED');
  });

  it('a different second decision of the maker is a contradiction', () => {
    const desk = closed('lost');
    desk.receives(done());
    const other = desk.expectNoChange({ kind: 'message', from: MAKER, message: done({ winner: STRANGER.id }) });
    expect(codeOf(other.answer)).toBe('ERR_CONTRADICTION');
  });
});

describe('an answer to a status query', () => {
  it('with an award to us counts only at the price that we confirmed', () => {
    const desk = taker().confirmed();
    waitForQuestion(desk);
    const answer = { ...status('awarded', 'won', 1), unitPrice: '60001' as Decimal };
    const told = desk.questionGot(answer);
    expect(told.records).toEqual([]);
    expect(eventsOf(told)).toEqual(['peer.contradiction']);
  });

  it('with an award to us is stored with the signature that proves it', () => {
    const desk = taker().confirmed();
    waitForQuestion(desk);
    const auth = { sig: 'signature' };
    const told = desk.questionGot({ ...status('awarded', 'won', 1), auth });
    expect(told.records).toMatchObject([{ type: 'won', epoch: 1, by: 'status', auth }]);
  });

  it.each(['open', 'reserved'] as const)(
    'that we have lost an offer that is still %s is invalid, and ends nothing',
    (phase) => {
      for (const desk of [taker().confirmed(), taker().queued()]) {
        waitForQuestion(desk);
        expect(desk.questionGot(status(phase, 'lost', 1)).records).toEqual([]);
      }
    },
  );

  it('with a later hold of ours ends the confirmed one', () => {
    const desk = taker().confirmed();
    waitForQuestion(desk);
    expect(typesOf(desk.questionGot(status('reserved', 'reserved', 2)))).toEqual(['released']);
  });

  it('that is a refusal ends the waiting only if the maker does not know the offer', () => {
    const overloaded = taker().queued();
    waitForQuestion(overloaded);
    overloaded.questionGot({ kind: 'refused', code: 'ERR_OVERLOADED', text: '' });
    expect(overloaded.state.phase).toBe('queued');
    const unknown = taker().queued();
    waitForQuestion(unknown);
    unknown.questionGot({ kind: 'refused', code: 'ERR_OFFER_UNKNOWN', text: '' });
    expect(unknown.state).toMatchObject({ phase: 'lost', reason: 'unknown-offer' });
  });

  it.each([['queued'], ['confirmed']] as const)('`none` resets the waits of announcements (%s)', (phase) => {
    const desk = taker()[phase]();
    desk.receivesOffer();
    expect(desk.state).toMatchObject({ isStatusQueryInFlight: true, announcedQueries: 1 });
    desk.questionGot(status('open', 'none', 1));
    expect(desk.state).toMatchObject({ phase: 'accepting', announcedQueries: 0 });
  });

  it('resets the count of failed status queries', () => {
    const desk = taker().queued();
    waitForQuestion(desk);
    desk.questionGot(LOST);
    expect(desk.state.failedQueries).toBe(1);
    waitForQuestion(desk);
    desk.questionGot(status('open', 'queued', 0));
    expect(desk.state.failedQueries).toBe(0);
  });

  it('that is invalid counts as no answer', () => {
    const desk = taker().confirmed();
    waitForQuestion(desk);
    const told = desk.questionGot({ kind: 'acknowledged' });
    expect(told.notices).toMatchObject([{ event: 'deal.in_doubt', reason: 'ERR_ANSWER_INVALID' }]);
  });
});
