/** Limits of config files and lists of desks. */
export const CONFIG_LIMITS = {
  /** Size of a config file. */
  configFileMaxBytes: 256 * 1024,
  /** Size of a file with desk ids to allow or deny, and the number of ids in one list. */
  deskListFileMaxBytes: 1024 * 1024,
  deskListMax: 10_000,
} as const;
