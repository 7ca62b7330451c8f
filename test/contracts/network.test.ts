import { GrenacheNetwork } from '../../src/grenache/grenache-network.ts';
import { silentLog } from '../../src/ports/log.ts';
import { LOCAL_GRAPES_TEST_TIMEOUT_MS, startLocalGrapes } from '../../testing/local-grapes.ts';
import { MemoryHub } from '../../testing/memory-network.ts';
import { describeNetworkContract } from '../../testing/network-contract.ts';

describeNetworkContract('the memory network', () => {
  const hub = new MemoryHub();
  return Promise.resolve({ create: (deskId) => hub.network(deskId), stop: () => Promise.resolve() });
});

describeNetworkContract(
  'the network on Grenache',
  async () => {
    const grapes = await startLocalGrapes();
    return {
      create: (deskId) =>
        new GrenacheNetwork({
          deskId,
          broadcastKey: 'common',
          grapes: grapes.api,
          host: '127.0.0.1',
          port: 0,
          log: silentLog,
          timeouts: { stopGraceMs: 100 },
        }),
      stop: () => grapes.stop(),
    };
  },
  LOCAL_GRAPES_TEST_TIMEOUT_MS,
);
