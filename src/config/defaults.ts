/** What a desk does when nobody says otherwise. */
export const DEFAULTS = {
  host: '127.0.0.1',
  /** Where `grapevine grapes` has its three. */
  grapes: ['http://127.0.0.1:30001', 'http://127.0.0.1:30002', 'http://127.0.0.1:30003'],
  broadcastKey: 'common',
} as const;

/** Where no default data folder can be. */
export const NO_HOME =
  'this user has no home folder to keep a desk in; name one with --data-dir FOLDER, or GRAPEVINE_DATA_DIR';
