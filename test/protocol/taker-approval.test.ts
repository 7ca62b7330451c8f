/** Approvals, and the end of a hold, rule by rule. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import type { Decimal } from '../../src/protocol/ids.ts';
import { sentBy, typesOf } from './one-desk.ts';
import { A, codeOf, done, EVERY_PHASE, lost, status, STRANGER, taker, withdrawn, won } from './takers.ts';
import { MAKER, offerId, START } from './values.ts';

describe('an approval', () => {
  it('is recorded and confirmed', () => {
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

  it('gets the same answer when it is repeated, and no second record', () => {
    const desk = taker().confirmed();
    for (let times = 0; times < 3; times += 1) {
      const again = desk.approved(1);
      expect(again.answer).toEqual({ kind: 'confirmed', epoch: 1 });
      expect(again.records).toEqual([]);
    }
    desk.receives(done());
    expect(desk.approved(1).answer).toEqual({ kind: 'confirmed', epoch: 1 });
  });

  it('of a later reservation ends the earlier one', () => {
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

  it('without an epoch is refused, but for makers of the original', () => {
    expect(codeOf(taker().queued().approved(null).answer)).toBe('ERR_INVALID_MESSAGE');
  });

  it('of an offer that is over for this taker is refused with an error', () => {
    for (const desk of [lost(), withdrawn()]) expect(codeOf(desk.approved(1).answer)).toBe('ERR_NOT_INTERESTED');
  });

  it('is refused if it is not of the maker', () => {
    for (const [, desk] of EVERY_PHASE) {
      const names = { offerId: offerId('offer-1'), maker: MAKER.id, taker: A.id };
      const message = { cmd: 'offer:accept:approved', ...names, epoch: 5, until: null } as const;
      const result = desk().expectNoChange({ kind: 'message', from: STRANGER, message });
      expect(codeOf(result.answer)).toBe('ERR_CONTRADICTION');
    }
  });

  it('of another reservation than the one that was won is stale', () => {
    const desk = won();
    for (const epoch of [0, 2]) expect(codeOf(desk.approved(epoch).answer)).toBe('ERR_STALE_EPOCH');
    expect(desk.state).toMatchObject({ phase: 'won', epoch: 1 });
  });

  it('is stored with the end of the hold, if it has one, and with the signature of its maker', () => {
    const names = { offerId: offerId('offer-1'), maker: MAKER.id, taker: A.id };
    const message = { cmd: 'offer:accept:approved', ...names, epoch: 1, until: null } as const;
    const auth = { sig: 'signature' };
    const confirming = taker().queued().do({ kind: 'message', from: MAKER, message, auth });
    expect(confirming.records).toEqual([{ type: 'confirmed', at: START, epoch: 1, auth }]);
  });

  it('at another price than the confirmed one is a contradiction, also after a withdrawal and a new acceptance', () => {
    const desk = withdrawn();
    desk.do({ kind: 'accept' });
    desk.approved(1);
    const names = { offerId: offerId('offer-1'), maker: MAKER.id, taker: A.id };
    const message = { cmd: 'offer:accept:approved', ...names, epoch: 2, until: null, unitPrice: '60001' as Decimal };
    expect(codeOf(desk.receives({ ...message, cmd: 'offer:accept:approved' }).answer)).toBe('ERR_CONTRADICTION');
    expect(desk.state).toMatchObject({ phase: 'confirmed', epoch: 1 });
  });
});

describe('the message that a hold has ended', () => {
  it('makes a queued taker accept again, and does not disturb one that is accepting', () => {
    expect(sentBy(taker().queued().released(1))).toEqual(['offer:accept>maker']);
    const accepting = taker().accepting();
    expect(sentBy(accepting.released(1))).toEqual([]);
    expect(accepting.state).toMatchObject({ phase: 'accepting', epochFloor: 1 });
  });

  it('makes approvals of that hold and of earlier ones stale', () => {
    const desk = taker().accepting();
    desk.released(2);
    for (const epoch of [1, 2]) expect(codeOf(desk.approved(epoch).answer)).toBe('ERR_STALE_EPOCH');
    expect(desk.approved(3).answer).toEqual({ kind: 'confirmed', epoch: 3 });
  });

  it('counts after a restart if the hold was confirmed', () => {
    const desk = taker().confirmed(3);
    desk.released(3);
    desk.restart();
    expect(desk.state).toMatchObject({ phase: 'accepting', releasedEpoch: 3, epochFloor: 3 });
    expect(codeOf(desk.approved(3).answer)).toBe('ERR_STALE_EPOCH');
  });

  it('is forgotten in a restart if the hold was not confirmed: the status of a later confirmation tells it again', () => {
    const desk = taker().queued();
    desk.released(3);
    desk.restart();
    expect(desk.state).toMatchObject({ phase: 'accepting', releasedEpoch: 0, epochFloor: 0 });
    expect(desk.approved(3).answer).toEqual({ kind: 'confirmed', epoch: 3 });
    desk.tickAfter(LIMITS.confirmedStatusMinMs);
    expect(typesOf(desk.questionGot(status('open', 'none', 4)))).toEqual(['released']);
  });

  it('changes nothing for an earlier hold than the confirmed one, or for one that has ended', () => {
    const confirmed = taker().confirmed(3);
    confirmed.released(2);
    expect(confirmed.state).toMatchObject({ phase: 'confirmed', epoch: 3, epochFloor: 0 });
    const accepting = taker().accepting();
    accepting.released(3);
    accepting.released(2);
    expect(accepting.state.epochFloor).toBe(3);
    const queued = taker().queued();
    queued.released(3);
    queued.acceptanceGot({ kind: 'queued', position: 1 });
    expect(sentBy(queued.released(3))).toEqual([]);
  });
});
