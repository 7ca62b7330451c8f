/** Bounds of files that commands read. */
export const CLI_LIMITS = {
  // ---- a desk's memory ----------------------------------------------------------------------------------------------
  /** Of a receipt or another proof that is checked. */
  receiptMaxBytes: 256 * 1024,

  // ---- what its operator may ask of a desk --------------------------------------------------------------------------
  /** A file of offers to try rules on. */
  offerFileMaxBytes: 16 * 1024 * 1024,
} as const;
