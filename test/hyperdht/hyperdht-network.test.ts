/** What is special about desks on hyperdht; what every network does is in test/contracts. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import HyperDHT from 'hyperdht';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HyperdhtNetwork, type HyperdhtNetworkInit } from '../../src/hyperdht/hyperdht-network.ts';
import { startDhtNodes, type DhtNodes } from '../../src/hyperdht/start-dht-nodes.ts';
import { silentLog } from '../../src/ports/log.ts';
import type { RequestHandler } from '../../src/ports/network.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { hyperdhtKey } from '../../testing/hyperdht-key.ts';

const HOST = '127.0.0.1';
const echo: RequestHandler = ({ payload }) => Promise.resolve({ error: null, result: payload });

let nodes: DhtNodes;
const running: { stop(): Promise<void> }[] = [];

beforeEach(async () => {
  nodes = await startDhtNodes({ host: HOST, port: 0 });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(running.splice(0).map((one) => one.stop()));
  await nodes.stop();
});

function network(init: Partial<HyperdhtNetworkInit> = {}) {
  const key = hyperdhtKey();
  const common = { broadcastKey: 'common', bootstrap: nodes.bootstrap, host: HOST, port: 0, log: silentLog };
  const made = new HyperdhtNetwork({ ...key, ...common, timeouts: { stopGraceMs: 100 }, ...init });
  running.push(made);
  return { network: made, id: key.id };
}

/** A node of hyperdht without our manners. */
function strangerNode(): Promise<{ readonly node: HyperDHT }> {
  const [bootstrap = ''] = nodes.bootstrap;
  const node = new HyperDHT({
    bootstrap: [{ host: HOST, port: Number(bootstrap.split(':')[1]) }],
    host: HOST,
    port: [0, 0],
  });
  running.push({ stop: () => node.destroy({ force: true }) });
  return node.fullyBootstrapped().then(() => ({ node }));
}

/** And a stream of its to a desk. */
async function stranger(id: string) {
  const { node } = await strangerNode();
  const stream = node.connect(Buffer.from(id, 'hex'));
  stream.on('error', () => undefined);
  await once(stream, 'open');
  return { node, stream };
}

async function strangerThatAnswers(onAsk: (stream: HyperDHT.Stream, rid: number) => void): Promise<string> {
  const { node } = await strangerNode();
  const { id, publicKey, seed } = hyperdhtKey();
  const server = node.createServer((stream) => {
    stream.on('error', () => undefined);
    stream.on('data', (bytes: Buffer) => {
      onAsk(stream, (JSON.parse(bytes.toString()) as [string, number])[1]);
    });
  });
  await server.listen({ publicKey, secretKey: Buffer.concat([seed, publicKey]) });
  return id;
}

/** Whatever error it ends with. */
function closed(stream: HyperDHT.Stream): Promise<void> {
  return new Promise((resolve) => {
    stream.once('close', resolve);
  });
}

function textOf(answer: unknown): string {
  return (answer as readonly Buffer[])[0]?.toString() ?? '';
}

describe('the network on hyperdht', { timeout: 20_000 }, () => {
  it.each([[[]], [['10.0.0.5']], [['example.org:49737']], [['10.0.0.5:0']], [['10.0.0.500:1']], [['10.0.0.5:70000']]])(
    'rejects the bootstrap addresses %j',
    (bootstrap) => {
      expect(() => network({ bootstrap })).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }));
    },
  );

  it('sends only to its own host, and knows no public node', async () => {
    const { prototype } = createRequire(createRequire(import.meta.url).resolve('hyperdht'))(
      'udx-native/lib/socket.js',
    ) as {
      prototype: { trySend(data: Buffer, port: number, host: string): void; send(...all: unknown[]): Promise<unknown> };
    };
    const [trySend, send] = [vi.spyOn(prototype, 'trySend'), vi.spyOn(prototype, 'send')];
    const alice = network();
    const bob = network();
    await alice.network.start(echo);
    await bob.network.start(echo);
    await alice.network.broadcast('x');
    const hosts = new Set([...trySend.mock.calls, ...send.mock.calls].map(([, , host]) => host));
    expect(hosts).toEqual(new Set([HOST]));
  });

  it('reports that a port is in use, and leaves nothing running', async () => {
    const taken = createSocket('udp4').bind(0, HOST);
    await once(taken, 'listening');
    const { port } = taken.address();
    const { network: refused } = network({ port });
    await expect(refused.start(echo)).rejects.toMatchObject({ code: 'ERR_PORT_IN_USE' });
    await expect(startDhtNodes({ host: HOST, port })).rejects.toMatchObject({ code: 'ERR_PORT_IN_USE' });
    taken.close();
  });

  it('stops at once while it waits for a node', async () => {
    const { bootstrap } = nodes;
    await nodes.stop();
    const { network: waiting } = network({ bootstrap });
    const started = waiting.start(echo);
    started.catch(() => undefined);
    await waiting.stop();
    await expect(started).rejects.toMatchObject({ code: 'ERR_DESK_STOPPED' });
  });

  it('rejects a second start, and requests to an id that is not a key', async () => {
    const { network: alice } = network();
    await alice.start(echo);
    await expect(alice.start(echo)).rejects.toMatchObject({ code: 'ERR_WRONG_STATE' });
    expect(await alice.request('a1b2c3d4e5f60718', 1)).toMatchObject({ kind: 'unsent', code: 'ERR_NO_ADDRESS' });
  });

  it('reports a request to an announced desk that is gone as unsent', async () => {
    const { network: alice } = network({ timeouts: { openTimeoutMs: 300 } });
    await alice.start(echo);
    const bob = network();
    await bob.network.start(echo);
    // Its withdrawal of the announcement is lost.
    vi.spyOn(HyperDHT.prototype, 'unannounce').mockResolvedValue();
    const { prototype } = HyperDHT as unknown as { prototype: { request(): Promise<unknown> } };
    vi.spyOn(prototype, 'request').mockRejectedValue(new Error('lost'));
    await bob.network.stop();
    vi.restoreAllMocks();
    expect(await alice.request(bob.id, 1)).toMatchObject({ kind: 'unsent', code: 'ERR_CONNECT' });
    expect((await alice.broadcast(1)).reached).toEqual([]);
  });

  it('repeats a request on a new stream when the stream is lost, unless it must be sent only once', async () => {
    const { network: alice } = network();
    await alice.start(echo);
    let asked = 0;
    const id = await strangerThatAnswers((stream, rid) => {
      asked += 1;
      // The first stream is lost with the question; the second one answers.
      if (asked === 1) stream.destroy();
      else stream.write(Buffer.from(`["answer",${rid},null,"second"]`));
    });
    expect(await alice.request(id, 1)).toEqual({ kind: 'answer', result: 'second' });
    asked = 0;
    const once = await alice.request(id, 1, { once: true });
    expect(once).toMatchObject({ kind: 'unknown', code: 'ERR_CONNECTION_LOST' });
    expect(asked).toBe(1);
  });

  it('opens a new stream after a request that timed out without any data', async () => {
    const { network: alice } = network({ timeouts: { stopGraceMs: 100, requestTimeoutMs: 200 } });
    await alice.start(echo);
    let deaf: HyperDHT.Stream | null = null;
    const id = await strangerThatAnswers((stream, rid) => {
      deaf ??= stream;
      if (stream !== deaf) stream.write(Buffer.from(`["answer",${rid},null,"second"]`));
    });
    expect(await alice.request(id, 1)).toMatchObject({ kind: 'unknown', code: 'ERR_TIMEOUT' });
    expect(await alice.request(id, 1, { timeoutMs: LIMITS.requestTimeoutMs })).toEqual({
      kind: 'answer',
      result: 'second',
    });
  });

  it.each([
    ['no JSON', Buffer.from('{')],
    ['no UTF-8', Buffer.from([0xff, 0xfe])],
    ['no message', Buffer.from('["ask",1,"direct"]')],
    ['an unknown service', Buffer.from('["ask",1,"other",null]')],
    ['no number', Buffer.from('["ask","1","direct",null]')],
    ['nested too deep', Buffer.from(`["ask",1,"direct",${'['.repeat(20)}${']'.repeat(20)}]`)],
    ['too large', Buffer.from(`["ask",1,"direct","${'x'.repeat(LIMITS.bodyMaxBytes)}"]`)],
  ])('closes a stream on which it receives %s, and continues with other streams', async (_what, bytes) => {
    const { network: alice, id } = network();
    await alice.start(echo);
    const [bad, good] = [await stranger(id), await stranger(id)];
    const isClosed = closed(bad.stream);
    bad.stream.write(bytes);
    await isClosed;
    const answer = once(good.stream, 'data');
    good.stream.write(Buffer.from('["ask",7,"direct",{"n":1}]'));
    expect(textOf(await answer)).toBe('["answer",7,null,{"n":1}]');
  });

  it('ignores answers without a request', async () => {
    const { network: alice, id } = network();
    await alice.start(echo);
    const { stream } = await stranger(id);
    stream.write(Buffer.from('["answer",1,null,1]'));
    const answer = once(stream, 'data');
    stream.write(Buffer.from('["ask",2,"direct",2]'));
    expect(textOf(await answer)).toBe('["answer",2,null,2]');
  });

  it('closes a stream during a message that is too large, before it is complete', async () => {
    const { network: alice, id } = network();
    await alice.start(echo);
    const { stream } = await stranger(id);
    const isClosed = closed(stream);
    stream.write(Buffer.alloc(8 * LIMITS.bodyMaxBytes, 'x'));
    await isClosed;
  });

  it('limits the busy streams of one desk', async () => {
    const { network: alice, id } = network();
    await alice.start(echo);
    const { node } = await stranger(id);
    for (let count = 1; count < LIMITS.connectionsPerAddress; count += 1) {
      await once(node.connect(Buffer.from(id, 'hex')), 'open');
    }
    const tooMany = node.connect(Buffer.from(id, 'hex'));
    tooMany.on('error', () => undefined);
    await closed(tooMany);
  });

  it('tries a limited number of relays, one after the other, and only desks that announce themselves as relays', async () => {
    const asked: string[] = [];
    const record: RequestHandler = ({ service }) => {
      asked.push(service);
      return Promise.resolve({ error: 'ERR_NO_ADDRESS: not there', result: null });
    };
    for (let count = 0; count <= LIMITS.relaysPerRequestMax; count += 1) {
      await network({ isRelay: true }).network.start(record);
    }
    const { network: other, id } = network();
    await other.start(record);
    const { network: alice } = network();
    await alice.start(echo);
    const result = await alice.request('', 1, { service: 'relay', isGenuine: () => false });
    expect(result).toMatchObject({ kind: 'error', error: 'ERR_NO_ADDRESS: not there' });
    expect(asked).toEqual(Array.from({ length: LIMITS.relaysPerRequestMax }, () => 'relay'));
    const { stream } = await stranger(id);
    const answer = once(stream, 'data');
    stream.write(Buffer.from('["ask",1,"relay",null]'));
    expect(textOf(await answer)).toMatch(/ERR_WRONG_DESK/);
  });

  it('finds only desks with the same broadcast key', async () => {
    const [one, other, third] = [network(), network({ broadcastKey: 'others' }), network()];
    for (const { network: each } of [one, other, third]) await each.start(echo);
    expect((await one.network.broadcast(1)).reached).toEqual([third.id]);
  });

  it('skips the desk that `except` names in a broadcast', async () => {
    const [alice, bob, carol] = [network(), network(), network()];
    for (const { network: each } of [alice, bob, carol]) await each.start(echo);
    expect(await alice.network.broadcast(1, { except: bob.id })).toEqual({ reached: [carol.id], unreached: [] });
  });
});
