/** Those who connect and say nothing, or little, or never come to an end: each is got rid of, and others are served. */
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Link } from 'grenache-nodejs-base';
import { RpcServer } from '../../../src/grenache/rpc/rpc-server.ts';
import type { ReplyHandler, RpcServerConf } from '../../../src/grenache/rpc/rpc-server-transport.ts';
import { LIMITS } from '../../../src/composition/limits.ts';
import { post, until } from '../../../testing/raw-http.ts';

const UPGRADE = 'GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: grapevine/1\r\n\r\n';
const HEAD = 'POST / HTTP/1.1\r\nhost: x\r\n';
const BODY = '["r","k",1]';
const nobody: Link = { lookup: () => undefined };
/** Node looks for what takes too long twice a second. */
const soon: RpcServerConf = {
  headersTimeoutMs: 100,
  requestReadTimeoutMs: 200,
  keepAliveTimeoutMs: 100,
  channelIdleMs: 100,
};

describe('slow senders', () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
  });

  async function start(conf: RpcServerConf = soon): Promise<number> {
    const server = new RpcServer(nobody, { host: '127.0.0.1', stopGraceMs: 200, ...conf });
    server.init();
    cleanups.push(() => server.close());
    const transport = server.transport('server');
    transport.on('request', (_rid: unknown, _key: string, payload: unknown, handler: ReplyHandler) => {
      handler.reply(null, payload);
    });
    return transport.listen(0).listening;
  }

  function open(port: number, text = '', allowHalfOpen = false) {
    const socket: Socket = connect({ port, host: '127.0.0.1', allowHalfOpen });
    const opened = { socket, received: '', isClosed: false };
    socket.on('data', (chunk) => (opened.received += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => (opened.isClosed = true));
    if (text !== '') socket.write(text);
    cleanups.push(() => socket.destroy());
    return opened;
  }

  /** A piece every few milliseconds for as long as the connection stands. */
  function drip(port: number, start: string, piece: string) {
    const opened = open(port, start);
    const dripping = setInterval(() => opened.socket.write(piece), 10);
    opened.socket.on('close', () => {
      clearInterval(dripping);
    });
    return opened;
  }

  it.each([
    ['nothing at all', ''],
    ['half a request line', 'POST / HT'],
    ['headers without an end', HEAD],
    ['half a body', `${HEAD}content-length: 5\r\n\r\n["`],
    ['half a chunk', `${HEAD}transfer-encoding: chunked\r\n\r\n5\r\n["`],
    ['one request, and then nothing', `${HEAD}content-length: ${BODY.length}\r\n\r\n${BODY}`],
    ['a request for a channel, and then nothing', UPGRADE],
    ['half a line on a channel', `${UPGRADE}["r"`],
  ])('a client that sends %s is disconnected', async (_what, text) => {
    const port = await start();
    const idle = open(port, text);
    await until(() => idle.isClosed);
    expect(await post(port, BODY)).toMatchObject({ status: 200 });
  });

  it.each([
    ['headers', HEAD, 'x: y\r\n'],
    ['a body', `${HEAD}content-length: 30000\r\n\r\n`, ' '],
    ['chunks', `${HEAD}transfer-encoding: chunked\r\n\r\n`, '1\r\n \r\n'],
    ['a line on a channel', UPGRADE, ' '],
  ])('a client that sends %s slowly is disconnected, even if it never pauses', async (_what, first, piece) => {
    const port = await start({ ...soon, channelIdleMs: 60_000 });
    const dripping = drip(port, first, piece);
    await until(() => dripping.isClosed);
    expect(await post(port, BODY)).toMatchObject({ status: 200 });
  });

  it('that close their side after the request still get the answer', async () => {
    const port = await start();
    const asking = open(port, '', true);
    asking.socket.end(`${HEAD}content-length: ${BODY.length}\r\n\r\n${BODY}`);
    await until(() => asking.received.includes('["r",null,1]'));
  });

  it.each([
    ['in the middle of a request', `${HEAD}content-length: 50\r\n\r\n["`],
    ['of a channel', UPGRADE],
  ])('a client that closes its side %s does not hold the connection open', async (_what, text) => {
    const port = await start({ headersTimeoutMs: 100, requestReadTimeoutMs: 200 });
    const half = open(port, '', true);
    half.socket.end(text);
    await until(() => half.isClosed || half.socket.readableEnded);
    expect(await post(port, BODY)).toMatchObject({ status: 200 });
  });

  it('that ask before they send a body are refused if it is too large, and otherwise told to continue', async () => {
    const port = await start({});
    const ask = (length: number): string => `${HEAD}content-length: ${length}\r\nexpect: 100-continue\r\n\r\n`;
    const tooLarge = open(port, ask(LIMITS.bodyMaxBytes + 1));
    await until(() => tooLarge.received.includes('ERR_BODY_TOO_LARGE'));
    expect(tooLarge.received).toMatch(/^HTTP\/1\.1 413 /);
    const fine = open(port, ask(BODY.length));
    await until(() => fine.received === 'HTTP/1.1 100 Continue\r\n\r\n');
    fine.socket.write(BODY);
    await until(() => fine.received.includes('["r",null,1]'));
    const odd = open(port, `${HEAD}content-length: 5\r\nexpect: a miracle\r\n\r\n`);
    await until(() => odd.received.startsWith('HTTP/1.1 417 '));
  });

  it('that send empty lines on a channel are ignored, and cost almost nothing', async () => {
    const port = await start({});
    const channel = open(port, UPGRADE);
    for (let count = 0; count < 50; count++) channel.socket.write('\n'.repeat(100_000));
    channel.socket.write(`${BODY}\n`);
    await until(() => channel.received.includes('["r",null,1]'));
  });
});
