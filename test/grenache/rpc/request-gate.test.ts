import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Link } from 'grenache-nodejs-base';
import { RequestGate, type Caller, type GateLimits } from '../../../src/grenache/rpc/request-gate.ts';
import { RpcClient } from '../../../src/grenache/rpc/rpc-client.ts';
import { RpcServer } from '../../../src/grenache/rpc/rpc-server.ts';
import type { ReplyHandler, RequestDetails } from '../../../src/grenache/rpc/rpc-server-transport.ts';
import { LIMITS } from '../../../src/composition/limits.ts';
import { post, sendRaw, until } from '../../../testing/raw-http.ts';

const UPGRADE = 'GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: grapevine/1\r\n\r\n';
const nobody: Link = { lookup: () => undefined };

/** The part of a socket that the gate uses. */
class Connection extends EventEmitter {
  readonly remotePort = 5_000;
  destroyed = false;
  readonly remoteAddress: string;

  constructor(remoteAddress: string) {
    super();
    this.remoteAddress = remoteAddress;
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit('close');
  }

  get socket(): Socket {
    return this as unknown as Socket;
  }
}

describe('the request gate', () => {
  function connectFrom(gate: RequestGate, host: string): { connection: Connection; caller: Caller | null } {
    const connection = new Connection(host);
    gate.admit(connection.socket);
    return { connection, caller: gate.callerOn(connection.socket) };
  }

  function chargeTimes(caller: Caller | null, times: number, bytes = 100): readonly string[] {
    if (caller === null) throw new Error('the gate did not admit the connection');
    return Array.from({ length: times }, () => caller.charge(bytes));
  }

  it('refuses requests beyond the points of a connection, and disconnects a peer that continues', () => {
    const { caller } = connectFrom(new RequestGate(), '127.0.0.1');
    const verdicts = chargeTimes(caller, LIMITS.pointsPerConnection + LIMITS.pointsOverdrawnMax + 1);
    expect(verdicts.lastIndexOf('pass')).toBe(LIMITS.pointsPerConnection - 1);
    expect(verdicts[LIMITS.pointsPerConnection]).toBe('refuse');
    expect(verdicts.at(-2)).toBe('refuse');
    expect(verdicts.at(-1)).toBe('disconnect');
  });

  it.each([
    ['elsewhere', '8.8.8.8', LIMITS.pointsPerAddress],
    ['on loopback', '127.0.0.1', LIMITS.pointsPerLoopbackAddress],
  ])(
    'limits the points of an address %s, but always lets its connections spend their reserved points',
    (_, host, max) => {
      const gate = new RequestGate();
      let passed = 0;
      while (passed < max) {
        const flood = chargeTimes(connectFrom(gate, host).caller, LIMITS.pointsPerConnection);
        const count = flood.filter((verdict) => verdict === 'pass').length;
        if (count === LIMITS.pointsReserved) break;
        passed += count;
      }
      expect(passed).toBeGreaterThan(max * 0.9);
      const { caller } = connectFrom(gate, '9.9.9.9');
      expect(new Set(chargeTimes(caller, LIMITS.pointsReserved * 2))).toEqual(new Set(['pass']));
    },
  );

  it('leaves a connection its reserved points during a flood from the same address', () => {
    const gate = new RequestGate({ pointsPerAddress: 500 });
    const quiet = connectFrom(gate, '8.8.8.8');
    const loud = connectFrom(gate, '8.8.8.8');
    chargeTimes(loud.caller, 5_000);
    const verdicts = chargeTimes(quiet.caller, LIMITS.pointsReserved + 1);
    expect(verdicts.slice(0, -1)).toEqual(Array(LIMITS.pointsReserved).fill('pass'));
    expect(verdicts.at(-1)).toBe('refuse');
  });

  it('limits the connections of each address', () => {
    const gate = new RequestGate();
    const held = Array.from(
      { length: LIMITS.connectionsFromAddressMax + 1 },
      () => connectFrom(gate, '8.8.8.8').connection,
    );
    expect(held.filter(({ destroyed }) => destroyed)).toEqual([held.at(-1)]);
    expect(connectFrom(gate, '9.9.9.9').connection.destroyed).toBe(false);
    held[0]?.destroy();
    expect(connectFrom(gate, '8.8.8.8').connection.destroyed).toBe(false);
  });

  it('forgets an address when its connections are closed or refused', () => {
    const gate = new RequestGate({ connectionsMax: 1 });
    const held = [connectFrom(gate, '8.8.8.8'), connectFrom(gate, '9.9.9.9')].map(({ connection }) => connection);
    expect(held.map(({ destroyed }) => destroyed)).toEqual([false, true]);
    for (const connection of held) connection.emit('close');
    expect(gate.size).toBe(0);
  });

  it('leaves room for other hosts beside the connections of loopback', () => {
    const gate = new RequestGate();
    const held = Array.from({ length: LIMITS.connectionsFromLoopbackMax + 1 }, (_, index) =>
      connectFrom(gate, index % 2 === 0 ? '127.0.0.1' : '127.0.0.2'),
    );
    expect(held.filter(({ connection }) => connection.destroyed)).toHaveLength(1);
    expect(LIMITS.connectionsFromLoopbackMax).toBeLessThan(LIMITS.connectionsMax);
  });

  it('closes new connections when their address has no points left', () => {
    const gate = new RequestGate();
    const connections: Connection[] = [];
    for (let count = 0; count <= LIMITS.pointsPerAddress / LIMITS.connectionPoints; count++) {
      const { connection } = connectFrom(gate, '8.8.8.8');
      connections.push(connection);
      gate.callerOn(connection.socket)?.charge(0);
      if (connection.destroyed) break;
      connection.emit('close');
    }
    expect(connections.at(-1)?.destroyed).toBe(true);
    expect(connections.length).toBe(LIMITS.pointsPerAddress / LIMITS.connectionPoints + 1);
  });

  it('charges a request by its size', () => {
    const gate = new RequestGate({ pointsReserved: 0 });
    const large = chargeTimes(connectFrom(gate, '127.0.0.1').caller, 1_000, LIMITS.bodyMaxBytes);
    expect(large.filter((verdict) => verdict === 'pass')).toHaveLength(Math.floor(LIMITS.pointsPerConnection / 33));
  });

  it('charges more for junk, but not for errors that an honest desk can get', () => {
    const gate = new RequestGate();
    const [junk, honest] = [connectFrom(gate, '127.0.0.1').caller, connectFrom(gate, '127.0.0.1').caller];
    for (let count = 0; count < LIMITS.pointsPerConnection / LIMITS.junkPoints; count++) {
      junk?.chargeIfJunk('ERR_INVALID_MESSAGE: no');
      honest?.chargeIfJunk('ERR_OFFER_TAKEN: gone');
    }
    expect(chargeTimes(junk, 1)).toEqual(['refuse']);
    expect(chargeTimes(honest, 1)).toEqual(['pass']);
  });

  it('forgets closed connections', () => {
    const gate = new RequestGate();
    const connections = Array.from({ length: 1_000 }, (_, index) =>
      connectFrom(gate, `9.9.${index >> 8}.${index % 256}`),
    );
    expect(gate.size).toBe(1_000);
    for (const { connection } of connections) connection.destroy();
    expect(gate.size).toBe(0);
  });
});

describe('a server with a gate', () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
  });

  type OnRequest = (handler: ReplyHandler, details: RequestDetails, payload: unknown) => void;

  async function start(
    gate: Partial<GateLimits> = {},
    onRequest: OnRequest = (handler) => {
      handler.reply(null, 1);
    },
  ): Promise<number> {
    const server = new RpcServer(nobody, { host: '127.0.0.1', stopGraceMs: 200, gate });
    server.init();
    cleanups.push(() => server.close());
    const transport = server.transport('server');
    transport.on(
      'request',
      (
        _rid: unknown,
        _key: string,
        payload: unknown,
        handler: ReplyHandler,
        _certificate: unknown,
        details: RequestDetails,
      ) => {
        onRequest(handler, details, payload);
      },
    );
    return transport.listen(0).listening;
  }

  function open(port: number, text: string) {
    const socket = connect(port, '127.0.0.1');
    const opened = { socket, received: '', isClosed: false };
    socket.on('data', (chunk) => (opened.received += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => (opened.isClosed = true));
    socket.write(text);
    cleanups.push(() => socket.destroy());
    return opened;
  }

  const request = (body: string): string =>
    `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

  it('answers 429 without reading the request, and continues with other senders', async () => {
    const taken: unknown[] = [];
    const port = await start({ pointsPerConnection: 2 }, (handler, _details, payload) => {
      taken.push(payload);
      handler.reply(null, payload);
    });
    const greedy = open(port, request('["r","k",1]').repeat(2) + request('{not even JSON'));
    await until(() => greedy.received.includes('HTTP/1.1 429 '));
    expect(greedy.received).toMatch(/\[null,"ERR_RATE_LIMITED: [^"]+",null\]$/);
    expect(taken).toEqual([1, 1]);
    expect(await post(port, '["r","k",2]')).toMatchObject({ status: 200 });
  });

  it('answers with the rid on a channel, closes it if the flood continues, and does not affect other channels', async () => {
    const port = await start({ pointsPerConnection: 2, pointsOverdrawnMax: 3 });
    const greedy = open(port, `${UPGRADE}["a","k",1]\n["b","k",1]\n["c","k",1]\n`);
    await until(() => greedy.received.includes('["c",'));
    expect(greedy.received).toMatch(/\["a",null,1\]\n\["b",null,1\]\n\["c","ERR_RATE_LIMITED: /);
    greedy.socket.write('["d","k",1]\nnot even JSON\n["e","k",1]\n');
    await until(() => greedy.isClosed);
    const modest = open(port, `${UPGRADE}["a","k",1]\n`);
    await until(() => modest.received.includes('["a",null,1]'));
  });

  it('sends a refusal on a channel that our client reads as an error, not as a lost channel', async () => {
    const port = await start({ pointsPerConnection: 3 });
    const client = new RpcClient(nobody);
    client.init();
    cleanups.push(() => client.close());
    const transport = client.transport(`127.0.0.1:${port}`);
    await transport.call('k', 0);
    await until(() => transport.hasChannel);
    const results = await Promise.all(Array.from({ length: 4 }, () => transport.call('k', 1)));
    expect(results.map(({ kind }) => kind)).toEqual(['answer', 'answer', 'answer', 'error']);
    expect(results.at(-1)).toMatchObject({ error: expect.stringMatching(/^ERR_RATE_LIMITED: /) as string });
    expect(transport.hasChannel).toBe(true);
  });

  it('lets junk soon exhaust the points of its connection', async () => {
    const limit = 5;
    const port = await start({ pointsPerConnection: limit * LIMITS.junkPoints });
    const junk = open(port, '');
    for (let count = 0; count <= limit && !junk.received.includes(' 429 '); count++) {
      const before = junk.received.length;
      junk.socket.write(request('{}'));
      await until(() => junk.received.length > before);
    }
    expect(junk.received).toContain('HTTP/1.1 429 ');
    expect(junk.received.split('ERR_ENVELOPE').length).toBeLessThanOrEqual(limit + 1);
  });

  it('limits pipelined requests', async () => {
    const waiting: ReplyHandler[] = [];
    const port = await start({}, (handler) => waiting.push(handler));
    const { length } = Array.from({ length: LIMITS.pipelinedRequestsMax + 5 });
    const pipelining = open(port, request('["r","k",1]').repeat(length));
    await until(() => waiting.length === LIMITS.pipelinedRequestsMax);
    for (const handler of waiting) handler.reply(null, 1);
    await until(() => pipelining.received.split('HTTP/1.1 429 ').length === 6);
    expect(waiting).toHaveLength(LIMITS.pipelinedRequestsMax);
  });

  it('limits the connections of one address', async () => {
    const port = await start({ connectionsFromAddressMax: 2 });
    const held = [open(port, ''), open(port, '')];
    await Promise.all(held.map(({ socket }) => new Promise((resolve) => socket.once('connect', resolve))));
    const third = open(port, '');
    await until(() => third.isClosed);
    expect(held.map(({ isClosed }) => isClosed)).toEqual([false, false]);
    held[0]?.socket.destroy();
    await until(async () => (await post(port, '["r","k",1]').catch(() => null))?.status === 200);
  });

  it('passes the address of the caller on', async () => {
    const port = await start({}, (handler, { from }) => {
      handler.reply(null, from);
    });
    const { socket, ...asking } = open(port, request('["r","k",1]'));
    expect(asking.isClosed).toBe(false);
    const answer = await sendRaw(port, request('["r","k",1]'));
    expect(answer.body).toMatch(/^\["r",null,"127\.0\.0\.1:\d+"\]$/);
    expect(answer.body).not.toContain(String(socket.localPort));
  });
});
