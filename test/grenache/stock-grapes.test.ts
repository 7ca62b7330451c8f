import grapePackage from 'grenache-grape';
import { afterEach, describe, expect, it } from 'vitest';
import { GrenacheNetwork } from '../../src/grenache/grenache-network.ts';
import { silentLog } from '../../src/ports/log.ts';
import { freePort } from '../../testing/free-port.ts';
import { LOCAL_GRAPES_TEST_TIMEOUT_MS } from '../../testing/local-grapes.ts';

const HOST = '127.0.0.1';

describe('on unmodified grenache-grape', { timeout: LOCAL_GRAPES_TEST_TIMEOUT_MS }, () => {
  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function startStockGrape(dhtPort: number, bootstrapPort: number): Promise<string> {
    const apiPort = await freePort();
    const grape = new grapePackage.Grape({
      host: HOST,
      dht_maxTables: 5_000,
      dht_maxValues: 5_000,
      dht_port: dhtPort,
      dht_bootstrap: [`${HOST}:${bootstrapPort}`],
      dht_concurrency: 24,
      dht_nodeLiveness: 300_000,
      dht_peer_maxAge: 120_000,
      api_port: apiPort,
      check_maxPayloadSize: 8_192,
    });
    await new Promise((resolve) => {
      grape.start(resolve);
    });
    cleanups.push(
      () =>
        new Promise((resolve) => {
          grape._interface.http?.closeAllConnections();
          grape._mem.destroy();
          grape.stop(resolve);
        }),
    );
    return `http://${HOST}:${apiPort}`;
  }

  function create(deskId: string, grapes: readonly string[]): GrenacheNetwork {
    const network = new GrenacheNetwork({
      deskId,
      broadcastKey: 'common',
      grapes,
      host: HOST,
      port: 0,
      log: silentLog,
    });
    cleanups.push(() => network.stop());
    return network;
  }

  const answer = () => Promise.resolve({ error: null, result: 'fine' });

  it('an announcement fails until the grapes have met, and no longer', async () => {
    const [firstPort, secondPort] = [await freePort(), await freePort()];
    const first = await startStockGrape(firstPort, secondPort);
    const events: string[] = [];
    let waiting: () => void = () => undefined;
    const isWaiting = new Promise<void>((resolve) => {
      waiting = resolve;
    });
    const early = new GrenacheNetwork({
      deskId: 'a',
      broadcastKey: 'common',
      grapes: [first],
      host: HOST,
      port: 0,
      // A stock grape takes 2 to 2.5 s over a lookup while one of its neighbours is dead: as long as our default.
      timeouts: { grapeTimeoutMs: 5_000 },
      log: {
        write: (_level, event, fields) => {
          events.push(`${event} ${String(fields?.['reason'] ?? '')}`);
          waiting();
        },
      },
    });
    cleanups.push(() => early.stop());
    const started = early.start(answer);
    started.catch(() => undefined);
    await isWaiting;
    expect(events[0]).toMatch(/^grapes\.waiting .*No nodes to query/);
    const second = await startStockGrape(secondPort, firstPort);
    await started;

    const late = create('b', [second]);
    await late.start(answer);
    expect(await late.request('a', 1)).toEqual({ kind: 'answer', result: 'fine' });
    expect((await late.broadcast(1)).reached).toHaveLength(1);
  });
});
