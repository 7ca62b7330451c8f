/**
 * The promises of docs/PROTOCOL.md under a network, clocks and crashes that fast-check chooses. By default some hundred
 * runs from a fixed seed (with `npm run test:long` some thousand), so that what they must come across is the same for everybody; `PROTOCOL_RUNS=200000` for
 * more, `PROTOCOL_SEED` for others.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IllegalRecordError } from '../../src/protocol/lifecycle.ts';
import { effort } from '../effort.ts';
import { planArbitrary, play, type Defects, type Plan } from './adversary.ts';
import { MUTANTS } from './mutants.ts';
import { explain } from './story.ts';
import { Violation } from './world.ts';

const RUNS = Number(process.env['PROTOCOL_RUNS'] ?? effort({ short: 150, long: 2_000 }));
const MUTANT_RUNS = 2_000;
/** Each mutant is found in a fifth of the runs, so that a change of the plans does not let one escape by chance. */
const MUTANT_MARGIN = 5;
/** One with which each mutant is found within some hundred runs. */
const MUTANT_SEED = 43;
const seed = Number(process.env['PROTOCOL_SEED'] ?? 1);
/** A run in so many, on average; what an operator seldom does is rarer than the rest. */
const RUNS_PER_EVENT = 200;
const RUNS_PER_RARE_EVENT = 400;
const RARE: readonly string[] = ['closed', 'truth'];
const timeout = Math.max(60_000, RUNS * 20);

const families = {
  grapevine: planArbitrary({ min: 0, max: 0 }),
  mixed: planArbitrary({ min: 1, max: 2 }),
};

/** Runs that prove nothing are not worth their time: each of these has to happen often. */
const MUST_HAPPEN = {
  grapevine: [
    'awarded',
    'released',
    'cancelled',
    'expired',
    'confirmed',
    'won',
    'lost',
    'closed',
    'truth',
    'delivered',
    'awarded first',
    'awarded best',
    'awarded manual',
    'awarded at a bid',
    'accepted anew',
  ],
  mixed: [
    'awarded first',
    'awarded best',
    'awarded manual',
    'awarded',
    'released',
    'cancelled',
    'expired',
    'result accepted',
    'result refused',
    'result unsent',
  ],
};

describe('one maker and some takers in an adversarial network', () => {
  for (const family of ['grapevine', 'mixed'] as const) {
    it(`keep S1 to S4, and L1 once it heals (takers: ${family})`, { timeout }, () => {
      const counts = new Map<string, number>();
      const property = fc.property(families[family], (plan) => {
        for (const [what, times] of play(plan).counts) counts.set(what, (counts.get(what) ?? 0) + times);
      });
      const details = fc.check(property, { numRuns: RUNS, seed });
      if (details.failed) throw new Error(explain(details), { cause: details.errorInstance });
      if (RUNS > 2_000) process.stdout.write(`${family} ${JSON.stringify(Object.fromEntries([...counts].sort()))}\n`);
      for (const what of [
        ...MUST_HAPPEN[family],
        'crash before-durable',
        'crash after-durable',
        'crash idle',
        'step forgotten',
      ]) {
        expect(counts.get(what) ?? 0, what).toBeGreaterThan(
          RUNS / (RARE.includes(what) ? RUNS_PER_RARE_EVENT : RUNS_PER_EVENT),
        );
      }
    });
  }
});

describe('the model kills mutant', () => {
  for (const { name, family, breaks, defects } of MUTANTS) {
    it(`${name} (it breaks ${breaks})`, { timeout }, () => {
      // A mutant may break several promises; the run goes on until it breaks the one that it is here for.
      const property = fc.property(families[family], (plan) => !breaksWhenPlayed(plan, defects, breaks));
      const details = fc.check(property, { numRuns: MUTANT_RUNS, seed: MUTANT_SEED, endOnFailure: true });
      expect(details.failed).toBe(true);
      expect(details.numRuns).toBeLessThanOrEqual(MUTANT_RUNS / MUTANT_MARGIN);
    });
  }
});

function breaksWhenPlayed(plan: Plan, defects: Defects, promise: string): boolean {
  try {
    play(plan, defects);
    return false;
  } catch (error) {
    if (error instanceof Violation || error instanceof IllegalRecordError) return error.message.includes(promise);
    throw error;
  }
}
