/** Strangers with many keys do not keep others from an offer: docs/SECURITY.md, "Sybil attacks on the queue of an offer". */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import { refusal, type Peer } from '../../src/protocol/messages.ts';
import { makerDeadline } from '../../src/protocol/maker-state.ts';
import { stepMaker } from '../../src/protocol/maker.ts';
import { queueOfFreeKeys } from '../../testing/free-keys.ts';
import { MakerUnderTest } from './one-desk.ts';
import { envAt, MAKER, offerId, peer } from './values.ts';

const [A, B, C, D] = [peer('A'), peer('B'), peer('C'), peer('D')];
const SEEDS = Array.from({ length: 8 }, (_, seed) => seed);

describe('a full queue of 256 keys that never answer, and one more that holds the offer', () => {
  it('would, in order of arrival with full holds, make a stranger wait for each of them, and for ever if the keys come back', () => {
    expect(queueOfFreeKeys({ keys: 256, taker: 'stranger', comeBack: false }, 'plain', 1)).toBe(2_570_000);
    expect(queueOfFreeKeys({ keys: 256, taker: 'stranger', comeBack: true }, 'plain', 1)).toBeNull();
  });

  it('cost an honest stranger less than 200 s in the mean, or 400 s if the keys come back', () => {
    for (const comeBack of [false, true]) {
      const waits = SEEDS.map((seed) => queueOfFreeKeys({ keys: 256, taker: 'stranger', comeBack }, 'now', seed));
      const mean = waits.reduce<number>((sum, ms) => sum + (ms ?? Infinity), 0) / SEEDS.length;
      expect(mean).toBeLessThan(comeBack ? 400_000 : 200_000);
    }
  });

  it('cost a known taker one hold at most', () => {
    for (const seed of SEEDS) {
      const waitedMs = queueOfFreeKeys({ keys: 256, taker: 'known', comeBack: true }, 'now', seed);
      expect(waitedMs).toBeLessThanOrEqual(LIMITS.reservationMs);
    }
  });
});

function accept(maker: MakerUnderTest, taker: Peer, isKnown = false): void {
  const message = { cmd: 'offer:accept', offerId: offerId('offer-1'), maker: MAKER.id, taker: taker.id } as const;
  maker.do({ kind: 'message', from: taker, message, isKnown });
}

function holdMs(maker: MakerUnderTest): number {
  return (maker.state.reservation?.holdEndsAt ?? 0) - maker.now;
}

describe('the next taker to be reserved', () => {
  it('is the first that accepted, as long as every stranger has answered', () => {
    const maker = MakerUnderTest.withOffer();
    for (const taker of [A, B, C]) accept(maker, taker);
    maker.approvalGot(A, 1, refusal('ERR_NOT_INTERESTED', 'no'));
    expect(maker.state.reservation?.taker).toEqual(B);
  });

  it('is drawn among strangers after one did not answer', () => {
    const maker = MakerUnderTest.withOffer();
    for (const taker of [A, B, C, D]) accept(maker, taker);
    const late = maker.now + LIMITS.reservationMs;
    const next = [0, 0.4, 0.99].map((random) => {
      const { state } = stepMaker(maker.state, { kind: 'tick' }, envAt(late, { random }));
      return state?.reservation?.taker.id;
    });
    expect(next).toEqual(['B', 'C', 'D']);
  });

  it('is a known taker before any stranger, in order of arrival, each once', () => {
    const maker = MakerUnderTest.withOffer();
    accept(maker, A);
    accept(maker, B);
    accept(maker, C, true);
    accept(maker, D, true);
    maker.tickAfter(LIMITS.reservationMs);
    expect(maker.state.reservation?.taker).toEqual(C);
    maker.approvalGot(C, 2, refusal('ERR_NOT_INTERESTED', 'no'));
    expect(maker.state.reservation?.taker).toEqual(D);
    accept(maker, C, true);
    maker.approvalGot(D, 3, refusal('ERR_NOT_INTERESTED', 'no'));
    expect(maker.state.reservation?.taker).toEqual(B);
  });
});

describe('the hold of a stranger', () => {
  it('is halved for each one that did not answer, down to a second, while others wait', () => {
    const maker = MakerUnderTest.withOffer({ expiresAt: null });
    for (let key = 0; key < 10; key += 1) accept(maker, peer(`key-${key}`));
    const holds: number[] = [];
    while (maker.state.queue.length > 1) {
      holds.push(holdMs(maker));
      maker.tickAfter(holdMs(maker));
    }
    expect(holds.slice(0, 6)).toEqual([10_000, 5_000, 2_500, 1_250, 1_000, 1_000]);
  });

  it('is full while nobody else waits, and shorter when another taker accepts; that of a known taker is always full', () => {
    const maker = MakerUnderTest.withOffer({ expiresAt: null });
    accept(maker, A);
    accept(maker, B);
    maker.tickAfter(LIMITS.reservationMs);
    expect([maker.state.reservation?.taker, holdMs(maker)]).toEqual([B, LIMITS.reservationMs]);
    accept(maker, C, true);
    expect(holdMs(maker)).toBe(LIMITS.reservationMs / 2);
    expect(makerDeadline(maker.state).monotonicMs).toBeLessThanOrEqual(maker.now + LIMITS.reservationMs / 2);
    accept(maker, D);
    maker.tickAfter(LIMITS.reservationMs / 2);
    expect([maker.state.reservation?.taker, holdMs(maker)]).toEqual([C, LIMITS.reservationMs]);
  });

  it('is full for a taker that the operator has chosen', () => {
    const maker = MakerUnderTest.withOffer({ award: 'manual', expiresAt: null });
    for (const taker of [A, B, C]) accept(maker, taker);
    for (const { id } of [A, B]) {
      maker.do({ kind: 'choose', taker: id });
      expect(holdMs(maker)).toBe(LIMITS.reservationMs);
      maker.tickAfter(LIMITS.reservationMs);
    }
  });
});

describe('a full queue', () => {
  const full = (): MakerUnderTest => {
    const maker = MakerUnderTest.withOffer({ award: 'manual', expiresAt: null });
    for (let key = 0; key < LIMITS.acceptancesPerOfferMax; key += 1) accept(maker, peer(`key-${key}`));
    return maker;
  };
  const waits = (maker: MakerUnderTest, taker: Peer): boolean =>
    [...maker.state.queue].some((waiting) => waiting.taker.id === taker.id);

  it('has room for a known taker while a stranger waits in it', () => {
    const maker = full();
    accept(maker, A, true);
    expect([waits(maker, A), maker.state.queue.length]).toEqual([true, LIMITS.acceptancesPerOfferMax]);
  });

  it('admits strangers so that each that ever accepted is equally likely to wait', () => {
    const asked = 4 * LIMITS.acceptancesPerOfferMax;
    const count = { early: 0, late: 0 };
    const before = full().state;
    for (let seed = 1; seed <= 4; seed += 1) {
      let state = before;
      for (let key = LIMITS.acceptancesPerOfferMax; key < asked; key += 1) {
        const from = peer(`key-${key}`);
        const message = { cmd: 'offer:accept', offerId: offerId('offer-1'), maker: MAKER.id, taker: from.id } as const;
        const random = ((key * 7_919 * seed) % 10_007) / 10_007;
        const result = stepMaker(state, { kind: 'message', from, message }, envAt(1_000_000, { random }));
        if (result.state !== null) state = result.state;
      }
      const early = [...state.queue].filter(({ taker }) => Number(taker.id.slice(4)) < asked / 2).length;
      count.early += early;
      count.late += state.queue.length - early;
    }
    expect(count.early / (count.early + count.late)).toBeGreaterThan(0.4);
    expect(count.early / (count.early + count.late)).toBeLessThan(0.6);
  });
});
