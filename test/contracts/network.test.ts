import { describe, expect, it, onTestFinished } from 'vitest';
import { GrenacheNetwork } from '../../src/grenache/grenache-network.ts';
import { HyperdhtNetwork } from '../../src/hyperdht/hyperdht-network.ts';
import { startDhtNodes } from '../../src/hyperdht/start-dht-nodes.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { silentLog } from '../../src/ports/log.ts';
import type { Network } from '../../src/ports/network.ts';
import { JoinedNetwork } from '../../src/transport/joined-network.ts';
import { hyperdhtKey } from '../../testing/hyperdht-key.ts';
import { LOCAL_GRAPES_TEST_TIMEOUT_MS, startLocalGrapes } from '../../testing/local-grapes.ts';
import { Hold, MemoryHub, type Intercept } from '../../testing/memory-network.ts';
import { describeNetworkContract, type NetworkContractWorld } from '../../src/testing/network-contract.ts';
import { makeStreamsUnreliable } from '../../testing/unreliable-streams.ts';

describeNetworkContract('the memory network', () => {
  const hub = new MemoryHub();
  return Promise.resolve({ create: (deskId) => hub.network(deskId), stop: () => Promise.resolve() });
});

// Alice stands in two networks, Bob in one of them, and Carol in the other.
describeNetworkContract('two networks joined', () => {
  const [one, other] = [new MemoryHub(), new MemoryHub()];
  const create = (deskId: string): Network => {
    if (deskId.startsWith('b')) return one.network(deskId);
    if (deskId.startsWith('c')) return other.network(deskId);
    return new JoinedNetwork({
      networks: [one.network(deskId), other.network(deskId)],
      destinationOf: () => null,
    });
  };
  return Promise.resolve({ create, stop: () => Promise.resolve() });
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

const HYPERDHT_KEYS = new Map([hyperdhtKey(), hyperdhtKey(), hyperdhtKey()].map((key) => [key.id, key]));

async function hyperdhtWorld(): Promise<NetworkContractWorld> {
  const nodes = await startDhtNodes({ host: '127.0.0.1', port: 0 });
  return {
    create: (deskId) =>
      new HyperdhtNetwork({
        ...(HYPERDHT_KEYS.get(deskId) ?? hyperdhtKey()),
        broadcastKey: 'common',
        bootstrap: nodes.bootstrap,
        host: '127.0.0.1',
        port: 0,
        log: silentLog,
        timeouts: { stopGraceMs: 100 },
      }),
    stop: () => nodes.stop(),
  };
}

describeNetworkContract('the network on hyperdht', hyperdhtWorld, LOCAL_GRAPES_TEST_TIMEOUT_MS, [
  ...HYPERDHT_KEYS.keys(),
]);

/** The first stream breaks at its second message, and the next one repeats its third. */
const REQUESTS = 6;

describe('the contract over streams that are late, repeated and broken', () => {
  const ids = [...HYPERDHT_KEYS.keys()];
  const unreliableWorld = async () => {
    const world = await hyperdhtWorld();
    const { counts, restore } = makeStreamsUnreliable();
    const stop = async (): Promise<void> => {
      restore();
      await world.stop();
    };
    return { counts, create: (deskId: string) => world.create(deskId), stop };
  };
  describeNetworkContract('the network on hyperdht', unreliableWorld, LOCAL_GRAPES_TEST_TIMEOUT_MS, ids);

  it('is tested with each of these faults', { timeout: LOCAL_GRAPES_TEST_TIMEOUT_MS }, async () => {
    const { counts, create, stop } = await unreliableWorld();
    const [alice, bob] = ids.slice(0, 2).map((id) => create(id));
    onTestFinished(async () => {
      await Promise.all([alice?.stop(), bob?.stop()]);
      await stop();
    });
    for (const network of [alice, bob]) await network?.start(() => Promise.resolve({ error: null, result: null }));
    for (let count = 0; count < REQUESTS; count += 1) await alice?.request(ids[1] ?? '', count);
    expect(Math.min(counts.late, counts.repeated, counts.cut)).toBeGreaterThan(0);
  });
});

/** Time stands still until it is told to go on. */
class StandingClock implements Clock {
  #nowMs = 0;
  readonly #alarms = new Set<{ readonly timeMs: number; readonly wake: () => void }>();

  now(): number {
    return this.#nowMs;
  }

  monotonicNow(): number {
    return this.#nowMs;
  }

  wakeAt(timeMs: number, wake: () => void) {
    return this.wakeAtMonotonic(timeMs, wake);
  }

  wakeAtMonotonic(timeMs: number, wake: () => void) {
    const alarm = { timeMs, wake };
    this.#alarms.add(alarm);
    return { cancel: () => void this.#alarms.delete(alarm) };
  }

  goOn(byMs: number): void {
    this.#nowMs += byMs;
    for (const alarm of this.#alarms) {
      if (alarm.timeMs > this.#nowMs) continue;
      this.#alarms.delete(alarm);
      alarm.wake();
    }
  }
}

describe('the memory network', () => {
  async function open(intercept: Intercept) {
    const clock = new StandingClock();
    const hub = new MemoryHub({ clock, intercept });
    const taken: unknown[] = [];
    const [alice, bob] = [hub.network('alice'), hub.network('bob')];
    await alice.start(() => Promise.resolve({ error: null, result: null }));
    await bob.start(({ payload }) => {
      taken.push(payload);
      return Promise.resolve({ error: null, result: taken.length });
    });
    return { hub, clock, alice, bob, taken };
  }

  const turn = () => new Promise(setImmediate);

  it.each(['request', 'answer'] as const)('can lose a %s, which is unknown after the timeout', async (kind) => {
    const { clock, alice, taken } = await open((leg) => (leg.kind === kind ? 'drop' : 'deliver'));
    const pending = alice.request('bob', 1, { timeoutMs: 100 });
    await turn();
    expect(taken).toHaveLength(kind === 'request' ? 0 : 1);
    clock.goOn(100);
    expect(await pending).toMatchObject({ kind: 'unknown', code: 'ERR_TIMEOUT' });
  });

  it('can report a loss at once', async () => {
    const hub = new MemoryHub({ clock: new StandingClock(), intercept: () => 'drop', reportDrops: 'at-once' });
    const alice = hub.network('alice');
    await alice.start(() => Promise.resolve({ error: null, result: null }));
    expect(await alice.request('bob', 1)).toMatchObject({ kind: 'unknown', code: 'ERR_TIMEOUT' });
  });

  it('can deliver a request twice; the first answer counts', async () => {
    const { alice, taken } = await open((leg) => (leg.kind === 'request' ? 'duplicate' : 'deliver'));
    expect(await alice.request('bob', 'x')).toEqual({ kind: 'answer', result: 1 });
    await turn();
    expect(taken).toEqual(['x', 'x']);
  });

  it('can delay messages, and deliver them after the sender has given up', async () => {
    const hold = new Hold();
    const { clock, alice, taken } = await open((leg) => (leg.kind === 'request' ? hold : 'deliver'));
    const pending = alice.request('bob', 'x', { timeoutMs: 100 });
    await turn();
    expect(hold.count).toBe(1);
    clock.goOn(100);
    expect(await pending).toMatchObject({ kind: 'unknown', code: 'ERR_TIMEOUT' });
    expect(taken).toEqual([]);
    hold.release();
    await turn();
    expect(taken).toEqual(['x']);
    expect(await alice.request('bob', 'y')).toMatchObject({ kind: 'answer' });
  });

  it('shows each leg of each message', async () => {
    const legs: unknown[] = [];
    const { alice } = await open((leg) => {
      legs.push(leg);
      return 'deliver';
    });
    await alice.request('bob', 'x');
    const common = { service: 'direct', payload: 'x' };
    expect(legs).toEqual([
      { kind: 'request', from: 'alice', to: 'bob', ...common },
      { kind: 'answer', from: 'bob', to: 'alice', ...common, reply: { error: null, result: 1 } },
    ]);
  });

  it('can take a peer down and bring it up', async () => {
    const { hub, alice } = await open(() => 'deliver');
    hub.takeDown('bob');
    expect(await alice.request('bob', 1)).toMatchObject({ kind: 'unsent' });
    expect((await alice.broadcast(1)).unreached).toEqual([{ address: 'bob', code: 'ERR_CONNECT' }]);
    hub.bringUp('bob');
    expect(await alice.request('bob', 1)).toMatchObject({ kind: 'answer' });
  });
});
