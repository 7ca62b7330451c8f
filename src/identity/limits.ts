/** Limits of keys, signatures and sealed messages. */
export const IDENTITY_LIMITS = {
  // ---- MACs ---------------------------------------------------------------------------------------------------------
  /**
   * New desks per second: each costs a key agreement on the event loop. After a second of silence all of them may come at once, as
   * when a hundred desks start together.
   */
  newPairsPerSecond: 200,

  // ---- signatures ---------------------------------------------------------------------------------------------------
  /** Cached public keys for verification. */
  publicKeysCached: 4_096,
  /** Signatures verified on the event loop in each turn; the others go to the thread pool. */
  verifiedPerTurn: 2,
  /** Cached signatures of facts (offers, outcomes): one cache for own ones, one for verified ones. */
  factsCached: 4_096,

  // ---- the key file, sealed messages, proofs ------------------------------------------------------------------------
  /** Size of a key file or a passphrase file. */
  keyFileMaxBytes: 16 * 1024,
  passphraseMaxBytes: 1_024,
  /** Cost of decrypting a key file: memory, and scrypt's N * r * p (2^21 takes one to two seconds). */
  scryptMemoryMaxBytes: 144 * 1024 * 1024,
  scryptWorkMax: 2 ** 21,
  /** Sealed texts are padded to a multiple of this. */
  sealedBlockBytes: 1_024,
  /** Cached public keys for sealing. */
  sealingKeysMax: 4_096,
  /** Size of a receipt or another proof. */
  receiptMaxBytes: 256 * 1024,

  // ---- relays -------------------------------------------------------------------------------------------------------
  /** Timeout of a request through a relay; the relay's own request into its other network has a shorter one. */
  relayTimeoutMs: 10_000,
  /** Wait after a lookup that found no relay. */
  relayRetryMs: 5_000,
  /** How long requests to a desk that was reached through a relay try the relay first; and the number of such desks. */
  relayedForMs: 60_000,
  relayedDesksMax: 256,
} as const;
