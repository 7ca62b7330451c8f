/**
 * Limits of messages and of both lifecycles, the same for every desk. Times are in milliseconds, sizes in bytes. Other
 * folders have their own `limits.ts`. docs/LIMITS.md lists all limits, with the effect of exceeding each;
 * test/docs/limits.test.ts names the test of each.
 */
export const LIMITS = {
  // ---- received messages --------------------------------------------------------------------------------------------
  /** Body of a request or an answer. */
  bodyMaxBytes: 32 * 1024,
  /** Nesting of arrays and objects in a body; our deepest message has 4 levels. */
  jsonMaxDepth: 8,
  /** Digits of an amount or a price: 20 before and 18 after the point, as on chains with 18 decimals. */
  decimalMaxDigits: 38,
  /** Digits of an amount or a price after the point. */
  decimalMaxFraction: 18,
  /** Length of a peer's id or an offer's id. */
  idMaxLength: 64,
  /** Details of an offer or a report, in UTF-8. */
  detailsMaxBytes: 4_096,
  /** Length of an offer's `reference`. */
  referenceMaxLength: 64,
  /** Offers under one reference, with all renewals. */
  attemptsMax: 1_000,
  /** Length of a pair's name. */
  pairMaxLength: 32,
  /** Length of the text after the code in an error that we show or log. */
  errorTextMaxLength: 200,
  /** The longest validity of an offer: 30 days. */
  validityMaxMs: 30 * 24 * 60 * 60 * 1000,

  // ---- the maker ----------------------------------------------------------------------------------------------------
  /** Acceptances in the queue of one offer. */
  acceptancesPerOfferMax: 256,
  /** The longest path of hashes in a batch of statements that share a signature: at most 2 to this power. */
  batchDepthMax: 8,
  /** Desks that an offer can be directed to. */
  directedToMax: 32,
  /** How long an offer is held for one taker. */
  reservationMs: 10_000,
  /** The shortest hold for a stranger while others wait. The hold is halved for each stranger that did not answer. */
  strangerHoldMinMs: 1_000,
  /** An approval without an answer is sent again after this wait, doubling. */
  approvalRetryMinMs: 200,
  approvalRetryMaxMs: 2_000,
  /** The same for an approval in doubt, to a client of the original. */
  doubtRetryMinMs: 1_000,
  doubtRetryMaxMs: 60_000,
  /** An outcome that its taker has not acknowledged is sent again after this wait, doubling. */
  deliveryRetryMinMs: 500,
  deliveryRetryMaxMs: 60_000,
  /**
   * A report that the other side has not acknowledged is sent again after this wait, doubling; and the number of
   * attempts.
   */
  reportRetryMinMs: 1_000,
  reportRetryMaxMs: 600_000,
  reportMaxAttempts: 4_320,
  /** The longest time for the winner's report, after the award. */
  doneWithinMaxMs: 365 * 24 * 60 * 60_000,
  /** Attempts to deliver an outcome to its taker, per start. The taker can ask at any time. */
  deliveryMaxAttempts: 12,
  /** Waits between the announcements of an open offer, for desks that are new or were not reached. */
  announceAgainMinMs: 2_000,
  announceAgainMaxMs: 60_000,

  // ---- the taker ----------------------------------------------------------------------------------------------------
  acceptRetryMinMs: 250,
  acceptRetryMaxMs: 10_000,
  /** Attempts to send an acceptance before the taker gives up. */
  acceptMaxAttempts: 10,
  /** Waits between the status queries of a queued taker. */
  queuedStatusMinMs: 10_000,
  queuedStatusMaxMs: 60_000,
  /** Waits between the status queries of a taker that has confirmed. It never stops asking. */
  confirmedStatusMinMs: 1_000,
  confirmedStatusMaxMs: 30_000,
  /** Failed status queries in a row, until a taker that has not confirmed gives up an offer that is over. */
  statusMaxAttemptsAfterExpiry: 5,
  /** How far the clocks of two desks may differ; a larger difference only costs a round trip. */
  clockSkewMs: 30_000,
  /** How far a maker's clock may be ahead of ours when the bounds of its offer's validity are checked. */
  validitySkewMs: 60 * 60_000,
  /** How long an offer without `expiresAt` (from clients of the original demo) counts as valid. */
  assumedValidityMs: 10 * 60_000,

  // ---- sealed messages ----------------------------------------------------------------------------------------------
  /** The longest text that can be sealed. In base64 and its frame it fits into `bodyMaxBytes`. */
  sealedTextMaxBytes: 23 * 1_024,

  // ---- a desk's memory ----------------------------------------------------------------------------------------------
  /** Our own open offers. */
  ownOffersMax: 100_000,
  /** Offers in one answer to `offer:list`. */
  listPageMax: 50,
  /** Total size of these offers, except the first, so that even a sealed answer fits into a body. */
  listPageMaxBytes: 20_000,
} as const;
