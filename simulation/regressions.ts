/**
 * Seeds of worlds that have found a defect of the product or of the simulator. They run in every test run. A seed stays useful as long as
 * the order of random draws does not change much.
 */
export interface Regression {
  readonly seed: number;
  readonly liveness: boolean;
  /** The defect that it found, and the date. */
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
  {
    seed: 25_830,
    liveness: false,
    found: 'the world ended before the validity of an offer that only a taker still knew',
  },
  {
    seed: 41_987,
    liveness: false,
    found: 'the checker of agreement held a better bid for passed over that had just lost its place in a full queue',
  },
];
