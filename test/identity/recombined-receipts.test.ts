/** Genuine parts of many deals that have much in common, put together anew: they prove a deal only if that deal was made. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyProof } from '../../src/identity/verify-proof.ts';
import { GrapevineError } from '../../src/protocol/errors.ts';
import type { OfferId, PeerId } from '../../src/protocol/ids.ts';
import type { Confirmation } from '../../src/protocol/messages.ts';
import { effort } from '../effort.ts';
import {
  formerPartsOf,
  formerReceipt,
  MAKER,
  OTHER,
  partsOf,
  price,
  receipt,
  TAKER,
  TERMS,
  verify,
  type FormerParts,
  type Parts,
} from './genuine-parts.ts';

const RUNS = { seed: 1, numRuns: effort({ short: 60, long: 5_000 }) };
const DEALS_MAX = 6;

/** Few of each, so that two deals often differ in one thing only. */
const deal: fc.Arbitrary<Confirmation> = fc
  .record({
    offerId: fc.constantFrom('o1', 'o2'),
    maker: fc.constantFrom(MAKER, OTHER),
    amount: fc.constantFrom(price('1'), price('2')),
    // Genuine, and no deal where the offer was not for this taker.
    to: fc.constantFrom({}, { to: [TAKER] }),
    taker: fc.constantFrom(TAKER, 'd'.repeat(64) as PeerId),
    epoch: fc.constantFrom(1, 2),
    bid: fc.constantFrom({}, { unitPrice: price('8000') }, { unitPrice: price('8001') }),
  })
  .map(({ offerId, maker, amount, to, taker, epoch, bid }) => ({
    terms: { ...TERMS, offerId: offerId as OfferId, maker, amount, ...to },
    taker,
    epoch,
    ...bid,
  }));

const manyDeals = fc.uniqueArray(deal, { minLength: 2, maxLength: DEALS_MAX, selector: (one) => JSON.stringify(one) });

/** From which deal each part is taken. */
function picks(parts: number): fc.Arbitrary<number[][]> {
  const pick = fc.array(fc.nat(DEALS_MAX - 1), { minLength: parts, maxLength: parts });
  return fc.array(pick, { minLength: 10, maxLength: 30 });
}

function recombined<P extends object>(all: readonly P[], names: readonly (keyof P)[], pick: readonly number[]): P {
  const parts = names.map((name, at) => [name, all[(pick[at] ?? 0) % all.length]?.[name]] as const);
  return Object.fromEntries(parts) as P;
}

function isPossible({ terms, taker }: Confirmation): boolean {
  return terms.to?.includes(taker) !== false;
}

function proven({ terms, taker, epoch, unitPrice }: Confirmation): object {
  return { kind: 'deal', terms, taker, epoch, unitPrice: unitPrice ?? terms.unitPrice };
}

/** Null: it proves nothing. */
function verified(proof: unknown): unknown {
  try {
    return verifyProof(proof, verify);
  } catch (error) {
    if (error instanceof GrapevineError && error.code === 'ERR_RECEIPT') return null;
    throw error;
  }
}

describe('recombined parts', () => {
  it('are verified only if they are one of the genuine receipts', () => {
    let proofs = 0;
    fc.assert(
      fc.property(manyDeals, picks(3), (deals, chosen) => {
        const receipts = deals.map(partsOf);
        const genuine = new Map(deals.map((each, index) => [JSON.stringify(receipts[index]), each]));
        for (const pick of chosen) {
          const parts = recombined<Parts>(receipts, ['offer', 'confirmation', 'award'], pick);
          const made = genuine.get(JSON.stringify(parts));
          const expected = made !== undefined && isPossible(made) ? proven(made) : null;
          expect(verified(receipt(parts))).toEqual(expected);
          if (expected !== null) proofs += 1;
        }
      }),
      RUNS,
    );
    expect(proofs).toBeGreaterThan(RUNS.numRuns / 4);
  });

  it('of protocol version 1 prove only deals that were made', () => {
    // Here each offer has an id of its own: a confirmation of version 1 does not repeat the terms, so that a maker that signs two
    // offers under one id makes two receipts, and a proof of its own equivocation.
    const honest = manyDeals.map((deals) =>
      deals.map((each, index) => ({ ...each, terms: { ...each.terms, offerId: `o${index}` as OfferId } })),
    );
    let proofs = 0;
    fc.assert(
      fc.property(honest, picks(5), (deals, chosen) => {
        const receipts = deals.map((each, index) => formerPartsOf(each, index % 2 === 0 ? {} : { question: {} }));
        const whole = receipts.map((_, index) => Array<number>(5).fill(index));
        for (const pick of [...chosen, ...whole]) {
          const names = ['offer', 'acceptance', 'approval', 'confirmation', 'award'] as const;
          const proof = verified(formerReceipt(recombined<FormerParts>(receipts, names, pick)));
          if (proof === null) continue;
          expect(deals.filter(isPossible).map(proven)).toContainEqual(proof);
          proofs += 1;
        }
      }),
      RUNS,
    );
    expect(proofs).toBeGreaterThan(RUNS.numRuns / 4);
  });
});
