/** The options of a run, and how long it may take. */
import { parseArgs } from 'node:util';

export interface ChaosOptions {
  /** The least number of deals that are decided before the faults end. */
  readonly deals: number;
  readonly seed: number;
  readonly makers: number;
  readonly takers: number;
  /** Milliseconds from one kill to the next, on average; 0 for none. */
  readonly killEveryMs: number;
  /** Offers that are open at the same time. */
  readonly openMax: number;
  /** Longest validity of an offer. */
  readonly validMaxMs: number;
  /** Where the data folders are made; the system's place for temporary files by default. */
  readonly folder: string | null;
}

export const USAGE = `Usage: npm run chaos -- --deals N --seed S [options]

  --deals N        deals that are decided before everything is healed (100)
  --seed S         of the plan of offers, kills and faults (1)
  --makers M       processes that make offers (3)
  --takers K       processes that take them (4)
  --kill-every MS  between two kills, on average; 0 for none (700)
  --open N         offers that are open at the same time (12)
  --valid-for MS   longest validity of an offer (30000)
  --folder PATH    where to make the data folders (the place for temporary files)
`;

const FALLBACK = {
  deals: '100',
  seed: '1',
  makers: '3',
  takers: '4',
  'kill-every': '700',
  open: '12',
  'valid-for': '30000',
};

type NumberName = keyof typeof FALLBACK;

const LEAST: Record<NumberName, number> = {
  deals: 1,
  seed: 0,
  makers: 1,
  takers: 1,
  'kill-every': 0,
  open: 1,
  'valid-for': 1_000,
};

/** @throws Error with a text for people */
export function readOptions(args: readonly string[]): ChaosOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      deals: text,
      seed: text,
      makers: text,
      takers: text,
      'kill-every': text,
      open: text,
      'valid-for': text,
      folder: text,
    },
  });
  const read = (name: NumberName): number => {
    const value = values[name] ?? FALLBACK[name];
    const number = Number(value);
    if (/^\d+$/.test(value) && Number.isSafeInteger(number) && number >= LEAST[name]) return number;
    throw new Error(`--${name} must be a whole number of at least ${LEAST[name]}`);
  };
  return {
    deals: read('deals'),
    seed: read('seed'),
    makers: read('makers'),
    takers: read('takers'),
    killEveryMs: read('kill-every'),
    openMax: read('open'),
    validMaxMs: read('valid-for'),
    folder: values.folder ?? null,
  };
}

const START_MS = 60_000;
/** Waits of the protocol double up to a minute. This long after the last fault, every desk must have made progress. */
const SETTLE_MS = 150_000;
const STOP_MS = 30_000;

/** @returns how long each stage may take, and the whole run */
export function boundsOf({ deals, killEveryMs, validMaxMs }: ChaosOptions): {
  readonly startMs: number;
  readonly tradeMs: number;
  readonly settleMs: number;
  readonly totalMs: number;
} {
  // The market waits for a kill for every third deal. The machine may be busy with other work.
  const perDealMs = Math.max(2_000, killEveryMs);
  const [tradeMs, settleMs] = [30_000 + deals * perDealMs, SETTLE_MS + validMaxMs];
  // Every desk is up before the trade, and again after the last kill.
  return { startMs: START_MS, tradeMs, settleMs, totalMs: 2 * START_MS + tradeMs + settleMs + STOP_MS };
}
