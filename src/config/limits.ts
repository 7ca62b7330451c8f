/** Bounds of config files and lists of desks. */
export const CONFIG_LIMITS = {
  /** A config file. */
  configFileMaxBytes: 256 * 1024,
  /** A file of desk ids that are dealt with, or not dealt with, and the ids in one list. */
  deskListFileMaxBytes: 1024 * 1024,
  deskListMax: 10_000,
} as const;
