import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createGrapeApi, type GrapeRequestHandler } from '../../../src/grenache/grapes/grape-api.ts';
import { LIMITS } from '../../../src/composition/limits.ts';
import { listenOnFreePort, post, sendRaw, until } from '../../../testing/raw-http.ts';

type Done = Parameters<GrapeRequestHandler>[2];

describe('the API of a grape', () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(() => {
    for (const cleanup of cleanups.splice(0)) cleanup();
  });

  async function start(handle: GrapeRequestHandler): Promise<number> {
    const server = createGrapeApi(handle);
    cleanups.push(() => {
      server.close();
      server.closeAllConnections();
    });
    return listenOnFreePort(server);
  }

  const body = '{"rid":"x","data":"k"}';

  it('limits the requests in progress', async () => {
    const waiting: Done[] = [];
    const port = await start((_type, _data, done) => waiting.push(done));
    const socket = connect(port, '127.0.0.1');
    cleanups.push(() => socket.destroy());
    socket.write(
      `POST /lookup HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`.repeat(
        LIMITS.grapeRequestsInProgressMax,
      ),
    );
    await until(() => waiting.length === LIMITS.grapeRequestsInProgressMax);
    expect(await post(port, body)).toEqual({ status: 200, body: '"ERR_GRAPE_OVERLOADED"' });
    // Told twice, it counts once.
    waiting[0]?.(null, []);
    waiting[0]?.(null, []);
    const [next, refused] = [post(port, body), post(port, body)];
    await until(() => waiting.length > LIMITS.grapeRequestsInProgressMax);
    expect(await Promise.race([next, refused])).toEqual({ status: 200, body: '"ERR_GRAPE_OVERLOADED"' });
    for (const done of waiting) done(null, []);
    expect([(await next).body, (await refused).body].sort()).toEqual(['"ERR_GRAPE_OVERLOADED"', '[]']);
  });

  it('answers when the grape throws', async () => {
    const port = await start(() => {
      throw new TypeError('oops');
    });
    expect(await post(port, body)).toEqual({ status: 200, body: '"oops"' });
  });

  it('refuses a body that is too large before it is sent', async () => {
    const port = await start((_type, _data, done) => {
      done(null, []);
    });
    const ask = (length: number): string =>
      `POST /lookup HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n`;
    expect(await sendRaw(port, ask(LIMITS.grapeRequestMaxBytes + 1))).toMatchObject({ status: 413 });
    expect(await sendRaw(port, ask(body.length) + body)).toMatchObject({ status: 100 });
  });

  it('limits the connections', async () => {
    const port = await start((_type, _data, done) => {
      done(null, []);
    });
    let closed = 0;
    const sockets = Array.from({ length: LIMITS.grapeConnectionsMax + 1 }, () => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.on('close', () => (closed += 1));
      cleanups.push(() => socket.destroy());
      return socket;
    });
    // The one too many at once; others may follow it, as they never send a request.
    await until(() => closed >= 1);
    expect(sockets.filter(({ destroyed }) => !destroyed).length).toBeLessThanOrEqual(LIMITS.grapeConnectionsMax);
    sockets.find(({ destroyed }) => !destroyed)?.destroy();
    await until(async () => (await post(port, body).catch(() => null))?.status === 200);
  });

  it('survives CONNECT', async () => {
    const port = await start((_type, _data, done) => {
      done(null, []);
    });
    await sendRaw(port, 'CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(await post(port, body)).toEqual({ status: 200, body: '[]' });
  });
});
