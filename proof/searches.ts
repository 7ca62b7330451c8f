/**
 * The searches: the model with all rules, in several sizes, and once without each rule. docs/PROOF.md describes them.
 */
export const PROMISES = ['S1', 'S2', 'S3', 'S4', 'L1'] as const;
export type Promised = (typeof PROMISES)[number];

export interface Search {
  readonly name: string;
  /** The purpose of this search, or the rule that is removed; for people. */
  readonly about: string;
  /** Macros of the model; a number gives the macro that value. */
  readonly macros: Readonly<Record<string, string | number | true>>;
  /** `kept`: no state breaks a promise. */
  readonly expected: 'kept' | Promised;
  /** Also checks the formula of temporal logic "every run ends". */
  readonly asFormula?: true;
  /** The search must reach every statement of the model. */
  readonly isComplete?: true;
}

const LAZY = 'LAZY';
const EARLY = { EARLY_ANSWERS: true } as const;
const ALONE = { ONE_TAKER: true, MAKER_CRASHES: 0, TAKER_CRASHES: 0 } as const;
/** The offer never expires, its takers stay interested, and every acceptance arrives once. */
const WILLING = { NO_END: true, NO_LEAVE: true, ONCE: true, PER_LIFE: 4 } as const;

const WITH_ALL_RULES: readonly Omit<Search, 'expected'>[] = [
  { name: 'all-rules', about: 'one crash on each side, one silent taker', macros: EARLY, isComplete: true },
  { name: 'two-maker-crashes', about: 'the maker crashes twice', macros: { MAKER_CRASHES: 2 } },
  {
    name: 'two-taker-crashes',
    about: 'the takers crash twice, two silent takers',
    macros: { TAKER_CRASHES: 2, SILENCES: 2 },
  },
  { name: 'accepting-anew', about: 'a taker accepts anew what it withdrew or gave up', macros: { ANEW: 1 } },
  {
    name: 'lost-is-waited-for',
    about: 'every loss is waited for: then nobody is in doubt again',
    macros: { LOSS_ENDS_DOUBT: true, LOSS_WRITE: 'WAITED' },
  },
  { name: 'closed-by-hand', about: 'an operator ends a doubt', macros: { BY_HAND: true } },
  { name: 'original', about: 'one taker is a client of the original', macros: { ORIGINAL: true } },
  { name: 'willing-takers', about: 'the offer is awarded where it does not end', macros: WILLING },
  {
    name: 'one-willing-taker',
    about: 'the same with one taker that crashes twice and is silent twice',
    macros: { ...WILLING, ONE_TAKER: true, TAKER_CRASHES: 2, SILENCES: 2, PER_LIFE: 6 },
  },
  {
    name: 'everything-ends',
    about: 'L1 as a formula; messages may be repeated without end',
    macros: {},
    asFormula: true,
  },
];

const WITHOUT_A_RULE: readonly Search[] = [
  {
    name: 'confirmed-not-waited-for',
    about: "taker's confirmation is said before it is durable",
    macros: { CONFIRMED_WRITE: LAZY },
    expected: 'S3',
  },
  {
    name: 'awarded-not-waited-for',
    about: 'an award is told before it is durable',
    macros: { AWARDED_WRITE: LAZY },
    expected: 'S4',
  },
  {
    name: 'awarded-twice',
    about: 'the same, when only S1 is looked at',
    macros: { AWARDED_WRITE: LAZY, ONLY: 'S1' },
    expected: 'S1',
  },
  {
    name: 'ended-not-waited-for',
    about: 'cancelled or expired is told before it is durable',
    macros: { ENDED_WRITE: LAZY },
    expected: 'S4',
  },
  {
    name: 'opened-not-waited-for',
    about: 'an approval is sent before the offer is durable',
    macros: { ONE_TAKER: true, NO_WAIT_OPENED: true },
    expected: 'L1',
  },
  {
    name: 'released-not-waited-for',
    about: 'the end of a hold whose taker was silent is told before it is durable',
    macros: { RELEASED_WRITE: LAZY },
    expected: 'S2',
  },
  {
    name: 'refused-not-waited-for',
    about: 'the end of a hold that its taker refused is told before it is durable',
    macros: { ...EARLY, REFUSED_WRITE: LAZY },
    expected: 'S2',
  },
  {
    name: 'original-not-waited-for',
    about: 'the reservation for a client of the original is not durable before its approval',
    macros: { ORIGINAL: true, ORIGINALS_WRITE: LAZY },
    expected: 'S2',
  },
  {
    name: 'won-not-waited-for',
    about: 'won is shown before it is durable',
    macros: { WON_WRITE: LAZY },
    expected: 'S4',
  },
  {
    name: 'lost-not-waited-for',
    about: 'lost after a confirmation is shown before it is durable',
    macros: { LOST_WRITE: LAZY },
    expected: 'S4',
  },
  {
    name: 'closed-not-waited-for',
    about: 'closed by hand is shown before it is durable',
    macros: { BY_HAND: true, CLOSED_WRITE: LAZY },
    expected: 'S4',
  },
  {
    name: 'withdrawn-not-waited-for',
    about: 'withdrawn is shown before it is durable',
    macros: { WITHDRAWN_WRITE: LAZY },
    expected: 'S4',
  },
  {
    name: 'epochs-without-a-life',
    about: "a new life of the maker goes on with its journal's epochs",
    macros: { ...EARLY, NO_LIFE: true },
    expected: 'S2',
  },
  {
    name: 'life-not-waited-for',
    about: "a crash may forget that the maker's life has begun",
    macros: { ...EARLY, NO_WAIT_LIFE: true },
    expected: 'S2',
  },
  {
    name: 'answers-without-a-life',
    about: 'the answer to a question does not tell the life, but the latest epoch in the journal',
    macros: { ...WILLING, ONE_TAKER: true, NO_BASE: true },
    expected: 'L1',
  },
  {
    name: 'confirmation-of-any-epoch',
    about: 'a confirmation counts for whatever reservation there is',
    macros: { NO_EPOCH: true },
    expected: 'S3',
  },
  {
    name: 'old-answer-believed',
    about: 'an answer from before the reservation counts',
    macros: { BELIEVE_STALE: true },
    expected: 'S2',
  },
  {
    name: 'time-out-is-loss',
    about: 'a taker in doubt concludes by its clock that it has lost',
    macros: { TIMEOUT_IS_LOSS: true },
    expected: 'S2',
  },
  {
    name: 'never-asks',
    about: 'a taker in doubt does not ask',
    macros: { ONE_TAKER: true, NO_STATUS: true },
    expected: 'L1',
  },
  {
    name: 'confirms-what-is-over',
    about: 'a taker confirms a reservation that it knows to be over (messages may be repeated without end)',
    macros: { ...ALONE, NO_FLOOR: true },
    expected: 'L1',
    asFormula: true,
  },
  {
    name: 'error-after-doubt',
    about: "an error of an original's client counts after a doubt",
    macros: { ORIGINAL: true, BELIEVE_AN_ERROR: true },
    expected: 'S2',
  },
  {
    name: 'doubt-forgotten',
    about: "a restart forgets that an original's client may have taken the offer",
    macros: { ORIGINAL: true, FORGET_DOUBT: true },
    expected: 'S2',
  },
  {
    name: 'time-out-is-refusal',
    about: "no answer of an original's client counts as a refusal",
    macros: { ORIGINAL: true, TIMEOUT_IS_REFUSAL: true },
    expected: 'S2',
  },
];

/** Searches for more than the protocol promises. They show the effect of a wait that the protocol does not have. */
const WITH_MORE_PROMISED: readonly Search[] = [
  {
    name: 'lost-and-in-doubt-again',
    about: 'a taker that was shown the end before it confirmed may be in doubt after a crash, until it is told again',
    macros: { LOSS_ENDS_DOUBT: true },
    expected: 'S4',
  },
];

export const SEARCHES: readonly Search[] = [
  ...WITH_ALL_RULES.map((search) => ({ ...search, expected: 'kept' as const })),
  ...WITHOUT_A_RULE,
  ...WITH_MORE_PROMISED,
];
