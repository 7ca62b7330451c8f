import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Link } from 'grenache-nodejs-base';
import { RpcClient } from '../../../src/grenache/rpc/rpc-client.ts';
import { RpcServer } from '../../../src/grenache/rpc/rpc-server.ts';
import type { ReplyHandler, RpcServerConf } from '../../../src/grenache/rpc/rpc-server-transport.ts';
import { LIMITS } from '../../../src/composition/limits.ts';
import { httpAnswer, post, ridOf, sendRaw, startRawServer, until, type RawServer } from '../../../testing/raw-http.ts';

const UPGRADE = 'GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: grapevine/1\r\n\r\n';
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: grapevine/1\r\n\r\n';
const nobody: Link = { lookup: () => undefined };

type OnRequest = (rid: unknown, key: string, payload: unknown, handler: ReplyHandler) => void;
const echo: OnRequest = (_rid, _key, payload, handler) => {
  handler.reply(null, payload);
};

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});

async function startServer(
  onRequest: OnRequest = echo,
  conf: RpcServerConf = {},
): Promise<{ port: number; server: RpcServer }> {
  const server = new RpcServer(nobody, { host: '127.0.0.1', stopGraceMs: 200, ...conf });
  server.init();
  cleanups.push(() => server.close());
  const transport = server.transport('server');
  transport.on('request', onRequest);
  return { port: await transport.listen(0).listening, server };
}

/** A channel as somebody else's program would open it. */
class RawChannel {
  received = '';
  isClosed = false;
  readonly socket: Socket;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (chunk) => (this.received += chunk.toString()));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => (this.isClosed = true));
    cleanups.push(() => this.socket.destroy());
  }

  get lines(): string[] {
    return this.received.slice(SWITCHING.length).split('\n').slice(0, -1);
  }

  async open(): Promise<this> {
    this.socket.write(UPGRADE);
    await until(() => this.received.startsWith(SWITCHING));
    return this;
  }
}

describe('the server side of a channel', () => {
  it('is offered in the answers to requests over HTTP, and in no other way', async () => {
    const { port } = await startServer();
    const head: string[] = [];
    const socket = connect(port, '127.0.0.1', () =>
      socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n["r","k"]'),
    );
    socket.on('data', (chunk) => head.push(chunk.toString()));
    await until(() => head.join('').includes('\r\n\r\n'));
    expect(head.join('')).toContain('grapevine-channel: 1');
    socket.destroy();
  });

  it('answers every line, however lines are cut into packets', async () => {
    const { port } = await startServer();
    const channel = await new RawChannel(port).open();
    channel.socket.write('["a","k",1]\n["b","k",2]\n\n["c",');
    await until(() => channel.lines.length === 2);
    channel.socket.write('"k",3]\n');
    await until(() => channel.lines.length === 3);
    expect(channel.lines).toEqual(['["a",null,1]', '["b",null,2]', '["c",null,3]']);
  });

  it('reads lines that arrive together with the upgrade', async () => {
    const { port } = await startServer();
    const channel = new RawChannel(port);
    channel.socket.write(`${UPGRADE}["a","k",1]\n`);
    await until(() => channel.lines.length === 1);
    expect(channel.lines).toEqual(['["a",null,1]']);
  });

  it('refuses another protocol', async () => {
    const { port } = await startServer();
    const answer = await sendRaw(port, UPGRADE.replace('grapevine/1', 'websocket'));
    expect(answer).toMatchObject({ status: 400, body: expect.stringContaining('ERR_HTTP_REQUEST') as string });
    expect(await post(port, '["r","k",1]')).toMatchObject({ status: 200 });
  });

  it.each([
    ['no JSON', '{"a":\n', 'ERR_BODY_NOT_JSON'],
    ['null', 'null\n', 'ERR_ENVELOPE'],
    ['too deep', `["r","k",${'['.repeat(20)}${']'.repeat(20)}]\n`, 'ERR_BODY_TOO_DEEP'],
    ['an inexact number', '["r","k",0.10000000000000000001]\n', 'ERR_NUMBER_INEXACT'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22, 0x0a]), 'ERR_BODY_NOT_JSON'],
  ])('reports an invalid line and closes: %s', async (_what, line, code) => {
    const { port } = await startServer();
    const channel = await new RawChannel(port).open();
    channel.socket.write(line);
    await until(() => channel.isClosed);
    expect(channel.lines.at(-1)).toMatch(new RegExp(`^\\[null,"${code}: `));
    expect(await post(port, '["r","k",1]')).toMatchObject({ status: 200 });
  });

  it('closes on a line that is too long, complete or not', async () => {
    const { port } = await startServer();
    for (const end of ['', '"]\n']) {
      const channel = await new RawChannel(port).open();
      channel.socket.write(`["r","k","${'x'.repeat(LIMITS.bodyMaxBytes)}${end}`);
      await until(() => channel.isClosed);
      expect(channel.lines).toEqual([]);
    }
  });

  it('closes on a line that is not complete in time', async () => {
    const { port } = await startServer(echo, { headersTimeoutMs: 50, requestReadTimeoutMs: 50 });
    const channel = await new RawChannel(port).open();
    channel.socket.write('["a","k",1]\n["b"');
    await until(() => channel.isClosed);
    expect(channel.lines).toEqual(['["a",null,1]']);
  });

  it('limits the requests in progress; the others wait in the connection', async () => {
    const waiting: ReplyHandler[] = [];
    const { port } = await startServer((_rid, _key, _payload, handler) => waiting.push(handler));
    const channel = await new RawChannel(port).open();
    const total = LIMITS.channelRequestsMax + 100;
    channel.socket.write(Array.from({ length: total }, (_, index) => `["${index}","k",0]\n`).join(''));
    await until(() => waiting.length >= LIMITS.channelRequestsMax);
    await new Promise(setImmediate);
    expect(waiting).toHaveLength(LIMITS.channelRequestsMax);
    let answered = 0;
    await until(() => {
      for (const handler of waiting.splice(0)) {
        answered += 1;
        handler.reply(null, 0);
        // A second reply to the same request counts no more than the first.
        handler.reply(null, 1);
      }
      return channel.lines.length === total;
    });
    expect(answered).toBe(total);
    expect(channel.lines.every((line) => line.endsWith(',null,0]'))).toBe(true);
  });

  it('reads a limited number of lines in a turn of the event loop, so that others have their turn', async () => {
    const taken: string[] = [];
    const { port } = await startServer((_rid, key, _payload, handler) => {
      taken.push(key);
      handler.reply(null, 0);
    });
    const [loud, quiet] = [await new RawChannel(port).open(), await new RawChannel(port).open()];
    const lines = LIMITS.channelLinesPerTurn * 20;
    loud.socket.write('["a","loud",0]\n'.repeat(lines));
    quiet.socket.write('["a","quiet",0]\n');
    await until(() => taken.length === lines + 1);
    expect(taken.indexOf('quiet')).toBeLessThanOrEqual(LIMITS.channelLinesPerTurn * 3);
    expect(loud.lines.length).toBeLessThanOrEqual(lines);
    await until(() => loud.lines.length === lines);
  });

  it('closes on a peer that sends requests and never reads', async () => {
    const big = 'x'.repeat(30_000);
    const { port } = await startServer((_rid, _key, _payload, handler) => {
      handler.reply(null, big);
    });
    const channel = await new RawChannel(port).open();
    channel.socket.pause();
    const closed = new Promise((resolve) => channel.socket.once('error', resolve));
    let isClosed = false;
    void closed.then(() => (isClosed = true));
    await until(() => {
      if (!isClosed) channel.socket.write('["a","k",1]\n'.repeat(50));
      return isClosed;
    });
  });

  it('sends the answers in progress before it stops', async () => {
    const waiting: ReplyHandler[] = [];
    const { port, server } = await startServer((_rid, _key, _payload, handler) => waiting.push(handler));
    const channel = await new RawChannel(port).open();
    channel.socket.write('["a","k",1]\n');
    await until(() => waiting.length === 1);
    const closing = server.close();
    waiting[0]?.reply(null, 'in time');
    await closing;
    await until(() => channel.isClosed);
    expect(channel.lines).toEqual(['["a",null,"in time"]']);
  });

  it('stops in time also when an answer never comes', async () => {
    const { port, server } = await startServer(() => undefined);
    const channel = await new RawChannel(port).open();
    channel.socket.write('["a","k",1]\n');
    await server.close();
    await until(() => channel.isClosed);
  });
});

describe('the client side of a channel', () => {
  function client(): RpcClient {
    const rpc = new RpcClient(nobody, {});
    rpc.init();
    cleanups.push(() => rpc.close());
    return rpc;
  }

  /** Offers a channel over HTTP, and does on the channel what the test wants. */
  function startOffering(
    onLine: (socket: Socket, line: string) => void,
    isSilentOverHttp = () => false,
  ): Promise<RawServer> {
    const upgraded = new WeakSet<Socket>();
    return startRawServer((socket, piece) => {
      if (upgraded.has(socket)) {
        for (const line of piece.split('\n').slice(0, -1)) onLine(socket, line);
      } else if (piece.includes('upgrade: grapevine/1')) {
        upgraded.add(socket);
        socket.write(SWITCHING);
      } else if (!isSilentOverHttp()) {
        socket.write(httpAnswer(`["${ridOf(piece)}",null,"http"]`, '200 OK', 'grapevine-channel: 1\r\n'));
      }
    });
  }

  async function callUntilChannel(rpc: RpcClient, server: RawServer): Promise<void> {
    const transport = rpc.transport(server.address);
    expect(await transport.call('k', 1)).toEqual({ kind: 'answer', result: 'http' });
    await until(() => server.received.includes('upgrade: grapevine/1'));
    await until(() => transport.hasChannel);
  }

  it('is used after it was offered, but not for `once` requests', async () => {
    const server = await startOffering((socket, line) => socket.write(`["${ridOf(line)}",null,"channel"]\n`));
    cleanups.push(() => server.stop());
    const rpc = client();
    await callUntilChannel(rpc, server);
    const transport = rpc.transport(server.address);
    expect(await transport.call('k', 1)).toEqual({ kind: 'answer', result: 'channel' });
    expect(await transport.call('k', 1, { once: true })).toEqual({ kind: 'answer', result: 'http' });
  });

  it('returns errors as errors', async () => {
    const server = await startOffering((socket, line) =>
      socket.write(`["${ridOf(line)}","ERR_QUEUE_FULL: full",null]\n`),
    );
    cleanups.push(() => server.stop());
    const rpc = client();
    await callUntilChannel(rpc, server);
    expect(await rpc.transport(server.address).call('k', 1)).toMatchObject({
      kind: 'error',
      error: 'ERR_QUEUE_FULL: full',
    });
  });

  it.each([
    ['is cut', (socket: Socket) => socket.destroy()],
    ['says nonsense', (socket: Socket) => socket.write('what?\n')],
    ['says too much', (socket: Socket) => socket.write('x'.repeat(LIMITS.bodyMaxBytes + 1))],
    ['says what is no answer', (socket: Socket) => socket.write('{"a":1}\n')],
  ])('when it %s, the request is repeated over HTTP', async (_what, misbehave) => {
    const server = await startOffering(misbehave);
    cleanups.push(() => server.stop());
    const rpc = client();
    await callUntilChannel(rpc, server);
    expect(await rpc.transport(server.address).call('k', 1)).toEqual({ kind: 'answer', result: 'http' });
  });

  it('when it is lost together with the addressee, the result is unknown', async () => {
    const server = await startOffering(() => void server.stop());
    const rpc = client();
    await callUntilChannel(rpc, server);
    expect(await rpc.transport(server.address).call('k', 'last words')).toMatchObject({
      kind: 'unknown',
      code: 'ERR_CONNECTION_LOST',
    });
    expect(server.received).toContain('last words');
  });

  it('when it is lost, HTTP has only the remaining time', async () => {
    let isSilent = false;
    const server = await startOffering(
      (socket) => setTimeout(() => socket.destroy(), 900),
      () => isSilent,
    );
    cleanups.push(() => server.stop());
    const rpc = client();
    await callUntilChannel(rpc, server);
    isSilent = true;
    const startMs = performance.now();
    expect(await rpc.transport(server.address).call('k', 1, { timeoutMs: 1_000 })).toMatchObject({
      kind: 'unknown',
      code: 'ERR_TIMEOUT',
    });
    expect(performance.now() - startMs).toBeLessThan(1_800);
  });

  it('that is silent ends the call as unknown in time, and is not used again', async () => {
    const server = await startOffering(() => undefined);
    cleanups.push(() => server.stop());
    const rpc = client();
    await callUntilChannel(rpc, server);
    const transport = rpc.transport(server.address);
    expect(await transport.call('k', 1, { timeoutMs: 30 })).toMatchObject({ kind: 'unknown', code: 'ERR_TIMEOUT' });
    expect(transport.hasChannel).toBe(false);
    expect(await transport.call('k', 1)).toEqual({ kind: 'answer', result: 'http' });
  });

  it('ignores answers without a request', async () => {
    const server = await startOffering((socket, line) =>
      socket.write(`["somebody-else",null,1]\n["${ridOf(line)}",null,"mine"]\n["${ridOf(line)}",null,"again"]\n`),
    );
    cleanups.push(() => server.stop());
    const rpc = client();
    await callUntilChannel(rpc, server);
    expect(await rpc.transport(server.address).call('k', 1)).toEqual({ kind: 'answer', result: 'mine' });
    expect(await rpc.transport(server.address).call('k', 1)).toEqual({ kind: 'answer', result: 'mine' });
  });

  it('ends pending calls as unknown at a stop', async () => {
    const server = await startOffering(() => undefined);
    cleanups.push(() => server.stop());
    const rpc = client();
    await callUntilChannel(rpc, server);
    const asking = rpc.transport(server.address).call('k', 1);
    await rpc.close();
    expect(await asking).toMatchObject({ kind: 'unknown' });
  });

  it('carries many requests at once between two desks', async () => {
    const { port } = await startServer();
    const rpc = client();
    const transport = rpc.transport(`127.0.0.1:${port}`);
    await transport.call('k', 0);
    await until(() => transport.hasChannel);
    const results = await Promise.all(Array.from({ length: 500 }, (_, index) => transport.call('k', { index })));
    expect(results).toEqual(results.map((_, index) => ({ kind: 'answer', result: { index } })));
  });
});
