import { spawn } from 'node:child_process';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { snapshotPrograms } from '../../chaos/program-snapshot.ts';
import { NetworkPolicy, type NetworkScope } from '../../src/grenache/discovery/network-policy.ts';
import { GrenacheNetwork, type GrenacheNetworkInit } from '../../src/grenache/grenache-network.ts';
import { silentLog, type Log } from '../../src/ports/log.ts';
import type { RequestHandler } from '../../src/ports/network.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { freePort } from '../../testing/free-port.ts';
import { LOCAL_GRAPES_TEST_TIMEOUT_MS } from '../../testing/local-grapes.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import {
  httpAnswer,
  listenOnFreePort,
  post,
  ridOf,
  startRawServer,
  until,
  type RawServer,
} from '../../testing/raw-http.ts';
import { startScriptedGrape, type ScriptedGrape } from './discovery/scripted-grape.ts';

const UPGRADE = 'GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: grapevine/1\r\n\r\n';
const [ALICE, BOB] = ['a'.repeat(64), 'b'.repeat(64)] as const;
/** Where no timeout is tested: on a busy machine an answer takes its time. */
const REQUEST_TIMEOUT_MS = 25_000;

const fine: RequestHandler = (request) => Promise.resolve({ error: null, result: request });

type Respond = Parameters<typeof startRawServer>[0];
const answer =
  (result: unknown, error: string | null = null): Respond =>
  (socket, piece) => {
    socket.write(httpAnswer(JSON.stringify([ridOf(piece), error, result])));
  };
const wrongDesk = answer(null, 'ERR_WRONG_DESK: another desk is meant');
const lose: Respond = (socket) => socket.resetAndDestroy();

describe('the network on Grenache', { timeout: LOCAL_GRAPES_TEST_TIMEOUT_MS }, () => {
  let grape: ScriptedGrape;
  /** What lookups give, beside what was announced. */
  const found = new Map<string, readonly string[]>();
  const announced = new Map<string, Set<string>>();
  const cleanups: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    found.clear();
    announced.clear();
    grape = await startScriptedGrape(({ type, data }) => {
      if (type === 'lookup') return [...(found.get(data as string) ?? []), ...(announced.get(data as string) ?? [])];
      const [key, port] = data as [string, number];
      announced.set(key, (announced.get(key) ?? new Set()).add(`127.0.0.1:${port}`));
      return 1;
    });
    cleanups.push(() => grape.stop());
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  function create(init: Partial<GrenacheNetworkInit> = {}): GrenacheNetwork {
    const network = new GrenacheNetwork({
      deskId: ALICE,
      broadcastKey: 'common',
      grapes: [grape.url],
      host: '127.0.0.1',
      port: 0,
      log: silentLog,
      timeouts: { requestTimeoutMs: REQUEST_TIMEOUT_MS, stopGraceMs: 100 },
      ...init,
    });
    cleanups.push(() => network.stop());
    return network;
  }

  async function start(init: Partial<GrenacheNetworkInit> = {}, handler: RequestHandler = fine) {
    const network = create(init);
    const { port } = await network.start(handler);
    return { network, port };
  }

  /** A peer at an address that a lookup of BOB gives. */
  async function peer(respond: Respond): Promise<RawServer> {
    const server = await startRawServer(respond);
    cleanups.push(() => server.stop());
    found.set(BOB, [...(found.get(BOB) ?? []), server.address]);
    return server;
  }

  function lookupsOf(key: string): number {
    return grape.questions.filter(({ type, data }) => type === 'lookup' && data === key).length;
  }

  it('skips the peer that `except` names in a broadcast, once its address is known', async () => {
    const bob = await peer(answer('bob'));
    const other = await startRawServer(answer('other'));
    cleanups.push(() => other.stop());
    found.set('common', [bob.address, other.address]);
    const { network } = await start();
    expect((await network.broadcast(1, { except: BOB })).reached).toEqual([bob.address, other.address]);
    await network.request(BOB, 2);
    expect((await network.broadcast(3, { except: BOB })).reached).toEqual([other.address]);
    expect((await network.broadcast(4)).reached).toEqual([bob.address, other.address]);
  });

  describe('when it starts', () => {
    it('announces both services and waits until they are found', async () => {
      const { port } = await start();
      for (const key of [ALICE, 'common']) expect([...(announced.get(key) ?? [])]).toEqual([`127.0.0.1:${port}`]);
    });

    it('announces `announcePort` instead of its own port', async () => {
      const { port } = await start({ announcePort: 6_000 });
      expect(port).not.toBe(6_000);
      expect([...(announced.get(ALICE) ?? [])]).toEqual(['127.0.0.1:6000']);
    });

    it('waits for a grape that answers, and logs that once', async () => {
      const port = await freePort();
      const events: string[] = [];
      const log: Log = { write: (level, event) => events.push(`${level} ${event}`) };
      const started = start({ grapes: [`http://127.0.0.1:${port}`], log });
      await until(() => events.includes('warn grapes.waiting'));
      const proxy = createServer((socket) => {
        socket.on('error', () => undefined);
        forward(socket, grape.url);
      });
      cleanups.push(() => new Promise((resolve) => proxy.close(resolve)));
      await new Promise<void>((resolve) => {
        proxy.listen(port, '127.0.0.1', resolve);
      });
      const { network } = await started;
      await network.stop();
      expect(events).toEqual(['warn grapes.waiting', 'info grapes.found']);
    });

    it('reports that its port is in use', async () => {
      const blocker = createServer();
      const port = await listenOnFreePort(blocker);
      cleanups.push(() => new Promise((resolve) => blocker.close(resolve)));
      const started = start({ port });
      await expect(started).rejects.toMatchObject({ code: 'ERR_PORT_IN_USE' });
      await expect(started).rejects.toThrow(String(port));
    });

    it('can be stopped at any moment of the start', async () => {
      const atOnce = create();
      const first = atOnce.start(fine);
      const rejected = expect(first).rejects.toMatchObject({ code: 'ERR_DESK_STOPPED' });
      await atOnce.stop();
      await rejected;

      grape.script = () => 'nonsense';
      const waiting = create();
      const second = waiting.start(fine);
      const alsoRejected = expect(second).rejects.toMatchObject({ code: 'ERR_DESK_STOPPED' });
      await until(() => grape.questions.length > 0);
      await waiting.stop();
      await alsoRejected;
    });

    it('can not be started twice', async () => {
      const { network } = await start();
      await expect(network.start(fine)).rejects.toMatchObject({ code: 'ERR_WRONG_STATE' });
      expect(await network.request(BOB, 1)).toMatchObject({ code: 'ERR_NO_ADDRESS' });
    });
  });

  describe('an incoming request', () => {
    it('for a service of another desk is rejected by the network', async () => {
      const taken: unknown[] = [];
      const { port } = await start({}, (request) => {
        taken.push(request);
        return fine(request);
      });
      expect((await post(port, `["r","${BOB}",1]`)).body).toMatch(/^\["r","ERR_WRONG_DESK: [^"]+",null\]$/);
      await post(port, `["r","${ALICE}",1]`);
      await post(port, '["r","common",2]');
      const from = expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string;
      expect(taken).toEqual([
        { service: 'direct', payload: 1, from },
        { service: 'broadcast', payload: 2, from },
      ]);
    });

    it('is rejected when too many are in progress', async () => {
      let release: () => void = () => undefined;
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      let taken = 0;
      const { port } = await start({}, async (request) => {
        taken++;
        await released;
        return fine(request);
      });
      let received = '';
      const channels = Math.ceil((LIMITS.requestsInProgressMax + 1) / LIMITS.channelRequestsMax);
      for (let index = 0; index < channels; index++) {
        const socket = connect(port, '127.0.0.1');
        cleanups.push(() => Promise.resolve(socket.destroy()));
        socket.on('data', (chunk) => (received += chunk.toString()));
        const requests = index === channels - 1 ? 1 : LIMITS.channelRequestsMax;
        socket.write(UPGRADE + `["r","${ALICE}",1]\n`.repeat(requests));
      }
      await until(() => received.includes('ERR_OVERLOADED: '));
      expect(taken).toBe(LIMITS.requestsInProgressMax);
      release();
      const count = () => received.match(/\["r",/g)?.length ?? 0;
      await until(() => count() === LIMITS.requestsInProgressMax + 1);
      expect(received.match(/ERR_OVERLOADED: /g)).toHaveLength(1);
      expect(taken).toBe(LIMITS.requestsInProgressMax);
    });
  });

  describe('incoming broadcasts', () => {
    function channel(port: number, lines: string) {
      const opened = { received: '' };
      const socket = connect(port, '127.0.0.1');
      cleanups.push(() => Promise.resolve(socket.destroy()));
      socket.on('data', (chunk) => (opened.received += chunk.toString()));
      socket.write(UPGRADE + lines);
      return opened;
    }

    it('do not delay direct messages or broadcasts on another connection', async () => {
      const taken: unknown[] = [];
      const { port } = await start({}, (request) => {
        taken.push(request.payload);
        return fine(request);
      });
      const before = channel(port, `["r","${ALICE}","deal"]\n`);
      await until(() => before.received.includes('deal'));
      taken.length = 0;
      const floods = Array.from({ length: 16 }, () => channel(port, '["f","common","flood"]\n'.repeat(60)));
      const direct = channel(port, `["r","${ALICE}","deal"]\n`);
      const other = channel(port, '["o","common","offer"]\n');
      await until(() => direct.received.includes('["r",') && other.received.includes('["o",'));
      expect(taken.indexOf('deal')).toBeLessThan(250);
      expect(taken.indexOf('offer')).toBeLessThan(250);
      await until(() => floods.every((flood) => flood.received.split('["f",').length === 61));
    });

    it('wait in limited number', async () => {
      const { port } = await start();
      const channels = Array.from({ length: 8 }, () =>
        channel(port, '["f","common",1]\n'.repeat(LIMITS.channelRequestsMax)),
      );
      const received = () => channels.map((one) => one.received).join('');
      await until(() => received().split('["f",').length === 8 * LIMITS.channelRequestsMax + 1);
      expect(received()).toContain('ERR_OVERLOADED: too many broadcasts');
    });

    it('start also while earlier ones are in progress', async () => {
      let taken = 0;
      const { port } = await start({}, () => {
        taken += 1;
        return new Promise(() => undefined);
      });
      channel(port, '["f","common",1]\n'.repeat(LIMITS.broadcastsPerTurn * 10));
      await until(() => taken === LIMITS.broadcastsPerTurn * 10);
    });
  });

  describe('a direct request', () => {
    it('forgets dead addresses after one attempt (Grenache can not withdraw an announcement)', async () => {
      const { network } = await start();
      const dead = `127.0.0.1:${await freePort()}`;
      found.set(BOB, [dead]);
      await peer(answer('alive'));
      for (const once of [true, false]) {
        expect(await network.request(BOB, 1, { once })).toEqual({ kind: 'answer', result: 'alive' });
      }
      expect(lookupsOf(BOB)).toBe(1);
    });

    it('goes to the next address when another desk uses the address now', async () => {
      const { network } = await start();
      await peer(wrongDesk);
      await peer(answer('right'));
      expect(await network.request(BOB, 1, { once: true })).toEqual({ kind: 'answer', result: 'right' });
    });

    it('to a peer with a new address looks it up again, once', async () => {
      const { network } = await start();
      const old = await peer(answer('old'));
      await network.request(BOB, 1);
      await old.stop();
      found.set(BOB, []);
      await peer(answer('new'));
      expect(await network.request(BOB, 1, { once: true })).toEqual({ kind: 'answer', result: 'new' });
      expect(lookupsOf(BOB)).toBe(2);
    });

    it('that may have been received is tried at other addresses, unless it is a `once` request', async () => {
      const { network } = await start();
      const losing = await peer(lose);
      const other = await peer(answer('other'));
      expect(await network.request(BOB, 1, { once: true })).toMatchObject({
        kind: 'unknown',
        code: 'ERR_CONNECTION_LOST',
      });
      expect(losing.connections).toBe(1);
      expect(other.connections).toBe(0);
      expect(await network.request(BOB, 1)).toEqual({ kind: 'answer', result: 'other' });
    });

    it('that may have been received stays unknown, whatever happens at other addresses', async () => {
      const { network } = await start();
      await peer(lose);
      await peer(wrongDesk);
      found.set(BOB, [...(found.get(BOB) ?? []), `127.0.0.1:${await freePort()}`]);
      expect(await network.request(BOB, 1)).toMatchObject({ kind: 'unknown', code: 'ERR_CONNECTION_LOST' });
    });

    it('is unsent when nothing listens at its addresses', async () => {
      const { network } = await start();
      const ports = await Promise.all(Array.from({ length: 10 }, freePort));
      found.set(
        BOB,
        ports.map((port) => `127.0.0.1:${port}`),
      );
      expect(await network.request(BOB, 1, { once: true })).toMatchObject({ kind: 'unsent', code: 'ERR_CONNECT' });
    });

    it('tries a limited number of addresses', async () => {
      const { network } = await start();
      const servers: RawServer[] = [];
      for (let count = 0; count < LIMITS.addressesPerRequestMax + 2; count++) servers.push(await peer(wrongDesk));
      const result = await network.request(BOB, 1);
      expect(result.kind === 'error' && result.error).toMatch(/^ERR_WRONG_DESK/);
      const tried = servers.filter((server) => server.connections > 0);
      expect(tried).toHaveLength(LIMITS.addressesPerRequestMax);
    });

    it('prefers the address that answered last', async () => {
      const { network } = await start({ timeouts: { lookupCacheMs: 0 } });
      const wrong = await peer(wrongDesk);
      await peer(answer('right'));
      for (let count = 0; count < 3; count++) await network.request(BOB, 1);
      expect(wrong.received.match(/POST/g)).toHaveLength(1);
    });

    it('is unsent without an address (ERR_NO_ADDRESS) or a grape (ERR_NO_GRAPE)', async () => {
      const { network } = await start();
      expect(await network.request(BOB, 1)).toMatchObject({ kind: 'unsent', code: 'ERR_NO_ADDRESS' });
      await grape.stop();
      expect(await network.request(BOB, 1)).toMatchObject({ kind: 'unsent', code: 'ERR_NO_GRAPE' });
    });

    it('is rejected when too many are in progress', async () => {
      const { network } = await start({ timeouts: { requestTimeoutMs: 20_000, grapeTimeoutMs: 20_000 } });
      let release: (addresses: readonly string[]) => void = () => undefined;
      const lookup = new Promise((resolve) => (release = resolve));
      const { script } = grape;
      grape.script = (question) => (question.data === BOB ? lookup : script(question));
      const requests = Array.from({ length: LIMITS.requestsInProgressMax }, () => network.request(BOB, 1));
      expect(await network.request(BOB, 1)).toMatchObject({ kind: 'unsent', code: 'ERR_OVERLOADED' });
      grape.script = script;
      release([]);
      const codes = (await Promise.all(requests)).map((result) => (result.kind === 'unsent' ? result.code : ''));
      expect(new Set(codes)).toEqual(new Set(['ERR_NO_ADDRESS']));
    });
  });

  describe('a broadcast', () => {
    it('does not go to our own addresses in the DHT', async () => {
      const taken: unknown[] = [];
      const { network } = await start({}, (request) => {
        taken.push(request);
        return fine(request);
      });
      expect(await network.broadcast(1)).toEqual({ reached: [], unreached: [] });
      expect(taken).toEqual([]);
    });

    it('reaches all desks that answer, despite dead, silent, slow and failing ones', async () => {
      const { network } = await start({ timeouts: { requestTimeoutMs: 1_000 } });
      const good = await peer(answer(null));
      await peer(() => undefined);
      await peer(answer(null, 'go away'));
      await peer(answer('x'.repeat(LIMITS.bodyMaxBytes)));
      const dead = `127.0.0.1:${await freePort()}`;
      found.set('common', [...(found.get(BOB) ?? []), dead]);
      const { reached, unreached } = await network.broadcast(1);
      expect(reached).toEqual([good.address]);
      expect(unreached.map(({ code }) => code).sort()).toEqual([
        'ERR_ANSWER_TOO_LARGE',
        'ERR_CONNECT',
        'ERR_REFUSED',
        'ERR_TIMEOUT',
      ]);
    });
  });

  describe('the addresses that it connects to', () => {
    const policy = (scope: NetworkScope, forbidden: readonly string[] = []): NetworkPolicy =>
      new NetworkPolicy({ scope, log: silentLog, forbidden });

    it.each(['169.254.169.254:80', '10.0.0.1:5000', '8.8.8.8:53'])('do not include %s by default', async (address) => {
      const { network } = await start();
      found.set(BOB, [address]);
      expect(await network.request(BOB, 1)).toMatchObject({ kind: 'unsent', code: 'ERR_ADDRESS_REFUSED' });
    });

    it('do not include loopback in the scope `public`, although its own announcement comes from there', async () => {
      const { network } = await start({ policy: policy('public') });
      const bob = await peer(answer('yes'));
      found.set('common', [bob.address]);
      expect(await network.request(BOB, 1)).toMatchObject({ kind: 'unsent', code: 'ERR_ADDRESS_REFUSED' });
      expect(await network.broadcast(1)).toEqual({ reached: [], unreached: [] });
      expect(bob.connections).toBe(0);
    });

    it('do not include a forbidden service, directly or by broadcast', async () => {
      const control = await peer(answer('yes'));
      const bob = await peer(answer('yes'));
      found.set('common', [control.address, bob.address]);
      const { network } = await start({ policy: policy('local', [control.address]) });
      expect(await network.request(BOB, 1)).toEqual({ kind: 'answer', result: 'yes' });
      expect(await network.broadcast(1)).toEqual({ reached: [bob.address], unreached: [] });
      expect(control.connections).toBe(0);
    });

    it('do not include the APIs of its grapes', async () => {
      const { network } = await start();
      found.set(BOB, [new URL(grape.url).host]);
      expect(await network.request(BOB, 1)).toMatchObject({ kind: 'unsent', code: 'ERR_ADDRESS_REFUSED' });
    });
  });

  it('leaves nothing that keeps the process alive', async () => {
    const source = join(import.meta.dirname, 'leave-nothing.ts');
    const [script = ''] = await snapshotPrograms(temporaryFolder(), source);
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(output).toMatch(/^answer\nstopped\n$/);
    expect(code).toBe(0);
  });
});

/** Connects both ways; for a grape that comes up late at a given port. */
function forward(socket: Socket, url: string): void {
  const target = connect(Number(new URL(url).port), '127.0.0.1');
  target.on('error', () => socket.destroy());
  socket.on('close', () => target.destroy());
  target.on('close', () => socket.destroy());
  socket.pipe(target).pipe(socket);
}
