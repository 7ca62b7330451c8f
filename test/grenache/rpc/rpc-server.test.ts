import http from 'node:http';
import { connect, createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { Link } from 'grenache-nodejs-base';
import { RpcServer } from '../../../src/grenache/rpc/rpc-server.ts';
import type {
  ReplyHandler,
  RpcServerConf,
  RpcServerTransport,
} from '../../../src/grenache/rpc/rpc-server-transport.ts';
import { GrapevineError } from '../../../src/protocol/errors.ts';
import { LIMITS } from '../../../src/composition/limits.ts';
import { listenOnFreePort, post, sendRaw, until } from '../../../testing/raw-http.ts';

const HOST = '127.0.0.1';
const nobody: Link = { lookup: () => undefined };

type OnRequest = (rid: unknown, key: string, payload: unknown, handler: ReplyHandler) => void;
const echo: OnRequest = (_rid, key, payload, handler) => {
  handler.reply(null, { key, payload });
};

describe('the RPC server', () => {
  const running: RpcServer[] = [];
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.close()));
    for (const cleanup of cleanups.splice(0)) cleanup();
  });

  function create(conf: RpcServerConf = {}): { server: RpcServer; transport: RpcServerTransport } {
    const server = new RpcServer(nobody, { host: HOST, stopGraceMs: 200, ...conf });
    server.init();
    running.push(server);
    return { server, transport: server.transport('server') };
  }

  async function start(onRequest: OnRequest = echo, conf: RpcServerConf = {}): Promise<number> {
    const { transport } = create(conf);
    transport.on('request', onRequest);
    return transport.listen(0).listening;
  }

  async function expectStillWorks(port: number): Promise<void> {
    expect(await post(port, '["r","k",1]')).toMatchObject({ status: 200 });
  }

  it('answers [rid, null, result]', async () => {
    const port = await start();
    const answer = await post(port, '["r1","common",{"cmd":"x"}]');
    expect(answer).toEqual({ status: 200, body: '["r1",null,{"key":"common","payload":{"cmd":"x"}}]' });
  });

  it('accepts a number as rid', async () => {
    expect((await post(await start(), '[7,"k",1]')).body).toMatch(/^\[7,null,/);
  });

  it.each([
    ['no body', '', 400, 'ERR_BODY_NOT_JSON'],
    ['malformed JSON', '{"a":', 400, 'ERR_BODY_NOT_JSON'],
    ['null, which the stock server never answers', 'null', 400, 'ERR_ENVELOPE'],
    ['an object', '{}', 400, 'ERR_ENVELOPE'],
    ['a number', '5', 400, 'ERR_ENVELOPE'],
    ['an empty array', '[]', 400, 'ERR_ENVELOPE'],
    ['two elements', '["r","k"]', 400, 'ERR_ENVELOPE'],
    ['four elements', '["r","k",1,2]', 400, 'ERR_ENVELOPE'],
    ['null for a rid', '[null,"k",1]', 400, 'ERR_ENVELOPE'],
    ['an object for a rid', '[{"length":9},"k",1]', 400, 'ERR_ENVELOPE'],
    ['a long rid', `["${'r'.repeat(LIMITS.idMaxLength + 1)}","k",1]`, 400, 'ERR_ENVELOPE'],
    [
      'deep nesting',
      `["r","k",${'['.repeat(LIMITS.jsonMaxDepth)}${']'.repeat(LIMITS.jsonMaxDepth)}]`,
      400,
      'ERR_BODY_TOO_DEEP',
    ],
    ['an inexact number', '["r","k",9007199254740993]', 400, 'ERR_NUMBER_INEXACT'],
    ['a large body', `["r","k","${'x'.repeat(LIMITS.bodyMaxBytes)}"]`, 413, 'ERR_BODY_TOO_LARGE'],
  ])(
    'answers %s with another status than 200, so that a stock client does not wait',
    async (_name, body, status, code) => {
      const port = await start();
      const answer = await post(port, body);
      expect(answer.status).toBe(status);
      expect(JSON.parse(answer.body)).toEqual([null, expect.stringMatching(`^${code}: .`), null]);
      await expectStillWorks(port);
    },
  );

  it.each([
    ['a number', '["r",5,1]'],
    ['nothing', '["r","",1]'],
    ['too long', `["r","${'k'.repeat(LIMITS.keyMaxBytes + 1)}",1]`],
  ])('answers with the rid if it is known: a key that is %s', async (_name, body) => {
    const answer = await post(await start(), body);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toEqual(['r', expect.stringMatching(/^ERR_ENVELOPE/), null]);
  });

  it('refuses bytes that are not UTF-8', async () => {
    const body = Buffer.from('["r","k","\u00ff"]', 'latin1');
    const head = Buffer.from(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n`);
    const answer = await sendRaw(await start(), Buffer.concat([head, body]));
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('ERR_BODY_NOT_JSON');
  });

  it.each([
    ['GET', 'GET / HTTP/1.1\r\nhost: x\r\n\r\n', 405],
    ['PUT', 'PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}', 405],
    ['an upgrade', 'GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n', 400],
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['no host', 'POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n', 400],
    ['a length that is none', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: x\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', 400],
    ['large headers', `POST / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(LIMITS.headerMaxBytes)}\r\n\r\n`, 431],
  ])('answers %s', async (_name, request, status) => {
    const port = await start();
    expect(await sendRaw(port, request)).toMatchObject({ status });
    await expectStillWorks(port);
  });

  it('survives CONNECT', async () => {
    const port = await start();
    await sendRaw(port, 'CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n');
    await expectStillWorks(port);
  });

  it('rejects a body by its declared length, before it arrives', async () => {
    const port = await start();
    const head = `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${LIMITS.bodyMaxBytes + 1}\r\n\r\n`;
    expect(await sendRaw(port, head)).toMatchObject({ status: 413 });
  });

  it('rejects a body of 60 MB in chunks', async () => {
    const port = await start();
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const before = process.memoryUsage().rss;
    const answered = await new Promise<string>((resolve) => {
      let received = '';
      let sent = 0;
      const socket = connect(port, HOST);
      const more = (): void => {
        while (!socket.destroyed && sent++ < 1_000 && socket.write(chunk));
      };
      socket.write('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n');
      socket.on('drain', more);
      socket.on('data', (data) => (received += data.toString()));
      socket.on('error', () => undefined);
      socket.on('close', () => {
        resolve(received);
      });
      more();
    });
    expect(answered).toMatch(/^HTTP\/1\.1 413 /);
    expect(process.memoryUsage().rss - before).toBeLessThan(40 * 1024 * 1024);
    await expectStillWorks(port);
  });

  it.each([
    ['grc-compress', 'gzip'],
    ['content-encoding', 'gzip'],
    ['content-encoding', 'br'],
  ])('refuses a compressed body, which may be huge: %s %s', async (name, value) => {
    const port = await start();
    const body = gzipSync('["r","k",1]').toString('latin1');
    const answer = await post(port, body, { [name]: value });
    expect(answer.status).toBe(415);
    expect(answer.body).toContain('ERR_BODY_COMPRESSED');
  });

  it('ignores the headers _gr, _a and _ar, which replace rid and key at a stock server', async () => {
    const port = await start();
    const headers = { _gr: '["evil","evil"]', _a: 'evil', _ar: '{"evil":1}' };
    expect((await post(port, '["r","k",1]', headers)).body).toBe('["r",null,{"key":"k","payload":1}]');
    expect(await post(port, '["r","k",1]', { _gr: '{' })).toMatchObject({ status: 200 });
  });

  it('ignores a second reply', async () => {
    const port = await start((_rid, _key, _payload, handler) => {
      handler.reply(null, 1);
      handler.reply(null, 2);
      setImmediate(() => {
        handler.reply('late');
      });
    });
    expect((await post(port, '["r","k",1]')).body).toBe('["r",null,1]');
    await expectStillWorks(port);
  });

  it.each([
    ['circular', circular()],
    ['a BigInt', 10n],
    ['too large', 'x'.repeat(LIMITS.bodyMaxBytes)],
    ['an object that throws', { toJSON: throwing }],
  ])('answers ERR_INTERNAL to a reply that is %s', async (_name, result) => {
    const port = await start((_rid, _key, _payload, handler) => {
      handler.reply(null, result);
    });
    const answer = await post(port, '["r","k",1]');
    expect(JSON.parse(answer.body)).toEqual(['r', expect.stringMatching(/^ERR_INTERNAL/), null]);
  });

  it.each([
    ['an Error', new Error('ERR_X: text'), 'ERR_X: text'],
    ['a text', 'ERR_X: text', 'ERR_X: text'],
    ['an error with a code', new GrapevineError('ERR_OFFER_TAKEN', 'gone'), 'ERR_OFFER_TAKEN: gone'],
  ])('sends the code of an error that is %s', async (_name, error, text) => {
    const port = await start((_rid, _key, _payload, handler) => {
      handler.reply(error, 1);
    });
    expect((await post(port, '["r","k",1]')).body).toBe(JSON.stringify(['r', text, 1]));
  });

  it('answers ERR_INTERNAL when its listener throws, or when there is none', async () => {
    const port = await start(throwing);
    expect((await post(port, '["r","k",1]')).body).toMatch(/^\["r","ERR_INTERNAL/);
    const { transport } = create();
    expect((await post(await transport.listen(0).listening, '["r","k",1]')).body).toMatch(/^\["r","ERR_INTERNAL/);
  });

  it('listens only on the given host', async () => {
    const port = await start();
    await expect(sendRaw(port, 'x', '127.0.0.2')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('reports the actual port after listen(0)', async () => {
    const { transport } = create();
    const port = await transport.listen(0).listening;
    expect(port).toBeGreaterThan(0);
    expect(transport.port).toBe(port);
  });

  it('reports which port is in use', async () => {
    const blocker = createServer();
    const port = await listenOnFreePort(blocker);
    cleanups.push(() => blocker.close());
    const { listening } = create().transport.listen(port);
    await expect(listening).rejects.toMatchObject({ code: 'ERR_PORT_IN_USE' });
    await expect(listening).rejects.toThrow(String(port));
  });

  it('reports an address at which it can not listen', async () => {
    const { transport } = create({ host: '192.0.2.1' });
    await expect(transport.listen(0).listening).rejects.toMatchObject({ code: 'ERR_LISTEN' });
  });

  it('answers 408 to a client that does not complete headers or body, and closes', async () => {
    const port = await start(echo, { headersTimeoutMs: 100, requestReadTimeoutMs: 200 });
    const [headers, body] = await Promise.all([
      sendRaw(port, 'POST / HTTP/1.1\r\nhost: x\r\n'),
      sendRaw(port, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n["'),
    ]);
    expect(headers.status).toBe(408);
    expect(body.status).toBe(408);
    await expectStillWorks(port);
  });

  it('limits the connections', async () => {
    const port = await start(echo, { gate: { connectionsMax: 2 } });
    const sockets = [connect(port, HOST), connect(port, HOST)];
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy();
    });
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    const third = connect(port, HOST);
    await new Promise((resolve) => third.on('error', () => undefined).once('close', resolve));
    sockets[0]?.destroy();
    await until(() =>
      expectStillWorks(port).then(
        () => true,
        () => false,
      ),
    );
  });

  describe('when it stops', () => {
    it('closes its transport', async () => {
      const { server, transport } = create();
      const port = await transport.listen(0).listening;
      server.stop();
      await server.close();
      await expect(post(port, '["r","k",1]')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    });

    it('waits for answers in progress, and closes idle connections at once', async () => {
      let answer: () => void = () => undefined;
      const { server, transport } = create({ stopGraceMs: 60_000 });
      const taken = new Promise<void>((resolve) => {
        transport.on('request', (_rid: unknown, _key: string, _payload: unknown, handler: ReplyHandler) => {
          answer = () => {
            handler.reply(null, 'done');
          };
          resolve();
        });
      });
      const port = await transport.listen(0).listening;
      const idle = connect(port, HOST);
      const idleClosed = new Promise((resolve) => idle.on('error', () => undefined).on('close', resolve));
      const pending = post(port, '["r","k",1]');
      await taken;
      const closed = server.close();
      answer();
      expect((await pending).body).toBe('["r",null,"done"]');
      await closed;
      await idleClosed;
    });

    it('rejects new requests on open connections', async () => {
      const { server, transport } = create();
      transport.on('request', echo);
      const slow = new Promise<ReplyHandler>((resolve) => {
        transport.prependOnceListener(
          'request',
          (_rid: unknown, _key: string, _payload: unknown, handler: ReplyHandler) => {
            resolve(handler);
          },
        );
      });
      const port = await transport.listen(0).listening;
      const half = sendInTwo(port, '["late","k",1]');
      await half.begun;
      await post(port, '["r","k",1]');
      await slow;
      const closed = server.close();
      half.finish();
      expect((await half.answer).body).toMatch(/^\["late","ERR_STOPPING/);
      await closed;
    });

    it('waits for answers only for a limited time', async () => {
      const { server, transport } = create({ stopGraceMs: 50 });
      const taken = new Promise((resolve) => transport.on('request', resolve));
      const port = await transport.listen(0).listening;
      const pending = post(port, '["r","k",1]');
      await taken;
      await server.close();
      expect(await pending).toEqual({ status: 0, body: '' });
    });

    it('does not start to listen afterwards', async () => {
      const { server, transport } = create();
      transport.listen(0);
      await server.close();
      await expect(transport.listening).rejects.toMatchObject({ code: 'ERR_LISTEN' });
    });
  });
});

/** Sends the headers and the first byte; the rest when told. */
function sendInTwo(port: number, body: string) {
  const agent = new http.Agent({ keepAlive: true });
  const request = http.request({ host: HOST, port, method: 'POST', agent, headers: { 'content-length': body.length } });
  const answer = new Promise<{ body: string }>((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      let received = '';
      response.on('data', (chunk: Buffer) => (received += chunk.toString()));
      response.on('end', () => {
        agent.destroy();
        resolve({ body: received });
      });
    });
  });
  const begun = new Promise<void>((resolve) => {
    request.write(body.slice(0, 1), () => {
      resolve();
    });
  });
  return { answer, begun, finish: () => request.end(body.slice(1)) };
}

function circular(): unknown {
  const self: unknown[] = [];
  self.push(self);
  return self;
}

function throwing(): never {
  throw new Error('secret');
}
