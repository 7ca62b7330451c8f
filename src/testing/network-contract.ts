/** The contract of `ports/network.ts` as tests, for every implementation. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IncomingRequest, Network, Reply, RequestHandler } from '../ports/network.ts';

/** Peers that can reach each other. */
export interface NetworkContractWorld {
  /** Creates a network that is not started. The test stops it. */
  create(deskId: string): Network;
  stop(): Promise<void>;
}

const IDS = ['a', 'b', 'c'].map((digit) => digit.repeat(64));

const echo: RequestHandler = ({ service, payload }) => Promise.resolve({ error: null, result: { service, payload } });

/** @param ids the ids of three desks, if the network does not accept every text as an id */
export function describeNetworkContract(
  name: string,
  openWorld: () => Promise<NetworkContractWorld>,
  testTimeoutMs = 5_000,
  ids: readonly string[] = IDS,
): void {
  const [ALICE = '', BOB = '', CAROL = ''] = ids;
  describe(`${name} as a Network`, { timeout: testTimeoutMs }, () => {
    let world: NetworkContractWorld;
    const running: Network[] = [];

    beforeEach(async () => {
      world = await openWorld();
    });
    afterEach(async () => {
      await Promise.all(running.splice(0).map((network) => network.stop()));
      await world.stop();
    });

    async function start(deskId: string, handler: RequestHandler = echo): Promise<Network> {
      const network = world.create(deskId);
      running.push(network);
      await network.start(handler);
      return network;
    }

    it('listens on a port, and returns it', async () => {
      const network = world.create(ALICE);
      running.push(network);
      const { port } = await network.start(echo);
      expect(port).toBeGreaterThan(0);
      expect(port).toBeLessThan(65_536);
    });

    it('delivers a direct request, and returns the answer', async () => {
      const alice = await start(ALICE);
      await start(BOB);
      const result = await alice.request(BOB, { cmd: 'x', body: { n: 1.5, list: [null, true, 'ä'] } });
      const payload = { cmd: 'x', body: { n: 1.5, list: [null, true, 'ä'] } };
      expect(result).toEqual({ kind: 'answer', result: { service: 'direct', payload } });
    });

    it('delivers a request that is sent only once', async () => {
      const alice = await start(ALICE);
      await start(BOB);
      expect(await alice.request(BOB, 1, { once: true })).toMatchObject({ kind: 'answer' });
    });

    it('returns an error of the receiver with its details', async () => {
      const alice = await start(ALICE);
      await start(BOB, () => Promise.resolve({ error: 'ERR_OFFER_TAKEN: gone', result: { winner: 'x' } }));
      const result = await alice.request(BOB, null);
      expect(result).toEqual({ kind: 'error', error: 'ERR_OFFER_TAKEN: gone', result: { winner: 'x' } });
    });

    it('returns null for an answer without a result', async () => {
      const alice = await start(ALICE);
      await start(BOB, () => Promise.resolve({ error: null, result: undefined }));
      expect(await alice.request(BOB, null)).toEqual({ kind: 'answer', result: null });
    });

    it('answers ERR_INTERNAL for a handler that rejects or throws', async () => {
      const alice = await start(ALICE);
      await start(BOB, () => Promise.reject(new Error('secret')));
      await start(CAROL, () => {
        throw new Error('secret');
      });
      for (const to of [BOB, CAROL]) {
        const result = await alice.request(to, null);
        expect(result.kind === 'error' && result.error).toMatch(/^ERR_INTERNAL: (?!.*secret)/);
      }
    });

    it('answers ERR_INTERNAL for an answer that is circular or has a BigInt', async () => {
      const alice = await start(ALICE);
      const circular: unknown[] = [];
      circular.push(circular);
      const replies = [circular, 10n];
      await start(BOB, () => Promise.resolve({ error: null, result: replies.shift() }));
      for (let count = 0; count < 2; count++) {
        const result = await alice.request(BOB, null);
        expect(result.kind === 'error' && result.error).toMatch(/^ERR_INTERNAL: /);
      }
    });

    it('does not send a payload that is not JSON', async () => {
      const alice = await start(ALICE);
      await start(BOB);
      expect(await alice.request(BOB, { n: 1n })).toMatchObject({ kind: 'unsent', code: 'ERR_INTERNAL' });
    });

    it('shares no object between the two sides', async () => {
      const taken: IncomingRequest[] = [];
      const reply: Reply = { error: null, result: { list: [1] } };
      const alice = await start(ALICE);
      await start(BOB, (request) => {
        taken.push(request);
        return Promise.resolve(reply);
      });
      const payload = { list: [1] };
      const result = await alice.request(BOB, payload);
      payload.list.push(2);
      (reply.result as { list: number[] }).list.push(2);
      expect(taken[0]?.payload).toEqual({ list: [1] });
      expect(result).toEqual({ kind: 'answer', result: { list: [1] } });
    });

    it('reports a request to an unknown desk as unsent', async () => {
      const alice = await start(ALICE);
      expect(await alice.request(CAROL, null)).toMatchObject({ kind: 'unsent' });
    });

    it('reports a request to a stopped desk as unsent', async () => {
      const alice = await start(ALICE);
      const bob = await start(BOB);
      await alice.request(BOB, null);
      await bob.stop();
      expect(await alice.request(BOB, null, { once: true })).toMatchObject({ kind: 'unsent' });
    });

    it('reports a request without an answer in time as unknown', async () => {
      const alice = await start(ALICE);
      let taken = 0;
      await start(BOB, () => {
        taken++;
        return new Promise(() => undefined);
      });
      // Long enough for the request to arrive on a loaded machine.
      const result = await alice.request(BOB, null, { timeoutMs: 500, once: true });
      expect(result).toMatchObject({ kind: 'unknown', code: 'ERR_TIMEOUT' });
      expect(taken).toBe(1);
    });

    it('broadcasts to all other desks, and returns which were reached', async () => {
      const taken: string[] = [];
      const record =
        (who: string): RequestHandler =>
        ({ service, payload }) => {
          taken.push(`${who} ${service} ${JSON.stringify(payload)}`);
          return Promise.resolve({ error: null, result: null });
        };
      const alice = await start(ALICE, record('alice'));
      await start(BOB, record('bob'));
      await start(CAROL, record('carol'));
      const result = await alice.broadcast({ n: 1 });
      expect(taken.sort()).toEqual(['bob broadcast {"n":1}', 'carol broadcast {"n":1}']);
      expect(result.reached).toHaveLength(2);
      expect(result.unreached).toEqual([]);
    });

    it('reports the desks that refuse a broadcast, and reaches the others', async () => {
      const alice = await start(ALICE);
      await start(BOB, () => Promise.resolve({ error: 'ERR_OVERLOADED: no', result: null }));
      await start(CAROL);
      const result = await alice.broadcast(1);
      expect(result.reached).toHaveLength(1);
      expect(result.unreached).toMatchObject([{ code: 'ERR_REFUSED' }]);
    });

    it('reaches nobody in an empty network', async () => {
      const alice = await start(ALICE);
      expect(await alice.broadcast(1)).toEqual({ reached: [], unreached: [] });
    });

    it('sends many requests at the same time, and gives each its own answer', async () => {
      const alice = await start(ALICE);
      await start(BOB);
      const numbers = Array.from({ length: 200 }, (_, index) => index);
      const results = await Promise.all(numbers.map((number) => alice.request(BOB, number)));
      const expected = numbers.map((number) => ({ kind: 'answer', result: { service: 'direct', payload: number } }));
      expect(results).toEqual(expected);
    });

    it('reports pending requests as unknown when it stops, and sends nothing more', async () => {
      const alice = await start(ALICE);
      let arrived: () => void = () => undefined;
      const arrival = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      await start(BOB, () => {
        arrived();
        return new Promise(() => undefined);
      });
      const pending = alice.request(BOB, null);
      await arrival;
      await alice.stop();
      expect(await pending).toMatchObject({ kind: 'unknown', code: 'ERR_STOPPING' });
      expect(await alice.request(BOB, null)).toMatchObject({ kind: 'unsent', code: 'ERR_STOPPING' });
      expect(await alice.broadcast(null)).toEqual({ reached: [], unreached: [] });
    });

    it('can be stopped twice, also before it was started, and can not be started again', async () => {
      const alice = world.create(ALICE);
      await alice.stop();
      await alice.stop();
      await expect(alice.start(echo)).rejects.toMatchObject({ code: 'ERR_DESK_STOPPED' });
    });
  });
}
