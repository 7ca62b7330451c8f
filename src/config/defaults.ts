/** What a desk does when nobody says otherwise. */
export const DEFAULTS = {
  host: '127.0.0.1',
  /** Where `grapevine grapes` has its three. */
  grapes: ['http://127.0.0.1:30001', 'http://127.0.0.1:30002', 'http://127.0.0.1:30003'],
  broadcastKey: 'common',
} as const;
