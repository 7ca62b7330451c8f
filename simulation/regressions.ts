/**
 * Worlds that once found something, in the product or in the simulator itself. They are run in every test run, for ever; a
 * seed says more or less the same as long as nothing is drawn in another order.
 */
export interface Regression {
  readonly seed: number;
  readonly liveness: boolean;
  /** What it found, and when. */
  readonly found: string;
}

const STALE_ANSWER =
  "a question that ends a hold was answered with a state that was never journalled (stepMaker's order)";

export const REGRESSIONS: readonly Regression[] = [
  { seed: 275, liveness: false, found: STALE_ANSWER },
  { seed: 42_639, liveness: false, found: STALE_ANSWER },
  { seed: 80_366, liveness: false, found: STALE_ANSWER },
  {
    seed: 1_010_596,
    liveness: false,
    found: 'the checker of L1 held a taker for willing whose last attempt had been lost before all was well',
  },
  {
    seed: 5_011_036,
    liveness: true,
    found: 'the checker of L1 held a taker for willing whose operator had closed its doubt by hand',
  },
  {
    seed: 7_795,
    liveness: false,
    found: 'a failed job was offered again while its maker reported it done',
  },
];
