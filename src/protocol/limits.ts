/**
 * Limits of messages and of both lifecycles, the same for every desk. Times are milliseconds, sizes are bytes. Other folders have
 * a `limits.ts` of their own. docs/LIMITS.md lists them all, with what happens beyond each limit and the test that exceeds it.
 */
export const LIMITS = {
  // ---- what a stranger may send -------------------------------------------------------------------------------------
  /** A request's or an answer's body. */
  bodyMaxBytes: 32 * 1024,
  /** Nesting of arrays and objects in a body; our deepest message has 4 levels. */
  jsonMaxDepth: 8,
  /** Digits of an amount or a price: 20 before and 18 after the point, as on chains with 18 decimals. */
  decimalMaxDigits: 38,
  /** Digits of it after the point. */
  decimalMaxFraction: 18,
  /** Length of a peer's id or an offer's id. */
  idMaxLength: 64,
  /** Details of an offer or a report, in UTF-8. */
  detailsMaxBytes: 4_096,
  /** Length of a maker's own name for an offer. */
  referenceMaxLength: 64,
  /** How often an offer may be made under one reference, by renewal. */
  attemptsMax: 1_000,
  /** Length of a pair's name. */
  pairMaxLength: 32,
  /** Length of the text after the code in an error that we show or log. */
  errorTextMaxLength: 200,
  /** How far in the future an offer may end: 30 days. */
  validityMaxMs: 30 * 24 * 60 * 60 * 1000,

  // ---- the maker ----------------------------------------------------------------------------------------------------
  /** Acceptances that wait for one offer. */
  acceptancesPerOfferMax: 256,
  /** Statements of one batch share a signature: 2 to this power of them at most, so that a path has this many hashes at most. */
  batchDepthMax: 8,
  /** Desks that an offer can be directed to. */
  directedToMax: 32,
  /** How long an offer is held for one taker. */
  reservationMs: 10_000,
  /** The shortest hold for a stranger while others wait: it is halved for each stranger that was silent. */
  strangerHoldMinMs: 1_000,
  /** Approvals that got no answer are sent again after this, doubling. */
  approvalRetryMinMs: 200,
  approvalRetryMaxMs: 2_000,
  /** The same for an approval to a client of the original that is in doubt. */
  doubtRetryMinMs: 1_000,
  doubtRetryMaxMs: 60_000,
  /** An outcome that its taker has not acknowledged is sent again after this, doubling. */
  deliveryRetryMinMs: 500,
  deliveryRetryMaxMs: 60_000,
  /** A report that the other side has not acknowledged is sent again after this, doubling; and how often in all. */
  reportRetryMinMs: 1_000,
  reportRetryMaxMs: 600_000,
  reportMaxAttempts: 4_320,
  /** How long after the award an offer may let its winner report. */
  doneWithinMaxMs: 365 * 24 * 60 * 60_000,
  /** Attempts per start to deliver an outcome to the taker that must get it; the taker can ask at any time. */
  deliveryMaxAttempts: 12,
  /** An offer that stays open is announced again, for desks that came late or were not reached. */
  announceAgainMinMs: 2_000,
  announceAgainMaxMs: 60_000,

  // ---- the taker ----------------------------------------------------------------------------------------------------
  acceptRetryMinMs: 250,
  acceptRetryMaxMs: 10_000,
  /** Attempts to get an acceptance through before the taker gives up. */
  acceptMaxAttempts: 10,
  /** How long a queued taker waits before it asks for news. */
  queuedStatusMinMs: 10_000,
  queuedStatusMaxMs: 60_000,
  /** How long a taker that has confirmed waits before it asks. It never stops asking. */
  confirmedStatusMinMs: 1_000,
  confirmedStatusMaxMs: 30_000,
  /** Unanswered questions after the end of the validity, until a taker that never confirmed gives up. */
  statusMaxAttemptsAfterExpiry: 5,
  /** How far the clocks of two desks may differ; a larger difference only costs a round trip. */
  clockSkewMs: 30_000,
  /** How far a maker's clock may be ahead of ours when the bounds of its offer's validity are checked. */
  validitySkewMs: 60 * 60_000,
  /** How long an offer without `expiresAt` (from clients of the original demo) counts as valid. */
  assumedValidityMs: 10 * 60_000,

  // ---- the key and what is sealed to it -----------------------------------------------------------------------------
  /** What can be sealed: with a third for base64 and the frame around it, it still fits into `bodyMaxBytes`. */
  sealedTextMaxBytes: 23 * 1_024,

  // ---- a desk's memory ----------------------------------------------------------------------------------------------
  /** Own offers that may be open at once. */
  ownOffersMax: 100_000,
  /** Offers in one answer to `offer:list`. */
  listPageMax: 50,
  /** Size of these offers together, except the first, so that the answer fits into a body, also when it is sealed. */
  listPageMaxBytes: 20_000,
} as const;
