/** Run as a process of its own: starts everything, stops everything, and must then end by itself, soon. */
import { GrenacheNetwork } from '../../src/grenache/grenache-network.ts';
import { silentLog } from '../../src/ports/log.ts';
import { startLocalGrapes } from '../../testing/local-grapes.ts';

const grapes = await startLocalGrapes();
const networks = ['a', 'b'].map(
  (deskId) =>
    new GrenacheNetwork({
      deskId,
      broadcastKey: 'common',
      grapes: grapes.api,
      host: '127.0.0.1',
      port: 0,
      log: silentLog,
    }),
);
for (const network of networks) await network.start(() => Promise.resolve({ error: null, result: null }));
const result = await networks[0]?.request('b', 1);
await networks[0]?.request('b', 1, { once: true });
await networks[0]?.broadcast(1);
process.stdout.write(`${result?.kind ?? ''}\n`);
for (const network of networks) await network.stop();
await grapes.stop();
process.stdout.write('stopped\n');

/** Does not keep the process alive itself. */
setTimeout(() => {
  process.stdout.write(`still alive: ${process.getActiveResourcesInfo().join()}\n`);
  process.exit(1);
}, 3_000).unref();
