import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import { ControlClient } from '../../src/control/client.ts';
import type { Offer } from '../../src/control/contract.ts';
import { startControl } from '../../testing/control-world.ts';
import { PRETEND_TAKER, pretendDeal, pretendOffer } from '../../testing/pretend-desk.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

/** A client of something that is no desk of ours. */
async function clientOf(answer: RequestListener): Promise<ControlClient> {
  const socketPath = join(temporaryFolder(), 'control.sock');
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const client = new ControlClient({ socketPath });
  onTestFinished(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
  });
  return client;
}

function saying(status: number, text: string): RequestListener {
  return (_, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(text);
}

describe('the client', () => {
  it('has a method for each route', async () => {
    const world = await startControl();
    const own = pretendOffer({
      offerId: '1111aaaa',
      acceptances: [{ taker: PRETEND_TAKER, unitPrice: null, at: null, verified: true }],
    });
    const others = pretendOffer({ offerId: '2222bbbb', role: 'taker' });
    world.desk.book = [own, others];
    world.desk.made = [pretendDeal()];
    const client = world.client();

    expectTypeOf(client.offer('1111')).resolves.toEqualTypeOf<Offer>();
    expect((await client.desk()).id).toBe(world.desk.id);
    expect(await client.ready()).toEqual({ ready: true, reasons: [] });
    expect(await client.offers()).toEqual({ offers: [own, others], total: 2, next: null });
    expect(await client.offers({ mine: true, sort: 'price', limit: 5 })).toEqual({
      offers: [own],
      total: 1,
      next: null,
    });
    expect(await client.offer('2222', others.maker)).toEqual(others);
    expect(await client.announce({ type: 'sell', amount: '0.25' })).toMatchObject({ type: 'sell', amount: '0.25' });
    expect(await client.accept('2222', { unitPrice: '1' })).toEqual(others);
    expect(await client.withdraw('2222', others.maker)).toEqual(others);
    expect(await client.award('1111', 'bbbb')).toEqual(own);
    expect(await client.renew('1111', { validForMs: 5 })).toMatchObject({ offerId: 'f'.repeat(32) });
    expect(await client.report('2222', { result: 'failed', details: 'no disk' })).toEqual(others);
    expect(await client.resolve('2222', { as: 'lost' })).toEqual(others);
    expect(await client.cancel('1111')).toMatchObject({ phase: 'cancelled' });
    expect((await client.story('1111')).entries).toHaveLength(1);
    expect(await client.receipt('1111')).toEqual({ format: 'pretend', offerId: '1111aaaa' });
    expect(await client.deals({ inDoubt: false, since: 5 })).toEqual({ deals: [pretendDeal()], total: 1, next: null });
    expect(await client.peers()).toHaveLength(1);
    expect((await client.activity()).broadcasts).toEqual([]);
    expect(await client.verify({ format: 'pretend' })).toMatchObject({ kind: 'equivocation' });
    expect(await client.offers({ ids: ['1111aaaa'] })).toMatchObject({ offers: [{ offerId: '1111aaaa' }], total: 1 });
    expect(await client.doctor()).toMatchObject([{ name: 'grapes', ok: 'ok' }]);
    expect(await client.backup('/backups/one.db')).toBe('/backups/one.db');
    expect(await client.config()).toMatchObject([{ name: 'port', source: 'flag' }]);
    expect(await client.reloadRules()).toEqual({ rules: 2 });
    expect(await client.testRules({ type: 'buy', amount: '1' })).toMatchObject({ takes: true });
    expect(await client.metrics()).toContain('grapevine_deals_total{role="maker",outcome="awarded"} 0');
    expect(await client.openapi()).toMatchObject({ openapi: '3.1.0' });
    expect(world.desk.asked).toContainEqual([
      'deals',
      expect.objectContaining({ sinceMs: 5, inDoubt: false }) as object,
    ]);
  });

  it('returns, and does not throw, that a desk is not ready', async () => {
    const world = await startControl();
    world.desk.readyState = { ready: false, reasons: ['not announced yet'] };
    expect(await world.client().ready()).toEqual(world.desk.readyState);
  });

  it('sends an id with special characters as one part of the path', async () => {
    const world = await startControl();
    await expect(world.client().cancel('../../openapi.json?x=')).rejects.toMatchObject({ code: 'ERR_USAGE' });
    expect(world.desk.asked).toEqual([]);
  });
});

describe('an error of the desk', () => {
  it('has its code and its text', async () => {
    const world = await startControl();
    world.desk.failWith('ERR_INVALID_OFFER', '"1,5" is not a plain decimal');
    await expect(world.client().announce({ type: 'buy', amount: '1,5' })).rejects.toMatchObject({
      name: 'GrapevineError',
      code: 'ERR_INVALID_OFFER',
      message: '"1,5" is not a plain decimal',
    });
  });

  it('of a later version has its unknown code in the text', async () => {
    const client = await clientOf(saying(409, '{"code":"ERR_OF_TOMORROW","text":"so"}'));
    await expect(client.cancel('abcd')).rejects.toMatchObject({ code: 'ERR_REFUSED', message: 'ERR_OF_TOMORROW: so' });
  });
});

describe('a desk that is not running', () => {
  it('is reported with its socket', async () => {
    const folder = temporaryFolder();
    const client = ControlClient.ofFolder(folder);
    await expect(client.desk()).rejects.toMatchObject({
      code: 'ERR_DESK_NOT_RUNNING',
      message: `no desk is running at ${join(folder, 'control.sock')}`,
    });
    await client.close();
  });

  it('is reported for a port as well', async () => {
    const world = await startControl({ port: 0 });
    const port = Number(new URL(world.url ?? '').port);
    await world.server.stop();
    await expect(world.client({ port, token: 'x' }).desk()).rejects.toMatchObject({ code: 'ERR_DESK_NOT_RUNNING' });
  });
});

describe('an invalid answer', () => {
  it.each([
    [200, 'hello', 'ERR_ANSWER_INVALID'],
    [200, '{"id":"short of the rest"}', 'ERR_ANSWER_INVALID'],
    [502, '<html>', 'ERR_ANSWER_INVALID'],
    [500, '{}', 'ERR_ANSWER_INVALID'],
  ])('%i %s', async (status, text, code) => {
    const client = await clientOf(saying(status, text));
    await expect(client.desk()).rejects.toMatchObject({ code });
  });

  it('that breaks off is reported as unknown, not as failed', async () => {
    const client = await clientOf((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"id":');
      response.destroy();
    });
    await expect(client.desk()).rejects.toMatchObject({ code: 'ERR_CONNECTION_LOST' });
    const mute = await clientOf((request) => request.socket.destroy());
    await expect(mute.cancel('abcd')).rejects.toMatchObject({ code: 'ERR_CONNECTION_LOST' });
  });

  it('does not make the client repeat a request that changes something', async () => {
    let seen = 0;
    const client = await clientOf((request) => {
      seen += 1;
      request.socket.destroy();
    });
    await expect(client.announce({ type: 'buy', amount: '1' })).rejects.toMatchObject({ code: 'ERR_CONNECTION_LOST' });
    expect(seen).toBe(1);
  });

  it('that never ends is cut off', async () => {
    const client = await clientOf((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(1024 * 1024)));
      };
      response.on('drain', more).writeHead(200);
      more();
    });
    await expect(client.desk()).rejects.toMatchObject({ code: 'ERR_ANSWER_TOO_LARGE' });
  });

  it('with an invalid event ends the stream', async () => {
    const client = await clientOf((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"event":1}\n\n');
    });
    await expect(client.events({ reconnectForMs: 0 }).next()).rejects.toMatchObject({ code: 'ERR_ANSWER_INVALID' });
  });

  it('with an event that never ends ends the stream', async () => {
    const client = await clientOf((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let piece = 0; piece < 10; piece += 1) response.write(`data: ${'x'.repeat(64 * 1024)}\n`);
    });
    await expect(client.events({ reconnectForMs: 0 }).next()).rejects.toMatchObject({ code: 'ERR_ANSWER_TOO_LARGE' });
  });
});

describe('waiting for an answer', () => {
  const silent: RequestListener = () => undefined;

  it('ends when the signal is aborted, with its reason', async () => {
    const client = await clientOf(silent);
    const ending = new AbortController();
    const waiting = client.desk({ signal: ending.signal });
    const reason = new Error('enough');
    ending.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(client.desk({ signal: ending.signal })).rejects.toBe(reason);
  });

  it('ends after its timeout', async () => {
    const client = await clientOf(silent);
    await expect(client.desk({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
  });

  it('ends when the client is closed', async () => {
    let asked = (): void => undefined;
    const arrived = new Promise<void>((resolve) => (asked = resolve));
    const client = await clientOf(() => {
      asked();
    });
    const waiting = client.desk();
    await arrived;
    await Promise.all([expect(waiting).rejects.toMatchObject({ code: 'ERR_CONNECTION_LOST' }), client.close()]);
  });
});
