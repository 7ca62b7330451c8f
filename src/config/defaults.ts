/** Defaults of the settings. */
export const DEFAULTS = {
  host: '127.0.0.1',
  /** The three grapes of `grapevine grapes`. */
  grapes: ['http://127.0.0.1:30001', 'http://127.0.0.1:30002', 'http://127.0.0.1:30003'],
  broadcastKey: 'common',
} as const;

/** Used where there is no default data folder. */
export const NO_HOME =
  'this user has no home folder to keep a desk in; name one with --data-dir FOLDER, or GRAPEVINE_DATA_DIR';
