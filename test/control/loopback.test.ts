/** The port can be reached by every page in the operator's browser and every user of the machine. */
import { readFileSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import { askControl, posting, type Answered, type Asked } from '../../testing/ask-control.ts';
import { startControl, type ControlWorld } from '../../testing/control-world.ts';

interface OnPort extends ControlWorld {
  readonly port: number;
  readonly token: string;
  ask(asked: Asked): Promise<Answered>;
  /** With the token. */
  trusted(asked: Asked): Promise<Answered>;
}

async function startOnPort(): Promise<OnPort> {
  const world = await startControl({ port: 0 });
  const port = Number(new URL(world.url ?? '').port);
  const token = readFileSync(world.tokenFile ?? '', 'utf8').trim();
  const ask = (asked: Asked): Promise<Answered> => askControl({ port }, asked);
  const trusted = ({ headers, ...asked }: Asked): Promise<Answered> =>
    ask({ ...asked, headers: { authorization: `Bearer ${token}`, ...headers } });
  return { ...world, port, token, ask, trusted };
}

describe('the token', () => {
  it('is readable by its owner only, long, and a new one at each start', async () => {
    const [one, two] = [await startOnPort(), await startOnPort()];
    expect(one.token).toMatch(/^[0-9a-f]{64}$/);
    expect(two.token).not.toBe(one.token);
    expect(statSync(one.tokenFile ?? '').mode & 0o777).toBe(0o600);
    await one.server.stop();
    expect(() => statSync(one.tokenFile ?? '')).toThrow('ENOENT');
  });

  it('opens every route', async () => {
    const world = await startOnPort();
    expect((await world.trusted({ path: '/v1/desk' })).status).toBe(200);
    expect((await world.trusted(posting('/v1/offers', { type: 'buy', amount: '1' }))).status).toBe(201);
  });

  it.each(['', 'Bearer', 'Bearer ', 'Bearer wrong', 'Basic TOKEN', 'TOKEN', 'Bearer TOKENx', 'Bearer TOKEN TOKEN'])(
    'is not %j',
    async (text) => {
      const world = await startOnPort();
      const authorization = text.replaceAll('TOKEN', world.token);
      for (const path of ['/v1/desk', '/ready', '/metrics', '/openapi.json', '/v1/events', '/v1/nothing']) {
        const { status, json } = await world.ask({ path, headers: { authorization } });
        expect([path, status, json]).toMatchObject([path, 401, { code: 'ERR_CONTROL_TOKEN' }]);
      }
      const { status } = await world.ask(posting('/v1/offers', { type: 'buy', amount: '1' }, { authorization }));
      expect(status).toBe(401);
      expect(world.desk.asked).toEqual([]);
    },
  );

  it('is not required on the socket, nor for /health', async () => {
    const world = await startOnPort();
    expect((await askControl(world, { path: '/v1/desk' })).status).toBe(200);
    expect((await world.ask({ path: '/health' })).json).toEqual({ alive: true });
    expect((await world.ask({ path: '/health?' })).status).toBe(401);
  });
});

describe('a site whose name was rebound to this machine', () => {
  it.each([
    'evil.example',
    'evil.example:PORT',
    '127.0.0.1',
    'localhost',
    '127.0.0.1:1',
    'localhost:PORT.evil',
    '[::1]:PORT',
  ])('Host %s is refused, even with the token', async (text) => {
    const world = await startOnPort();
    const host = text.replace('PORT', String(world.port));
    for (const path of ['/health', '/v1/desk']) {
      const { status, json } = await world.trusted({ path, headers: { host } });
      expect([status, json]).toMatchObject([403, { code: 'ERR_CONTROL_ORIGIN' }]);
    }
  });

  it.each(['127.0.0.1:PORT', 'localhost:PORT'])('Host %s is accepted', async (text) => {
    const world = await startOnPort();
    const host = text.replace('PORT', String(world.port));
    expect((await world.trusted({ path: '/v1/desk', headers: { host } })).status).toBe(200);
  });
});

describe('a page of another site', () => {
  it.each(['https://evil.example', 'null', 'http://127.0.0.1:1', 'https://127.0.0.1:PORT', 'http://localhost'])(
    'Origin %s is refused, even with the token',
    async (text) => {
      const world = await startOnPort();
      const origin = text.replace('PORT', String(world.port));
      const asked = posting('/v1/offers', { type: 'buy', amount: '1' }, { origin });
      const { status, json, headers } = await world.trusted(asked);
      expect([status, json]).toMatchObject([403, { code: 'ERR_CONTROL_ORIGIN' }]);
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(world.desk.asked).toEqual([]);
    },
  );

  it('gets no permission from an answer to its preflight request', async () => {
    const world = await startOnPort();
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    const answered = await world.ask({ method: 'OPTIONS', path: '/v1/offers', headers });
    expect(answered.status).toBe(403);
    expect(Object.keys(answered.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('can not send a request in a form', async () => {
    const world = await startOnPort();
    const form = { 'content-type': 'text/plain' };
    const { status } = await world.trusted(posting('/v1/offers', { type: 'buy', amount: '1' }, form));
    expect(status).toBe(415);
    expect(world.desk.asked).toEqual([]);
  });

  it('is not our own page, which is answered', async () => {
    const world = await startOnPort();
    const origin = `http://localhost:${world.port}`;
    expect((await world.trusted({ path: '/v1/desk', headers: { origin } })).status).toBe(200);
  });
});

describe('the control port', () => {
  it('listens on the loopback address only', async () => {
    const world = await startOnPort();
    expect(new URL(world.url ?? '').hostname).toBe('127.0.0.1');
  });

  it('that is in use is an error, and leaves no file', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      other.close();
    });
    const { port } = other.address() as AddressInfo;
    await expect(startControl({ port })).rejects.toMatchObject({
      code: 'ERR_PORT_IN_USE',
      message: expect.stringContaining(String(port)) as string,
    });
  });

  it('requires the token of the client, too', async () => {
    const world = await startOnPort();
    const { port, token } = world;
    expect((await world.client({ port, token }).desk()).id).toBe(world.desk.id);
    await expect(world.client({ port, token: 'wrong' }).desk()).rejects.toMatchObject({ code: 'ERR_CONTROL_TOKEN' });
  });
});

/** Bytes to the port, and all that comes back until it closes. */
function rawRequest(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk: Buffer) => (said += chunk.toString()));
    socket.on('error', reject);
    socket.on('close', () => {
      resolve(said);
    });
  });
}

describe('connections to the control port', () => {
  it('that are idle are closed when there are too many, so that they block nobody', async () => {
    const world = await startOnPort();
    const { port } = world;
    const idle = Array.from({ length: LIMITS.controlConnectionsMax }, () => connect(port, '127.0.0.1'));
    const gone = Promise.race(idle.map((socket) => once(socket, 'close')));
    await Promise.all(idle.map((socket) => once(socket, 'connect')));
    expect((await world.trusted({ path: '/v1/desk' })).status).toBe(200);
    await gone;
    for (const socket of idle) socket.destroy();
  });

  it('with two Host headers are refused, in either order', async () => {
    const { port, token } = await startOnPort();
    for (const hosts of [
      `Host: 127.0.0.1:${port}\r\nHost: evil.example`,
      `Host: evil.example\r\nhost: 127.0.0.1:${port}`,
    ]) {
      const request = `GET /v1/desk HTTP/1.1\r\n${hosts}\r\nauthorization: Bearer ${token}\r\nconnection: close\r\n\r\n`;
      expect(await rawRequest(port, request)).toMatch(/^HTTP\/1\.1 4\d\d /);
    }
  });

  it('are closed after a body that is too large', async () => {
    const { port, token } = await startOnPort();
    const length = LIMITS.controlBodyMaxBytes + 1;
    const head = `POST /v1/offers HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n`;
    const said = await rawRequest(port, `${head}content-length: ${length}\r\n\r\n`);
    expect(said).toMatch(/^HTTP\/1\.1 413 /);
    expect(said.toLowerCase()).toContain('connection: close');
  });
});
