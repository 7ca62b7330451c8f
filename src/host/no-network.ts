/** A network that reaches nobody: for a look into a desk's journal while the desk is not running. */
import type { Network } from '../ports/network.ts';

export const noNetwork: Network = {
  start: () => Promise.resolve({ port: 0 }),
  request: () => Promise.resolve({ kind: 'unsent', code: 'ERR_STOPPING', text: 'there is no network here' }),
  broadcast: () => Promise.resolve({ reached: [], unreached: [] }),
  stop: () => Promise.resolve(),
};
