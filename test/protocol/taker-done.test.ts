/** What the maker says about the end of an offer, where it is about us. */
import { describe, expect, it } from 'vitest';
import { typesOf } from './one-desk.ts';
import { A, closed, codeOf, done, ofOriginal, STRANGER, taker, won } from './takers.ts';
import { MAKER, START } from './values.ts';

describe('the end of an offer', () => {
  it('that was awarded to us is written with the signature that proves it', () => {
    const auth = { sig: 'signature' };
    const told = taker().confirmed().do({ kind: 'message', from: MAKER, message: done(), auth });
    expect(told.records).toEqual([{ type: 'won', at: START, epoch: 1, by: 'done', auth }]);
    expect(taker().confirmed().receives(done()).records).toEqual([{ type: 'won', at: START, epoch: 1 }]);
  });

  it.each([[null], [2]])('that names our confirmation with another epoch (%s) is a contradiction', (epoch) => {
    const desk = taker().confirmed();
    const told = desk.expectNoChange({ kind: 'message', from: MAKER, message: done({ epoch }) });
    expect(codeOf(told.answer)).toBe('ERR_CONTRADICTION');
  });

  it.each([[null], [1]])('that awards us what we did not confirm (epoch %s) is a contradiction', (epoch) => {
    const desk = taker().queued();
    const told = desk.expectNoChange({ kind: 'message', from: MAKER, message: done({ epoch }) });
    expect(codeOf(told.answer)).toBe('ERR_CONTRADICTION');
  });

  it('is no award because it names us, when the offer was cancelled or has expired', () => {
    for (const outcome of ['cancelled', 'expired'] as const) {
      const told = taker()
        .confirmed()
        .receives(done({ outcome, winner: A.id }));
      expect(told.records).toMatchObject([{ type: 'lost', reason: outcome }]);
    }
  });

  it('again is acknowledged by its winner; another end is a contradiction', () => {
    const desk = won();
    expect(desk.expectNoChange({ kind: 'message', from: MAKER, message: done() }).answer).toEqual({
      kind: 'acknowledged',
    });
    const other = desk.expectNoChange({ kind: 'message', from: MAKER, message: done({ winner: STRANGER.id }) });
    expect(codeOf(other.answer)).toBe('ERR_CONTRADICTION');
  });

  it('is acknowledged by a winner that got it from a client of the original, whose deals have no epoch', () => {
    const desk = ofOriginal().queued();
    desk.approved(null);
    const told = desk.expectNoChange({ kind: 'message', from: desk.maker, message: done() });
    expect(told.answer).toEqual({ kind: 'acknowledged' });
  });

  it('that is another one than the truth that we were told is a contradiction', () => {
    const desk = closed('lost');
    expect(typesOf(desk.receives(done({ outcome: 'cancelled', winner: null })))).toEqual(['truth']);
    const expired = done({ outcome: 'expired', winner: null });
    const told = desk.expectNoChange({ kind: 'message', from: MAKER, message: expired });
    expect(codeOf(told.answer)).toBe('ERR_CONTRADICTION');
  });
});
