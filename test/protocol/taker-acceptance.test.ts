/** Getting an acceptance to the maker, rule by rule. */
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/protocol/errors.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { refusal } from '../../src/protocol/messages.ts';
import type { LossReason } from '../../src/protocol/records.ts';
import { validityEndsAt, takerDeadline, isTakerFinished } from '../../src/protocol/taker-state.ts';
import { LOST, UNSENT, taker, codeOf, seen } from './takers.ts';
import { eventsOf, sentBy, typesOf } from './one-desk.ts';
import { dueAt, MAKER, START, terms, VALIDITY_MS } from './values.ts';

describe('an acceptance', () => {
  it('is recorded and sent; the same command again has no effect', () => {
    const desk = seen();
    const accepting = desk.do({ kind: 'accept' });
    expect(accepting.records).toEqual([{ type: 'accepting', at: START, terms: terms(), dialect: 'grapevine' }]);
    expect(sentBy(accepting)).toEqual(['offer:accept>maker']);
    expect(eventsOf(accepting)).toEqual(['acceptance.sent']);
    expect(desk.expectNoChange({ kind: 'accept' }).answer).toEqual({ kind: 'acknowledged' });
  });

  it('is retried with exponential back-off until the maker has it', () => {
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
  ] as const)(
    'is given up after a set number of attempts, and the program learns the reason (%o: %s)',
    (result, reason) => {
      const desk = taker().accepting({ expiresAt: START + 100 * VALIDITY_MS });
      for (let attempt = 1; attempt < LIMITS.acceptMaxAttempts; attempt += 1) {
        expect(eventsOf(desk.acceptanceGot(result))).toEqual(['acceptance.retry']);
        desk.tickAfter((dueAt(takerDeadline(desk.state)) ?? 0) - desk.now);
      }
      const end = desk.acceptanceGot(result);
      expect(end.records).toMatchObject([{ type: 'gaveUp', reason }]);
      expect(end.notices).toMatchObject([{ event: 'deal.lost', reason, gaveUp: true }]);
      expect(isTakerFinished(desk.state)).toBe(true);
      expect(dueAt(takerDeadline(desk.state))).toBeNull();
    },
  );

  it('is given up when the offer is no longer valid, and the program learns the reason', () => {
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
  ])('that is refused with %s loses the offer (%s)', (code, reason) => {
    const desk = taker().accepting();
    const end = desk.acceptanceGot(refusal(code, 'no'));
    expect(end.records).toMatchObject([{ type: 'lost', reason }]);
    expect(end.notices).toMatchObject([{ event: 'deal.lost', reason, gaveUp: false }]);
  });

  it.each<[ErrorCode, ErrorCode]>([
    ['ERR_OFFER_TAKEN', 'ERR_OFFER_TAKEN'],
    ['ERR_OFFER_CANCELLED', 'ERR_OFFER_CANCELLED'],
    ['ERR_REFUSED', 'ERR_WRONG_STATE'],
    ['ERR_PRICE_LIMIT', 'ERR_WRONG_STATE'],
    ['ERR_UNSIGNED', 'ERR_WRONG_STATE'],
  ])('that is refused with %s: later commands are refused with %s', (code, answer) => {
    const desk = taker().accepting();
    desk.acceptanceGot(refusal(code, 'no'));
    for (const kind of ['accept', 'withdraw'] as const) expect(codeOf(desk.do({ kind }).answer)).toBe(answer);
  });

  it('that was given up cannot be withdrawn', () => {
    const desk = taker().accepting({ expiresAt: START + 100 * VALIDITY_MS });
    while (desk.state.phase === 'accepting') {
      desk.acceptanceGot(refusal('ERR_QUEUE_FULL', '256 acceptances are waiting already'));
      desk.tickAfter((dueAt(takerDeadline(desk.state)) ?? desk.now) - desk.now);
    }
    const text = 'nothing to withdraw: gaveUp (refused)';
    expect(desk.expectNoChange({ kind: 'withdraw' }).answer).toEqual(refusal('ERR_WRONG_STATE', text));
  });

  it('is sent again after a restart, with all its attempts', () => {
    const desk = taker().queued();
    expect(sentBy(desk.restart())).toEqual(['offer:accept>maker']);
    expect(desk.state).toMatchObject({ phase: 'accepting', attempt: 1 });
  });

  it('is not affected by an answer to another attempt or another round', () => {
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

  it('is refused after the validity of the offer', () => {
    const desk = seen();
    desk.now = validityEndsAt(desk.state);
    const late = desk.do({ kind: 'accept' });
    expect(codeOf(late.answer)).toBe('ERR_OFFER_EXPIRED');
    expect(late.records).toEqual([]);
  });
});
