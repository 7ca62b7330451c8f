import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Link } from 'grenache-nodejs-base';
import { NetworkPolicy } from '../../../src/grenache/discovery/network-policy.ts';
import { RpcClient } from '../../../src/grenache/rpc/rpc-client.ts';
import type { RequestResult } from '../../../src/ports/network.ts';
import { silentLog } from '../../../src/ports/log.ts';
import { LIMITS } from '../../../src/composition/limits.ts';
import { freePort } from '../../../testing/free-port.ts';
import { httpAnswer, ridOf, startRawServer, type RawServer } from '../../../testing/raw-http.ts';

const nobody: Link = { lookup: () => undefined };
const TIMEOUT_MS = 200;
/** Where no time-out is looked for: on a busy machine an answer takes its time. */
const PATIENT_MS = 10_000;

/** How a server answers each piece that arrives; the second argument is the rid, the third counts connections. */
type Respond = Parameters<typeof startRawServer>[0];

const envelope = (body: (rid: string) => string, status?: string): Respond => {
  return (socket, piece) => socket.write(httpAnswer(body(ridOf(piece)), status));
};
const wellBehaved = envelope((rid) => `["${rid}",null,{"ok":true}]`);

describe('the RPC client', () => {
  let client: RpcClient;
  const servers: RawServer[] = [];

  beforeEach(() => {
    client = new RpcClient(nobody, { connectTimeoutMs: 300 });
    client.init();
  });
  afterEach(async () => {
    await client.close();
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  async function start(respond: Respond): Promise<RawServer> {
    const server = await startRawServer(respond);
    servers.push(server);
    return server;
  }

  async function callTo(
    respond: Respond,
    options: { once?: boolean; timeoutMs?: number } = {},
  ): Promise<RequestResult> {
    const { address } = await start(respond);
    return client.transport(address).call('k', 1, { timeoutMs: PATIENT_MS, ...options });
  }

  it('returns the answer', async () => {
    expect(await callTo(wellBehaved)).toEqual({ kind: 'answer', result: { ok: true } });
  });

  it('sends requests that a stock server can read, without compression', async () => {
    const server = await start(wellBehaved);
    await client.transport(server.address).call('common', { cmd: 'x' });
    expect(server.received).toMatch(/^POST \/ HTTP\/1\.1\r\n/);
    expect(server.received).toMatch(/\r\ngrc-compress: none\r\n/);
    expect(server.received).toMatch(/\r\n\r\n\["[^"]{1,64}","common",\{"cmd":"x"\}\]$/);
  });

  it('uses a new rid for every attempt', async () => {
    const server = await start(wellBehaved);
    for (let count = 0; count < 5; count++) await client.transport(server.address).call('k', null);
    const rids = [...server.received.matchAll(/\["([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(rids).size).toBe(5);
  });

  it('returns an error of the addressee, limited in length and without control characters', async () => {
    const text = `ERR_X: \u001b[2J\u202e${'x'.repeat(1_000)}`;
    const result = await callTo(envelope((rid) => JSON.stringify([rid, text, { more: 1 }])));
    expect(result).toMatchObject({ kind: 'error', result: { more: 1 } });
    const error = result.kind === 'error' ? result.error : '';
    expect(error).toMatch(/^ERR_X: {2}\[2J x+$/);
    expect(error).toHaveLength(LIMITS.errorTextMaxLength);
  });

  it('accepts an error with any status, and without the rid if the server could not read it', async () => {
    const respond = envelope(() => '[null,"ERR_BODY_TOO_LARGE: x",null]', '413 Payload Too Large');
    expect(await callTo(respond)).toMatchObject({ kind: 'error', error: 'ERR_BODY_TOO_LARGE: x' });
  });

  it.each<[string, (rid: string) => string, string?]>([
    ['JSON that is no array, which kills the stock client', () => '5'],
    ['an object', () => '{}'],
    ['null', () => 'null'],
    ['no JSON', () => 'hello'],
    ['nothing', () => ''],
    ['an empty array', () => '[]'],
    ['another rid', () => '["x",null,1]'],
    ['no rid', () => '[null,null,1]'],
    ['an error without the rid, but with status 200', () => '[null,"ERR_X: x",null]'],
    ['too few elements', (rid) => `["${rid}",null]`],
    ['an inexact number', (rid) => `["${rid}",null,9007199254740993]`],
    ['deep nesting', (rid) => `["${rid}",null,${'['.repeat(9)}${']'.repeat(9)}]`],
    ['status 500', () => 'oops', '500 Oops'],
    ['status 500 with a fine body', (rid) => `["${rid}",null,1]`, '500 Oops'],
    ['status 204', () => '', '204 No Content'],
  ])('reports an invalid answer: %s', async (_name, body, status) => {
    expect(await callTo(envelope(body, status))).toMatchObject({ kind: 'unknown', code: 'ERR_ANSWER_INVALID' });
  });

  it.each(['301', '302', '303', '307', '308'])('never follows a redirect: %s', async (status) => {
    const target = await start(wellBehaved);
    const redirect: Respond = (socket) => {
      socket.write(httpAnswer('', `${status} Elsewhere`, `location: http://${target.address}/\r\n`));
    };
    expect(await callTo(redirect)).toMatchObject({ kind: 'unknown', code: 'ERR_REDIRECT' });
    expect(target.connections).toBe(0);
  });

  it('limits the size of an answer, declared or not', async () => {
    const declared = await callTo((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n');
      socket.write('x'.repeat(LIMITS.bodyMaxBytes + 1));
    });
    expect(declared).toMatchObject({ kind: 'unknown', code: 'ERR_ANSWER_TOO_LARGE' });
    const endless = await callTo((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
      const more = (): void => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on('drain', more);
      more();
    });
    expect(endless).toMatchObject({ kind: 'unknown', code: 'ERR_ANSWER_TOO_LARGE' });
  });

  it('reports large headers as an invalid answer', async () => {
    const result = await callTo((socket) => {
      socket.write(httpAnswer('', '200 OK', `x: ${'x'.repeat(LIMITS.headerMaxBytes)}\r\n`));
    });
    expect(result).toMatchObject({ kind: 'unknown', code: 'ERR_ANSWER_INVALID' });
  });

  it('reports data that is not HTTP as an invalid answer', async () => {
    expect(await callTo((socket) => socket.write('hello\r\n\r\n'))).toMatchObject({
      kind: 'unknown',
      code: 'ERR_ANSWER_INVALID',
    });
  });

  it('has a time-out by default', async () => {
    expect(await callTo(() => undefined, { timeoutMs: TIMEOUT_MS })).toMatchObject({
      kind: 'unknown',
      code: 'ERR_TIMEOUT',
    });
  });

  it('has one deadline, also for an answer that arrives slowly', async () => {
    const drips: Respond = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n');
      const drip = setInterval(() => socket.write('x'), 10);
      socket.on('close', () => {
        clearInterval(drip);
      });
    };
    const startMs = performance.now();
    const result = await callTo(drips, { timeoutMs: TIMEOUT_MS });
    expect(result).toMatchObject({ kind: 'unknown', code: 'ERR_TIMEOUT' });
    expect(performance.now() - startMs).toBeLessThan(TIMEOUT_MS * 5);
  });

  it.each([false, true])('connects to no address that the policy refuses (once: %s)', async (once) => {
    const server = await start(wellBehaved);
    const policy = new NetworkPolicy({ scope: 'local', log: silentLog, forbidden: [server.address] });
    const careful = new RpcClient(nobody, { policy });
    careful.init();
    const result = await careful.transport(server.address).call('k', 1, { once });
    await careful.close();
    expect(result).toMatchObject({ kind: 'unsent', code: 'ERR_ADDRESS_REFUSED' });
    expect(server.connections).toBe(0);
  });

  it('is certain that nothing was sent when nothing listens', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    for (const once of [true, false]) {
      expect(await client.transport(address).call('k', 1, { once })).toMatchObject({
        kind: 'unsent',
        code: 'ERR_CONNECT',
      });
    }
  });

  it('is certain that nothing was sent without a connection in time', async () => {
    // TEST-NET-1: nobody is there, and on a machine without a route that is known at once.
    const result = await client.transport('192.0.2.1:9').call('k', 1, { once: true });
    expect(result).toMatchObject({ kind: 'unsent', code: 'ERR_CONNECT' });
  });

  it.each([
    ['an end', (socket: { end(): unknown }) => socket.end()],
    ['a reset', (socket: { resetAndDestroy(): unknown }) => socket.resetAndDestroy()],
  ])('%s after the request arrived: unknown', async (_name, end) => {
    for (const once of [true, false]) {
      const server = await start((socket) => {
        end(socket);
      });
      const result = await client.transport(server.address).call('k', 1, { once, timeoutMs: PATIENT_MS });
      expect(result).toMatchObject({ kind: 'unknown', code: 'ERR_CONNECTION_LOST' });
      // What goes once went once; the other was asked again, on a fresh connection.
      expect(server.connections).toBe(once ? 1 : 2);
    }
  });

  it('returns unknown for an incomplete answer, and does not repeat the request', async () => {
    const server = await start((socket) => {
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n["');
    });
    const result = await client.transport(server.address).call('k', 1, { timeoutMs: PATIENT_MS });
    expect(result).toMatchObject({ kind: 'unknown', code: 'ERR_CONNECTION_LOST' });
    expect(server.connections).toBe(1);
  });

  it('reuses connections, and repeats the request when the server has closed one', async () => {
    let closeNow = false;
    const server = await start((socket, piece, connection) => {
      // Closes the first connection when the third request arrives on it, as if the two had crossed.
      if (closeNow && connection === 1) socket.destroy();
      else wellBehaved(socket, piece, connection);
    });
    const transport = client.transport(server.address);
    await transport.call('k', 1);
    // In the same turn the connection does not count as free yet.
    await new Promise(setImmediate);
    await transport.call('k', 2);
    expect(server.connections).toBe(1);
    await new Promise(setImmediate);
    closeNow = true;
    expect(await transport.call('k', 3)).toMatchObject({ kind: 'answer' });
    expect(server.connections).toBe(2);
  });

  it('does not use a connection again that the server closed while it was idle', async () => {
    const server = await start((socket, piece, connection) => {
      wellBehaved(socket, piece, connection);
      socket.end();
    });
    for (let count = 0; count < 3; count++) {
      expect(await client.transport(server.address).call('k', count)).toMatchObject({ kind: 'answer' });
    }
    expect(server.connections).toBe(3);
  });

  it('uses a new connection for a `once` request', async () => {
    const server = await start((socket, piece) => {
      socket.end(httpAnswer(`["${ridOf(piece)}",null,1]`));
    });
    const call = () => client.transport(server.address).call('k', 1, { once: true });
    expect(await Promise.all([call(), call(), call()])).toMatchObject(Array(3).fill({ kind: 'answer' }));
    expect(server.connections).toBe(3);
    expect(server.received).toMatch(/\r\nconnection: close\r\n/);
  });

  it('is certain that a `once` request was not sent that waited for a connection until its deadline', async () => {
    const server = await start(() => undefined);
    const call = (timeoutMs: number) => client.transport(server.address).call('k', 1, { once: true, timeoutMs });
    const others = Array.from({ length: LIMITS.ownConnectionsPerAddress }, () => call(10_000));
    expect(await call(TIMEOUT_MS)).toMatchObject({ kind: 'unsent', code: 'ERR_TIMEOUT' });
    expect(server.received.match(/POST/g)).toHaveLength(LIMITS.ownConnectionsPerAddress);
    await client.close();
    for (const other of await Promise.all(others)) expect(other.kind).toBe('unknown');
  });

  it('limits the connections to one address', async () => {
    const server = await start((socket, piece, connection) => setImmediate(wellBehaved, socket, piece, connection));
    const calls = Array.from({ length: 50 }, (_, number) => client.transport(server.address).call('k', number));
    expect(await Promise.all(calls)).toMatchObject(Array(50).fill({ kind: 'answer' }));
    expect(server.connections).toBe(LIMITS.connectionsPerAddress);
  });

  it.each([
    ['circular', circular(), 'ERR_INTERNAL'],
    ['a BigInt', 1n, 'ERR_INTERNAL'],
    ['too large', 'x'.repeat(LIMITS.bodyMaxBytes), 'ERR_BODY_TOO_LARGE'],
  ])('does not send a payload that is %s', async (_name, payload, code) => {
    const server = await start(wellBehaved);
    expect(await client.transport(server.address).call('k', payload)).toMatchObject({ kind: 'unsent', code });
    expect(server.connections).toBe(0);
  });

  it('ends requests in progress when it closes, and sends nothing afterwards', async () => {
    let arrived: () => void = () => undefined;
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const server = await start(() => {
      arrived();
    });
    const transport = client.transport(server.address);
    const pending = transport.call('k', 1);
    await arrival;
    await client.close();
    expect(await pending).toMatchObject({ kind: 'unknown', code: 'ERR_STOPPING' });
    expect(await transport.call('k', 1)).toMatchObject({ kind: 'unsent', code: 'ERR_STOPPING' });
  });

  it('survives a request without a callback to a peer that can not be reached', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    client.transport(address).request('k', 1, {});
    await new Promise<void>((resolve) => {
      client.transport(address).request('k', 1, {}, (error) => {
        expect(error).toMatchObject({ code: 'ERR_CONNECT' });
        resolve();
      });
    });
  });
});

function circular(): unknown {
  const self: unknown[] = [];
  self.push(self);
  return self;
}
