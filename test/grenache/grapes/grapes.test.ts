import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import * as bencode from 'bencode';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { GuardedSocket } from '../../../src/grenache/grapes/guarded-socket.ts';
import { HardenedGrape } from '../../../src/grenache/grapes/hardened-grape.ts';
import type { Grapes } from '../../../src/grenache/grapes/start-grapes.ts';
import { silentLog } from '../../../src/ports/log.ts';
import { LIMITS } from '../../../src/composition/limits.ts';
import { freeNeighbours, freePort } from '../../../testing/free-port.ts';
import { LOCAL_GRAPES_TEST_TIMEOUT_MS, startLocalGrapes } from '../../../testing/local-grapes.ts';
import { FORMS, malformedPackets } from './dht-packets.ts';
import { Stranger } from './stranger.ts';
import { listenOnFreePort, post, sendRaw } from '../../../testing/raw-http.ts';

const HOST = '127.0.0.1';

describe('embedded grapes', { timeout: LOCAL_GRAPES_TEST_TIMEOUT_MS }, () => {
  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function start(init: Parameters<typeof startLocalGrapes>[0] = {}): Promise<Grapes> {
    const grapes = await startLocalGrapes(init);
    cleanups.push(() => grapes.stop());
    return grapes;
  }

  function ask(grapes: Grapes, index: number, type: string, data: unknown): Promise<unknown> {
    return askUrl(grapes.api[index] ?? '', type, data);
  }

  async function askUrl(url: string, type: string, data: unknown): Promise<unknown> {
    const response = await fetch(`${url}/${type}`, { method: 'POST', body: JSON.stringify({ rid: 'x', data }) });
    return JSON.parse(await response.text());
  }

  async function expectAllWork(grapes: Grapes): Promise<void> {
    const key = randomBytes(8).toString('hex');
    const addresses = grapes.api.map((_url, port) => `${HOST}:${4_000 + port}`);
    const indexes = [...grapes.api.keys()];
    const announced = indexes.map((index) => ask(grapes, index, 'announce', [key, 4_000 + index]));
    for (const answer of await Promise.all(announced)) expect(answer).toEqual(expect.any(Number));
    const found = indexes.map((index) => ask(grapes, index, 'lookup', key));
    for (const answer of await Promise.all(found)) expect((answer as string[]).sort()).toEqual(addresses);
  }

  it.each([1, 2, 3, 5])('are ready when the start resolves: %i of them', async (count) => {
    await expectAllWork(await start({ count }));
  });

  it('leave nothing under the shared key behind', async () => {
    const grapes = await start();
    expect(await ask(grapes, 0, 'lookup', 'common')).toEqual([]);
  });

  it('use consecutive ports from the given ones on', async () => {
    const dhtPort = await freeNeighbours(3);
    const grapes = await start({ count: 2, dhtPort });
    expect(grapes.nodes.map((node) => node.dhtPort)).toEqual([dhtPort, dhtPort + 1]);
  });

  it('join other grapes', async () => {
    const first = await start({ count: 1 });
    const second = await start({ count: 1, bootstrap: [`${HOST}:${first.nodes[0]?.dhtPort ?? 0}`] });
    expect(await ask(second, 0, 'announce', ['k', 5_000])).toBe(1);
    expect(await ask(first, 0, 'lookup', 'k')).toEqual([`${HOST}:5000`]);
  });

  it('report which port is in use, DHT or API, and leave nothing running', async () => {
    const blocker = createServer();
    const apiPort = await listenOnFreePort(blocker);
    cleanups.push(() => new Promise((resolve) => blocker.close(resolve)));
    const dhtPort = await freeNeighbours(3);
    const api = startLocalGrapes({ dhtPort, apiPort });
    await expect(api).rejects.toMatchObject({ code: 'ERR_PORT_IN_USE' });
    await expect(api).rejects.toThrow(`TCP port ${apiPort} (HTTP API)`);

    const udp = createSocket('udp4');
    await new Promise<void>((resolve) => udp.bind(dhtPort, HOST, resolve));
    cleanups.push(() => new Promise<void>((resolve) => udp.close(resolve)));
    const dht = startLocalGrapes({ dhtPort });
    await expect(dht).rejects.toMatchObject({ code: 'ERR_PORT_IN_USE' });
    await expect(dht).rejects.toThrow(`UDP port ${dhtPort} (DHT)`);
  });

  it('stop the others when the port of one is in use', async () => {
    const dhtPort = await freeNeighbours(3);
    const udp = createSocket('udp4');
    await new Promise<void>((resolve) => udp.bind(dhtPort + 1, HOST, resolve));
    await expect(startLocalGrapes({ dhtPort })).rejects.toMatchObject({ code: 'ERR_PORT_IN_USE' });
    await new Promise<void>((resolve) => udp.close(resolve));
    await expectAllWork(await start({ dhtPort }));
  });

  it.each([
    [{ count: 0 }],
    [{ count: 1.5 }],
    [{ host: '::1' }],
    [{ host: 'example.org' }],
    [{ dhtPort: 65_535 }],
    [{ apiPort: -1 }],
    [{ bootstrap: ['router.bittorrent.com:6881'] }],
    [{ count: 1, host: '0.0.0.0' }],
  ])('reject %j', async (init) => {
    await expect(startLocalGrapes(init)).rejects.toMatchObject({ code: 'ERR_USAGE' });
  });

  it('report an address at which they can not listen', async () => {
    await expect(startLocalGrapes({ host: '192.0.2.1' })).rejects.toMatchObject({ code: 'ERR_LISTEN' });
  });

  it('stop with open connections, also twice', async () => {
    const grapes = await start();
    await ask(grapes, 0, 'lookup', 'k');
    await grapes.stop();
    await grapes.stop();
    await expect(ask(grapes, 0, 'lookup', 'k')).rejects.toThrow();
  });

  describe('unlike stock grapes', () => {
    it('are not crashed by malformed packets', async () => {
      const grapes = await start({ count: 3 });
      const stranger = await Stranger.start();
      cleanups.push(() => stranger.stop());
      for (const { dhtPort } of grapes.nodes) {
        for (const { packet } of malformedPackets) await stranger.send(packet, dhtPort);
      }
      await expectAllWork(grapes);
    });

    it('are not crashed by thousands of damaged packets, and lookups still end', async () => {
      const grapes = await start({ count: 3 });
      const stranger = await Stranger.start();
      cleanups.push(() => stranger.stop());
      const random = seededRandom(1);
      for (let round = 0; round < 1_500; round++) {
        const form = FORMS[random(FORMS.length)];
        const packet = damage(bencode.encode(form), random);
        await stranger.send(packet, grapes.nodes[round % 3]?.dhtPort ?? 0);
      }
      await expectAllWork(grapes);
    });

    it('keep nodes that do not answer out of the routing table, where they would slow every lookup', async () => {
      const grapes = await start();
      const ports = grapes.nodes.map(({ dhtPort }) => dhtPort);
      const strangers = await Promise.all(Array.from({ length: 140 }, () => Stranger.start()));
      cleanups.push(() => Promise.all(strangers.map((stranger) => stranger.stop())));
      for (const stranger of strangers) {
        const question = { t: 'aa', y: 'q', q: 'find_node', a: { id: stranger.nodeId, target: randomBytes(20) } };
        const answered = stranger.firstAnswer();
        for (const port of ports) await stranger.send(bencode.encode(question), port);
        await answered;
      }
      await expectAllWork(grapes);
      for (const port of ports) {
        for (const known of (await strangers[0]?.knownPorts(port)) ?? []) expect(ports).toContain(known);
      }
    });

    it('keep the sender of an unsolicited response out of the routing table', async () => {
      const grapes = await start();
      const [first] = grapes.nodes;
      const stranger = await Stranger.start();
      cleanups.push(() => stranger.stop());
      const answer = { t: randomBytes(2), y: 'r', r: { id: stranger.nodeId } };
      for (let count = 0; count < 10; count++) await stranger.send(bencode.encode(answer), first?.dhtPort ?? 0);
      expect(await stranger.knownPorts(first?.dhtPort ?? 0)).not.toContain(stranger.port);
    });

    it('have one entry at most for a node with many ids, which would slow every lookup', async () => {
      const grapes = await start();
      const [first] = grapes.nodes;
      const stranger = await Stranger.start();
      cleanups.push(() => stranger.stop());
      const asked = stranger.firstQuery();
      stranger.answerWith((transaction) => ({ t: transaction, y: 'r', r: { id: randomBytes(20) } }));
      for (let count = 0; count < 50; count++) {
        const ping = { t: 'aa', y: 'q', q: 'ping', a: { id: randomBytes(20) } };
        await stranger.send(bencode.encode(ping), first?.dhtPort ?? 0);
      }
      await asked;
      await expectAllWork(grapes);
      const known = await stranger.knownPorts(first?.dhtPort ?? 0);
      expect(known.filter((port) => port === stranger.port).length).toBeLessThanOrEqual(1);
    });

    it('continue a lookup without the invalid answers of a malicious node', async () => {
      const grapes = await start();
      const { dhtPort = 0 } = grapes.nodes[0] ?? {};
      const stranger = await Stranger.start();
      cleanups.push(() => stranger.stop());
      const evilAnswers = [{ id: [1] }, { id: stranger.nodeId, nodes: 5 }, { id: stranger.nodeId, values: [5] }, {}];
      stranger.answerWith((transaction, round) => ({ t: transaction, y: 'r', r: evilAnswers[round % 4] }));
      // A ping with a fine node id makes the grape ask this node in its next lookup.
      const asked = stranger.firstQuery();
      await stranger.send(bencode.encode({ t: 'aa', y: 'q', q: 'ping', a: { id: stranger.nodeId } }), dhtPort);
      await stranger.firstAnswer();
      expect(await ask(grapes, 0, 'lookup', 'k')).toEqual([]);
      await asked;
      await expectAllWork(grapes);
    });

    it.each([65_536, -1, 0, 1.5, 'x', null, undefined, [], {}, 1e300])(
      'refuse to announce the impossible port %j',
      async (port) => {
        const grapes = await start();
        expect(await ask(grapes, 0, 'announce', ['k', port])).toBe('ERR_GRAPE_SERVICE_PORT');
        await expectAllWork(grapes);
      },
    );

    it.each([
      ['announce', null],
      ['announce', 'k'],
      ['announce', []],
      ['announce', [5, 5_000]],
      ['announce', [{ length: 1e9 }, 5_000]],
      ['announce', ['', 5_000]],
      ['lookup', null],
      ['lookup', 5],
      ['lookup', ['k']],
      ['lookup', ''],
      ['lookup', { length: 1e9 }],
      ['put', null],
      ['put', {}],
      ['put', { v: 5 }],
      ['put', { v: 'x'.repeat(1_000) }],
      ['put', { v: { length: 1e9 } }],
      ['put', { v: 'x', k: 'zz' }],
      ['put', { v: 'x', k: '{"length":4000000000}' }],
      ['put', { v: 'x', k: 'a'.repeat(64), sig: 5 }],
      ['put', { v: 'x', k: 'a'.repeat(64), sig: 'a'.repeat(128), seq: 'x' }],
      ['put', { v: 'x', k: 'a'.repeat(64), sig: 'a'.repeat(128), seq: 1, salt: '{"length":4000000000}'.repeat(9) }],
      ['get', null],
      ['get', 5],
      ['get', 'not hex'],
      ['get', { hash: null }],
      ['get', { hash: 'aa', salt: 5 }],
      ['get', { hash: '{"length":4000000000}' }],
      ['constructor', null],
      ['-lookup', 'k'],
      ['stop', null],
      ['', null],
    ])('garbage over HTTP: %s %j is refused with a text', async (type, data) => {
      const grapes = await start();
      expect(await ask(grapes, 0, type, data)).toMatch(/^ERR_/);
      await expectAllWork(grapes);
    });

    it('put and get values, and do not call functions among the options of a stranger', async () => {
      const grapes = await start();
      const hash = (await ask(grapes, 0, 'put', { v: 'hello', sign: 'x', verify: 'x' })) as string;
      expect(hash).toMatch(/^[0-9a-f]{40}$/);
      expect(await ask(grapes, 1, 'get', { hash, verify: 'x' })).toMatchObject({ v: 'hello' });
      expect(await ask(grapes, 1, 'get', 'ff'.repeat(20))).toBeNull();
    });

    it.each([
      ['an oversized body', 413, (port: number) => post(port, 'x'.repeat(LIMITS.grapeRequestMaxBytes + 1))],
      ['no JSON', 500, (port: number) => post(port, '{')],
      ['null', 500, (port: number) => post(port, 'null')],
      ['a number', 500, (port: number) => post(port, '5')],
      ['deep nesting', 500, (port: number) => post(port, '['.repeat(1_000))],
      ['GET', 405, (port: number) => sendRaw(port, 'GET /lookup HTTP/1.1\r\nhost: x\r\n\r\n')],
      ['no HTTP', 400, (port: number) => sendRaw(port, 'hello\r\n\r\n')],
      ['large headers', 431, (port: number) => post(port, '', { x: 'x'.repeat(LIMITS.headerMaxBytes) })],
      ['TLS', 400, (port: number) => sendRaw(port, Buffer.from('160301020001000200', 'hex'))],
    ])('%s over HTTP is answered with %i', async (_name, status, send) => {
      const grapes = await start();
      expect(await send(grapes.nodes[0]?.apiPort ?? 0)).toMatchObject({ status });
      await expectAllWork(grapes);
    });

    it('bind their UDP socket to the given host as well, not only the API', async () => {
      const grapes = await start();
      const { dhtPort = 0 } = grapes.nodes[0] ?? {};
      const neighbour = createSocket('udp4');
      cleanups.push(() => new Promise<void>((resolve) => neighbour.close(resolve)));
      await new Promise<void>((resolve, reject) => {
        neighbour.on('error', reject);
        neighbour.bind(dhtPort, '127.0.0.2', resolve);
      });
    });

    it('on loopback send nothing to the public DHT, whatever strangers send', async () => {
      const socket = new GuardedSocket(silentLog);
      await new Promise<void>((resolve) => {
        socket.bind(0, HOST, resolve);
      });
      const sent = vi.fn();
      socket.send(Buffer.from('x'), 0, 1, 6_881, '67.215.246.10', sent);
      socket.send(Buffer.from('x'), 0, 1, 6_881, 'router.bittorrent.com', sent);
      await new Promise<void>((resolve) => {
        socket.send(Buffer.from('x'), 0, 1, socket.address().port, HOST, () => {
          resolve();
        });
      });
      expect(sent).not.toHaveBeenCalled();
      socket.close();
      socket.close();
    });

    it('return others beside a host with thousands of ports under the same name', async () => {
      const grapes = await start();
      const { dhtPort = 0 } = grapes.nodes[0] ?? {};
      await ask(grapes, 0, 'announce', ['crowd', 5_000]);
      const stranger = await Stranger.start('127.0.0.2');
      cleanups.push(() => stranger.stop());
      const info_hash = Buffer.from('crowd');
      const { r } = await stranger.ask('get_peers', { info_hash }, dhtPort);
      for (let port = 1; port <= 600; port++) {
        await stranger.ask('announce_peer', { info_hash, port, token: r?.token }, dhtPort);
      }
      const answer = await stranger.ask('get_peers', { info_hash }, dhtPort);
      expect(answer.r?.values).toHaveLength(LIMITS.addressesPerLookupMax);
      expect(answer.r?.values?.map((peer) => peer.toString('hex'))).toContain('7f0000011388');
    });

    it('have their API on loopback by default, whatever the host of the DHT', async () => {
      const grapes = await start({ count: 2, host: '127.0.0.2' });
      expect(grapes.api.every((url) => url.startsWith('http://127.0.0.1:'))).toBe(true);
      const told = await start({ count: 2, apiHost: '127.0.0.3' });
      expect(told.api.every((url) => url.startsWith('http://127.0.0.3:'))).toBe(true);
      expect(await ask(told, 0, 'lookup', 'k')).toEqual([]);
      await expect(sendRaw(told.nodes[0]?.apiPort ?? 0, 'x')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    });

    it('send nothing to addresses that can not be a node', async () => {
      const socket = new GuardedSocket(silentLog);
      await new Promise<void>((resolve) => {
        socket.bind(0, '0.0.0.0', resolve);
      });
      const sent = vi.fn();
      for (const host of ['169.254.169.254', '255.255.255.255', '224.0.0.1', '0.0.0.0']) {
        socket.send(Buffer.from('x'), 0, 1, 6_881, host, sent);
      }
      await new Promise<void>((resolve) => {
        socket.send(Buffer.from('x'), 0, 1, socket.address().port, HOST, () => {
          resolve();
        });
      });
      expect(sent).not.toHaveBeenCalled();
      socket.close();
    });

    it('do not throw when a packet for an invalid port is sent', () => {
      const socket = new GuardedSocket(silentLog);
      expect(() => {
        socket.send(Buffer.from('x'), 0, 1, 70_000, HOST, () => undefined);
      }).not.toThrow();
      socket.close();
    });

    it('return all addresses of a key in a lookup (a stock grape 100 at most)', async () => {
      const grapes = await start();
      const ports = Array.from({ length: 150 }, (_, index) => 10_000 + index);
      for (const port of ports) await ask(grapes, 0, 'announce', ['crowd', port]);
      const found = (await ask(grapes, 1, 'lookup', 'crowd')) as string[];
      expect(found.sort()).toEqual(ports.map((port) => `${HOST}:${port}`));
    });

    it('accept an announcement when there is only one grape (a stock grape answers with an error)', async () => {
      const grapes = await start({ count: 1 });
      expect(await ask(grapes, 0, 'announce', ['k', 5_000])).toBe(0);
      expect(await ask(grapes, 0, 'lookup', 'k')).toEqual([`${HOST}:5000`]);
    });

    it('accept the next announcement after one that came too early (a stock grape fails for 5 minutes)', async () => {
      const dhtPort = await freePort();
      const later = `${HOST}:${dhtPort}`;
      const early = new HardenedGrape({
        host: HOST,
        apiHost: HOST,
        dhtPort: 0,
        apiPort: 0,
        bootstrap: [later],
        isAlone: false,
        log: silentLog,
      });
      await new Promise((resolve) => {
        early.start(resolve);
      });
      cleanups.push(
        () =>
          new Promise((resolve) => {
            early.stop(resolve);
          }),
      );
      const url = `http://${HOST}:${early.apiPort}`;
      expect(await askUrl(url, 'announce', ['k', 5_000])).toBe('No nodes to query');
      const grapes = await start({ count: 1, dhtPort });
      expect(await askUrl(url, 'announce', ['k', 5_000])).toBe(1);
      expect(await ask(grapes, 0, 'lookup', 'k')).toEqual([`${HOST}:5000`]);
    });

    it('accept keys of 1 to 400 bytes and refuse longer ones', async () => {
      const grapes = await start();
      for (const key of ['k', 'ä'.repeat(200), 'k'.repeat(400)]) {
        expect(await ask(grapes, 0, 'announce', [key, 5_000])).toBe(1);
        expect(await ask(grapes, 1, 'lookup', key)).toEqual([`${HOST}:5000`]);
      }
      expect(await ask(grapes, 0, 'announce', ['k'.repeat(401), 5_000])).toBe('ERR_GRAPE_ANNOUNCE');
      expect(await ask(grapes, 0, 'lookup', 'ä'.repeat(201))).toBe('ERR_GRAPE_LOOKUP');
    });
  });
});

type Random = (below: number) => number;

/** mulberry32 */
function seededRandom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function damage(packet: Buffer, random: Random): Buffer {
  const damaged = Buffer.from(packet);
  for (let count = random(4); count >= 0; count--) {
    const replacement = random(2) === 0 ? 'deil:0123456789'.charCodeAt(random(15)) : random(256);
    damaged[random(damaged.length)] = replacement;
  }
  return random(4) === 0 ? damaged.subarray(0, random(damaged.length)) : damaged;
}
