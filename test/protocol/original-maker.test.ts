/** A maker that is a client of the original, rule by rule. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import { takerDeadline } from '../../src/protocol/taker-state.ts';
import { ofOriginal, done, codeOf } from './takers.ts';
import { dueAt, START } from './values.ts';

describe('a maker of the original', () => {
  it('has queued the acceptance if its answer is truthy', () => {
    const desk = ofOriginal().accepting({ expiresAt: null });
    desk.acceptanceGot({ kind: 'accepted' });
    expect(desk.state.phase).toBe('queued');
  });

  it('has not queued the acceptance if its answer is falsy: the offer is lost', () => {
    const desk = ofOriginal().accepting({ expiresAt: null });
    desk.acceptanceGot({ kind: 'declined' });
    expect(desk.state).toMatchObject({ phase: 'lost', reason: 'taken' });
  });

  it('makes the deal with its approval, which is recorded; a repetition gets the same answer', () => {
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

  it('gets an error from a taker that has withdrawn', () => {
    const desk = ofOriginal().queued({ expiresAt: null });
    desk.do({ kind: 'withdraw' });
    expect(codeOf(desk.approved(null).answer)).toBe('ERR_NOT_INTERESTED');
  });

  it('sends `offer:done`: lost for all but the winner', () => {
    const message = done({ outcome: null, winner: null, epoch: null, maker: null });
    const waiting = ofOriginal().queued({ expiresAt: null });
    waiting.receives(message);
    expect(waiting.state).toMatchObject({ phase: 'lost', reason: 'taken' });
    const winner = ofOriginal().queued({ expiresAt: null });
    winner.approved(null);
    expect(winner.receives(message).answer).toEqual({ kind: 'acknowledged' });
    expect(winner.state.phase).toBe('won');
  });

  it('cannot be asked: the taker gives up when the assumed validity is over', () => {
    const desk = ofOriginal().queued({ expiresAt: null });
    const deadline = dueAt(takerDeadline(desk.state));
    expect(deadline).toBe(START + LIMITS.assumedValidityMs + LIMITS.clockSkewMs);
    const end = desk.tickAfter((deadline ?? 0) - desk.now);
    expect(end.effects).toEqual([]);
    expect(end.records).toMatchObject([{ type: 'gaveUp', reason: 'no-answer' }]);
  });
});
