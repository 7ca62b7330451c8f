/**
 * All random decisions of a run, from one seed: the offers, the kills, the fate of each request. The plan is the same for the same
 * seed. The run is not, as the timing of real processes varies.
 */
import { Dice } from '../simulation/dice.ts';
import type { OfferDraft } from '../src/index.ts';
import { PASS, type Fate, type FaultKind } from './fate.ts';

/** The probability per request. */
const FAULT_RATES: Record<FaultKind, number> = {
  delay: 0.09,
  drop: 0.03,
  'cut-request': 0.025,
  'cut-answer': 0.025,
  'lose-answer': 0.03,
  'close-unanswered': 0.025,
  duplicate: 0.05,
};

const SHORT_RATE = 0.1;
const CANCEL_RATE = 0.1;
const TERM_RATE = 0.2;
const AGAIN_RATE = 0.35;

/** @param name the desk behind the proxy; each desk has its own sequence */
export function fatesOf(seed: number, name: string): () => Fate {
  const dice = new Dice(seed, `fates ${name}`);
  return () => {
    let left = dice.fraction();
    // Always drawn, so that the sequence does not depend on its use.
    const ms = dice.spread(5, 1_500);
    for (const [kind, rate] of Object.entries(FAULT_RATES) as [FaultKind, number][]) {
      left -= rate;
      if (left < 0) return fateOf(kind, ms);
    }
    return PASS;
  };
}

function fateOf(kind: FaultKind, ms: number): Fate {
  switch (kind) {
    case 'delay':
      return { kind, ms };
    case 'duplicate':
      return { kind, afterMs: ms };
    default:
      return { kind };
  }
}

export interface PlannedOffer {
  /** The index of the maker; if it is down, another one makes the offer. */
  readonly maker: number;
  readonly draft: OfferDraft;
  readonly cancelAfterMs: number | null;
}

/** @param validMaxMs most offers are valid for at least half of this time, some only for a moment */
export function offersOf(seed: number, makers: number, validMaxMs: number): () => PlannedOffer {
  const dice = new Dice(seed, 'offers');
  return () => {
    const maker = dice.whole(0, makers - 1);
    const isShort = dice.chance(SHORT_RATE);
    const validForMs = isShort ? dice.whole(100, 2_000) : dice.whole(validMaxMs / 2, validMaxMs);
    const amount = `${dice.whole(1, 99)}.${dice.whole(1, 99)}`;
    const cancelAfterMs = dice.chance(CANCEL_RATE) ? dice.spread(1, 2_000) : null;
    return { maker, draft: { type: 'sell', amount, pair: 'BTC/USD', unitPrice: '8000', validForMs }, cancelAfterMs };
  };
}

export interface PlannedKill {
  readonly waitMs: number;
  /** In [0, 1): selects one of the desks that are up. */
  readonly victim: number;
  readonly signal: 'SIGKILL' | 'SIGTERM';
  /** The time until it is started again. */
  readonly pauseMs: number;
  /** The time from that start to another kill, while it starts or recovers; null: no other kill. */
  readonly againAfterMs: number | null;
}

/** @param everyMs the average time between kills */
export function killsOf(seed: number, everyMs: number): () => PlannedKill {
  const dice = new Dice(seed, 'kills');
  return () => ({
    waitMs: dice.whole(everyMs * 0.2, everyMs * 1.8),
    victim: dice.fraction(),
    signal: dice.chance(TERM_RATE) ? 'SIGTERM' : 'SIGKILL',
    pauseMs: dice.spread(1, 800),
    againAfterMs: dice.chance(AGAIN_RATE) ? dice.whole(100, 1_500) : null,
  });
}
