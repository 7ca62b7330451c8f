/** What waits for the disk: docs/PROTOCOL.md, "What waits for the disk", looked at step by step. */
import { describe, expect, it } from 'vitest';
import { EPOCHS_PER_LIFE, epochBase, nextEpoch } from '../../src/protocol/epochs.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { stepMaker } from '../../src/protocol/maker.ts';
import type { SendResult } from '../../src/protocol/messages.ts';
import { MakerUnderTest, sentBy, TakerUnderTest, typesOf } from './one-desk.ts';
import { envAt, offerId, peer, MAKER, START, terms } from './values.ts';

const A = peer('A');
const B = peer('B');
const LOST: SendResult = { kind: 'unknown', code: 'ERR_TIMEOUT' };

describe('what must be durable before messages are sent', () => {
  it('maker: opened, released, awarded, cancelled, expired, voided; not: reserved, delivered', () => {
    const opening = stepMaker(null, { kind: 'open', terms: terms() }, envAt(START));
    expect([opening.mustSync, typesOf(opening)]).toEqual([true, ['opened']]);
    const maker = MakerUnderTest.withOffer();
    const reserved = maker.acceptedBy(A);
    expect([reserved.mustSync, typesOf(reserved), sentBy(reserved)]).toEqual([
      false,
      ['reserved'],
      ['offer:accept:approved>A'],
    ]);
    const released = maker.tickAfter(LIMITS.reservationMs);
    expect([released.mustSync, typesOf(released)]).toEqual([true, ['released']]);
    maker.acceptedBy(B);
    const awarded = maker.approvalGot(B, 2, { kind: 'confirmed', epoch: 2 });
    expect([awarded.mustSync, typesOf(awarded)]).toEqual([true, ['awarded']]);
    const delivered = maker.deliveryGot(B, { kind: 'acknowledged' });
    expect([delivered.mustSync, typesOf(delivered)]).toEqual([false, ['delivered']]);
    for (const input of [{ kind: 'cancel' }, { kind: 'void' }] as const) {
      expect(MakerUnderTest.withOffer().do(input).mustSync).toBe(true);
    }
    expect(MakerUnderTest.withOffer({ expiresAt: START + 5 }).tickAfter(5).mustSync).toBe(true);
  });

  it('maker: a reservation for a client of the original, to which the approval is the deal', () => {
    const reserved = MakerUnderTest.withOffer().acceptedBy(peer('O', 'original'));
    expect([reserved.mustSync, typesOf(reserved)]).toEqual([true, ['reserved']]);
  });

  it('only the first broadcast of an offer is sent while its step waits', () => {
    const opening = stepMaker(null, { kind: 'open', terms: terms() }, envAt(START));
    expect(opening.effects).toMatchObject([{ kind: 'broadcast', isRepeated: false, isImmediate: true }]);
    const maker = MakerUnderTest.withOffer();
    const steps = [
      maker.tickAfter(LIMITS.announceAgainMinMs),
      maker.acceptedBy(A),
      maker.approvalGot(A, 1, { kind: 'confirmed', epoch: 1 }),
    ];
    for (const { effects } of steps) {
      expect(effects.length).toBeGreaterThan(0);
      for (const effect of effects) expect(effect).not.toHaveProperty('isImmediate');
    }
  });

  it('taker: confirmed, won, closed, withdrawn, and lost after a confirmation; not: accepting, released, and lost before', () => {
    const taker = (): TakerUnderTest => new TakerUnderTest(A);
    const done = (winner: string): Parameters<TakerUnderTest['receives']>[0] => ({
      cmd: 'offer:done',
      offerId: offerId('offer-1'),
      maker: MAKER.id,
      outcome: 'awarded',
      winner: peer(winner).id,
      epoch: 1,
    });
    const desk = taker();
    desk.receivesOffer();
    expect(desk.do({ kind: 'accept' })).toMatchObject({ mustSync: false, records: [{ type: 'accepting' }] });
    expect(taker().queued().receives(done('B'))).toMatchObject({ mustSync: false, records: [{ type: 'lost' }] });
    expect(taker().queued().do({ kind: 'withdraw' })).toMatchObject({
      mustSync: true,
      records: [{ type: 'withdrawn' }],
    });
    expect(taker().queued().approved(1)).toMatchObject({ mustSync: true, records: [{ type: 'confirmed' }] });
    expect(taker().confirmed().released(1)).toMatchObject({ mustSync: false, records: [{ type: 'released' }] });
    expect(taker().confirmed().receives(done('A'))).toMatchObject({ mustSync: true, records: [{ type: 'won' }] });
    expect(taker().confirmed().receives(done('B'))).toMatchObject({ mustSync: true, records: [{ type: 'lost' }] });
    expect(taker().confirmed().do({ kind: 'resolve', as: 'lost' })).toMatchObject({ mustSync: true });
  });

  /**
   * The record of the release may be lost. If the loss were shown and its record lost as well, the offer would be in doubt
   * again, for ever if the maker is gone.
   */
  it('taker: lost and given up after a hold that was released', () => {
    const released = (): TakerUnderTest => {
      const taker = new TakerUnderTest(A).confirmed();
      taker.released(1);
      return taker;
    };
    const refused = { kind: 'refused', code: 'ERR_OFFER_TAKEN', text: '' } as const;
    expect(released().acceptanceGot(refused)).toMatchObject({ mustSync: true, records: [{ type: 'lost' }] });
    const silent = { kind: 'unsent', code: 'ERR_CONNECT', text: '' } as const;
    const taker = released();
    let gaveUp = taker.acceptanceGot(silent);
    while (gaveUp.records.length === 0) {
      taker.tickAfter(LIMITS.acceptRetryMaxMs);
      gaveUp = taker.acceptanceGot(silent);
    }
    expect(gaveUp).toMatchObject({ mustSync: true, records: [{ type: 'gaveUp' }] });
  });

  /** The maker does not repeat a decision that was acknowledged. If it were lost, nobody would learn that the operator was wrong. */
  it('taker: the maker’s decision about a doubt that was resolved by hand', () => {
    const taker = new TakerUnderTest(A).confirmed();
    taker.do({ kind: 'resolve', as: 'lost' });
    const { offerId: id, maker } = taker.state.terms;
    const told = taker.receives({ cmd: 'offer:done', offerId: id, maker, outcome: 'awarded', winner: A.id, epoch: 1 });
    expect(told).toMatchObject({ mustSync: true, records: [{ type: 'truth', won: true }] });
  });
});

describe('the end of a hold', () => {
  /**
   * If the release were lost after it was sent, the hold would return with its epoch. Its taker could confirm again, then
   * receive the delayed release, and be awarded an offer that it had given up.
   */
  it('is durable before its taker is informed: no crash restores the hold', () => {
    const maker = MakerUnderTest.withOffer();
    maker.acceptedBy(A);
    const released = maker.tickAfter(LIMITS.reservationMs);
    expect(sentBy(released)).toContain('offer:accept:released>A');
    expect(released.mustSync).toBe(true);
    expect(maker.askedBy(A).answer).toMatchObject({ standing: 'none' });
  });
});

describe('epochs of reservations', () => {
  it('are numbered within a life, and are greater than those of earlier lives and of journals without lives', () => {
    expect(nextEpoch(0, 1)).toBe(EPOCHS_PER_LIFE + 1);
    expect(nextEpoch(EPOCHS_PER_LIFE + 7, 1)).toBe(EPOCHS_PER_LIFE + 8);
    expect(nextEpoch(EPOCHS_PER_LIFE + 7, 2)).toBe(2 * EPOCHS_PER_LIFE + 1);
    expect(nextEpoch(12, 3)).toBe(3 * EPOCHS_PER_LIFE + 1);
    expect(Number.isSafeInteger(epochBase(2 ** 33) - 1)).toBe(true);
  });

  it('are never used twice, whatever a crash loses', () => {
    const maker = MakerUnderTest.withOffer({ expiresAt: null });
    const seen = new Set<number>();
    for (maker.life = 1; maker.life < 20; maker.life += 1) {
      for (const taker of [A, B]) {
        maker.acceptedBy(taker);
        const { epoch } = maker.state;
        expect(seen.has(epoch)).toBe(false);
        seen.add(epoch);
        maker.tickAfter(LIMITS.reservationMs);
      }
      // The crash loses all records that were not durable.
      maker.journal = maker.journal.slice(0, 1);
      maker.restart();
    }
    expect(seen.size).toBe(38);
  });

  it('that are used up in a life end the holds, not the offer: acceptances are refused until the next start', () => {
    const maker = MakerUnderTest.withOffer({ expiresAt: null });
    maker.life = 1;
    maker.acceptedBy(A);
    const reserved = maker.journal.at(-1);
    if (reserved?.type !== 'reserved') throw new Error('not reserved');
    maker.journal[maker.journal.length - 1] = { ...reserved, epoch: epochBase(2) - 1 };
    maker.restart();
    expect(maker.acceptedBy(B).answer).toMatchObject({ kind: 'refused', code: 'ERR_OVERLOADED' });
    maker.tickAfter(LIMITS.reservationMs);
    expect(maker.state.phase).toBe('open');
    expect(maker.acceptedBy(A).answer).toMatchObject({ kind: 'refused', code: 'ERR_OVERLOADED' });
    maker.life = 2;
    maker.restart();
    expect(maker.acceptedBy(A).answer).toEqual({ kind: 'queued', position: 0 });
    expect(maker.state.epoch).toBe(epochBase(2) + 1);
  });

  it('of earlier lives are over for every taker that asks, except the reserved one', () => {
    const maker = MakerUnderTest.withOffer({ expiresAt: null });
    maker.life = 1;
    maker.acceptedBy(A);
    const held = maker.state.epoch;
    maker.life = 2;
    maker.restart();
    expect(maker.askedBy(A).answer).toMatchObject({ standing: 'reserved', epoch: held });
    expect(maker.askedBy(B).answer).toMatchObject({ standing: 'none', epoch: epochBase(2) });
  });

  it('a taker whose hold was lost learns that it is over, and accepts again', () => {
    const taker = new TakerUnderTest(A).confirmed(epochBase(1) + 5);
    taker.tickAfter(LIMITS.confirmedStatusMinMs);
    const told = taker.questionGot({ kind: 'status', phase: 'open', standing: 'none', epoch: epochBase(2) });
    expect(typesOf(told)).toEqual(['released']);
    expect(sentBy(told)).toEqual(['offer:accept>maker']);
  });

  it('the end of an offer counts whatever the epoch: no reservation follows it', () => {
    const taker = new TakerUnderTest(A).confirmed(epochBase(1) + 5);
    taker.tickAfter(LIMITS.confirmedStatusMinMs);
    const told = taker.questionGot({ kind: 'status', phase: 'cancelled', standing: 'lost', epoch: 0 });
    expect(told.records).toMatchObject([{ type: 'lost', reason: 'cancelled' }]);
  });
});

describe('the waits of an offer', () => {
  const HOUR = 3_600_000;

  it.each([-HOUR, HOUR])('do not change when the wall clock is set by %i ms', (jumpMs) => {
    const maker = MakerUnderTest.withOffer({ expiresAt: null });
    maker.acceptedBy(A);
    maker.approvalGot(A, 1, LOST);
    maker.wallOffsetMs += jumpMs;
    expect(typesOf(maker.tickAfter(LIMITS.reservationMs - 1))).toEqual([]);
    expect(typesOf(maker.tickAfter(1))).toEqual(['released']);

    const best = MakerUnderTest.withOffer({ award: 'best', windowMs: 5_000, issuedAt: START, expiresAt: null });
    best.acceptedBy(A);
    best.wallOffsetMs += jumpMs;
    expect(typesOf(best.tickAfter(4_999))).toEqual([]);
    expect(typesOf(best.tickAfter(1))).toEqual(['reserved']);

    const taker = new TakerUnderTest(A).confirmed();
    taker.wallOffsetMs += jumpMs;
    expect(sentBy(taker.tickAfter(LIMITS.confirmedStatusMinMs))).toEqual(['offer:status>maker']);
  });

  it('for the end of a `best` window are at most its full length after a restart', () => {
    const best = MakerUnderTest.withOffer({ award: 'best', windowMs: 5_000, issuedAt: START, expiresAt: null });
    best.wallOffsetMs = -HOUR;
    best.restart();
    best.acceptedBy(A);
    expect(typesOf(best.tickAfter(4_999))).toEqual([]);
    expect(typesOf(best.tickAfter(1))).toEqual(['reserved']);
  });

  it('only the validity is in wall time', () => {
    const maker = MakerUnderTest.withOffer({ expiresAt: START + 2 * HOUR });
    maker.wallOffsetMs = -HOUR;
    expect(typesOf(maker.tickAfter(2 * HOUR))).toEqual([]);
    maker.wallOffsetMs = HOUR;
    expect(typesOf(maker.do({ kind: 'tick' }))).toEqual(['expired']);
  });
});
