/** The maker's `offer:done`, rule by rule. */
import { describe, expect, it } from 'vitest';
import { typesOf } from './one-desk.ts';
import { A, closed, codeOf, done, ofOriginal, STRANGER, taker, won } from './takers.ts';
import { MAKER, START } from './values.ts';

describe('the end of an offer', () => {
  it('that was awarded to us is stored with the signature that proves it', () => {
    const auth = { sig: 'signature' };
    const told = taker().confirmed().do({ kind: 'message', from: MAKER, message: done(), auth });
    expect(told.records).toEqual([{ type: 'won', at: START, epoch: 1, by: 'done', auth }]);
    expect(taker().confirmed().receives(done()).records).toEqual([{ type: 'won', at: START, epoch: 1 }]);
  });

  it.each([[null], [2]])(
    'with us as the winner in another epoch (%s) than we confirmed is a contradiction',
    (epoch) => {
      const desk = taker().confirmed();
      const told = desk.expectNoChange({ kind: 'message', from: MAKER, message: done({ epoch }) });
      expect(codeOf(told.answer)).toBe('ERR_CONTRADICTION');
    },
  );

  it.each([[null], [1]])('that awards us what we did not confirm (epoch %s) is a contradiction', (epoch) => {
    const desk = taker().queued();
    const told = desk.expectNoChange({ kind: 'message', from: MAKER, message: done({ epoch }) });
    expect(codeOf(told.answer)).toBe('ERR_CONTRADICTION');
  });

  it('is not an award because it names us, if the offer was cancelled or has expired', () => {
    for (const outcome of ['cancelled', 'expired'] as const) {
      const told = taker()
        .confirmed()
        .receives(done({ outcome, winner: A.id }));
      expect(told.records).toMatchObject([{ type: 'lost', reason: outcome }]);
    }
  });

  it('is acknowledged by its winner when it is repeated; another end is a contradiction', () => {
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

  it('that names us without an award is no win, also after the doubt was resolved by hand', () => {
    const told = closed('lost').receives(done({ outcome: 'cancelled', winner: A.id }));
    expect(told.records).toMatchObject([{ type: 'truth', outcome: 'cancelled', won: false }]);
    expect(told.notices).toMatchObject([{ event: 'deal.truth', won: false, contradicts: false }]);
  });

  it('that differs from the maker’s decision that we recorded is a contradiction', () => {
    const desk = closed('lost');
    expect(typesOf(desk.receives(done({ outcome: 'cancelled', winner: null })))).toEqual(['truth']);
    const expired = done({ outcome: 'expired', winner: null });
    const told = desk.expectNoChange({ kind: 'message', from: MAKER, message: expired });
    expect(codeOf(told.answer)).toBe('ERR_CONTRADICTION');
  });
});
