/** Approvals, and the end of a hold, rule by rule. */
import { describe, expect, it } from 'vitest';
import { A, STRANGER, taker, done, codeOf, EVERY_PHASE, lost, withdrawn } from './takers.ts';
import { MAKER, offerId, START } from './values.ts';

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
