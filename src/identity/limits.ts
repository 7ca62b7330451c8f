/** Bounds of keys, signatures, and what is sealed. */
export const IDENTITY_LIMITS = {
  // ---- the maker ----------------------------------------------------------------------------------------------------
  /** Desks that may speak to us for the first time in one second, as each costs a key agreement on the event loop. */
  newPairsPerSecond: 200,
  /** The same at one moment, after a second of silence: all of a hundred desks that start together. */
  newPairsAtOnce: 200,

  // ---- signatures ---------------------------------------------------------------------------------------------------
  /** Public keys that are kept ready for verification. */
  publicKeysCached: 4_096,
  /** Signatures that are verified on the event loop in one turn of it; the others go to the thread pool. */
  verifiedPerTurn: 2,
  /** Facts (offers, outcomes) whose signatures need not be looked at, or made, again. */
  factsCached: 4_096,

  // ---- the key and what is sealed to it -----------------------------------------------------------------------------
  /** Of a key file or a file with a passphrase. */
  keyFileMaxBytes: 16 * 1024,
  passphraseMaxBytes: 1_024,
  /** What opening an encrypted key file may cost: memory, and scrypt's N * r * p (2^21 take a second or two). */
  scryptMemoryMaxBytes: 144 * 1024 * 1024,
  scryptWorkMax: 2 ** 21,
  /** Sealed texts are filled up to a multiple of this. */
  sealedBlockBytes: 1_024,
  /** Public keys of others that are kept ready for sealing. */
  sealingKeysMax: 4_096,

  /** Of a receipt or another proof that is checked. */
  receiptMaxBytes: 256 * 1024,

  // ---- relays -------------------------------------------------------------------------------------------------------
  /** A request that goes by a relay; the relay's own request into its other network has less. */
  relayTimeoutMs: 10_000,
  /** After a look-up that found no relay, before the next one. */
  relayRetryMs: 5_000,
  /** How long a desk that a relay has reached is asked by a relay first; and so many of them. */
  relayedForMs: 60_000,
  relayedDesksMax: 256,
} as const;
