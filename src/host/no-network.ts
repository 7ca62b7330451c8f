/** A network without peers, for a desk that only reads its journal. */
import type { Network } from '../ports/network.ts';

export const noNetwork: Network = {
  start: () => Promise.resolve({ port: 0 }),
  request: () => Promise.resolve({ kind: 'unsent', code: 'ERR_STOPPING', text: 'there is no network here' }),
  broadcast: () => Promise.resolve({ reached: [], unreached: [] }),
  stop: () => Promise.resolve(),
};
