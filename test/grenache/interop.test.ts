import httpPackage from 'grenache-nodejs-http';
import Link from 'grenache-nodejs-link';
import type { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Discovery } from '../../src/grenache/discovery/discovery.ts';
import { NetworkPolicy } from '../../src/grenache/discovery/network-policy.ts';
import { GrenacheNetwork } from '../../src/grenache/grenache-network.ts';
import { RpcClient } from '../../src/grenache/rpc/rpc-client.ts';
import type { ReplyHandler } from '../../src/grenache/rpc/rpc-server-transport.ts';
import type { Grapes } from '../../src/grenache/grapes/start-grapes.ts';
import { silentLog } from '../../src/ports/log.ts';
import type { RequestHandler } from '../../src/ports/network.ts';
import { LOCAL_GRAPES_TEST_TIMEOUT_MS, startLocalGrapes } from '../../testing/local-grapes.ts';

const ID = 'a'.repeat(64);
const STOCK_ID = 'b'.repeat(16);

/** As unmodified grenache-nodejs-http has them. */
interface StockTransport extends EventEmitter {
  listen(port: number): unknown;
  stop(): void;
  readonly socket: Server;
}

describe(
  'with unmodified grenache-nodejs-http and grenache-nodejs-link',
  { timeout: LOCAL_GRAPES_TEST_TIMEOUT_MS },
  () => {
    let grapes: Grapes;
    let link: Link;
    const cleanups: (() => unknown)[] = [];

    beforeEach(async () => {
      grapes = await startLocalGrapes();
      link = new Link({ grape: grapes.api[0] ?? '' });
      link.start();
    });
    afterEach(async () => {
      for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
      link.stop();
      await grapes.stop();
    });

    async function startOurs(handler: RequestHandler): Promise<GrenacheNetwork> {
      const network = new GrenacheNetwork({
        deskId: ID,
        broadcastKey: 'common',
        grapes: grapes.api,
        host: '127.0.0.1',
        port: 0,
        log: silentLog,
        timeouts: { stopGraceMs: 100 },
      });
      cleanups.push(() => network.stop());
      await network.start(handler);
      return network;
    }

    function stockClient() {
      const client = new httpPackage.PeerRPCClient(link, {});
      client.init();
      cleanups.push(() => {
        client.stop();
      });
      return {
        request: (key: string, payload: unknown, options: object = { timeout: 5_000 }) =>
          new Promise((resolve, reject) => {
            client.request(key, payload, options, (error, result) => {
              if (error === null) resolve(result);
              else reject(error);
            });
          }),
      };
    }

    async function startStockServer(reply: (handler: ReplyHandler, payload: unknown) => void): Promise<void> {
      const server = new httpPackage.PeerRPCServer(link, {});
      server.init();
      const transport = server.transport('server') as unknown as StockTransport;
      transport.listen(0);
      const { socket } = transport;
      cleanups.push(() => {
        transport.stop();
        socket.closeAllConnections();
      });
      if (!socket.listening) await new Promise((resolve) => socket.once('listening', resolve));
      const address = socket.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      transport.on('request', (_rid: string, _key: string, payload: unknown, handler: ReplyHandler) => {
        reply(handler, payload);
      });
      for (const key of [STOCK_ID, 'common']) {
        await new Promise<void>((resolve) => {
          link.announce(key, port, {}, () => {
            resolve();
          });
        });
      }
    }

    it('a stock client reaches our server through our grapes', async () => {
      await startOurs((request) => Promise.resolve({ error: null, result: request }));
      expect(await stockClient().request(ID, { cmd: 'x' })).toMatchObject({ service: 'direct', payload: { cmd: 'x' } });
      expect(await stockClient().request('common', 1)).toMatchObject({ service: 'broadcast', payload: 1 });
    });

    it('a stock client reads our refusals as errors', async () => {
      await startOurs(() => Promise.resolve({ error: 'ERR_OFFER_TAKEN: gone', result: { winner: 'x' } }));
      await expect(stockClient().request(ID, 1)).rejects.toThrow(/^ERR_OFFER_TAKEN: gone$/);
    });

    it('a stock client that sends too much, or compressed, gets an error and does not wait', async () => {
      await startOurs(() => Promise.resolve({ error: null, result: null }));
      await expect(stockClient().request(ID, 'x'.repeat(100_000))).rejects.toThrow(/ERR_BODY_TOO_LARGE/);
      const compressed = stockClient().request(ID, 1, { timeout: 5_000, compress: true });
      await expect(compressed).rejects.toThrow(/ERR_BODY_COMPRESSED|ERR_REQUEST_GENERIC/);
    });

    it('we reach a stock server, whose null is an answer', async () => {
      await startStockServer((handler, payload) => {
        handler.reply(null, payload);
      });
      const ours = await startOurs(() => Promise.resolve({ error: null, result: null }));
      expect(await ours.request(STOCK_ID, { cmd: 'x' })).toEqual({ kind: 'answer', result: { cmd: 'x' } });
      expect(await ours.request(STOCK_ID, null, { once: true })).toEqual({ kind: 'answer', result: null });
      expect((await ours.broadcast(null)).reached).toHaveLength(1);
    });

    it('we read the errors of a stock server', async () => {
      await startStockServer((handler) => {
        handler.reply(new Error('no such offer'), null);
      });
      const ours = await startOurs(() => Promise.resolve({ error: null, result: null }));
      expect(await ours.request(STOCK_ID, 1)).toEqual({ kind: 'error', error: 'no such offer', result: null });
      expect((await ours.broadcast(1)).unreached).toMatchObject([{ code: 'ERR_REFUSED' }]);
    });

    it('our client works through the methods of Grenache as well', async () => {
      await startStockServer((handler, payload) => {
        handler.reply(null, payload);
      });
      const discovery = new Discovery({
        grapes: grapes.api,
        log: silentLog,
        policy: new NetworkPolicy({ scope: 'local', log: silentLog }),
      });
      const client = new RpcClient(discovery.link());
      client.init();
      cleanups.push(async () => {
        await client.close();
        await discovery.stop();
      });
      const requested = new Promise((resolve) => {
        client.request(STOCK_ID, { n: 1 }, { timeout: 1_000 }, (error, result) => {
          resolve([error, result]);
        });
      });
      expect(await requested).toEqual([null, { n: 1 }]);
      const nobody = new Promise((resolve) => {
        client.request('nobody', 1, {}, (error) => {
          resolve(error?.message);
        });
      });
      expect(await nobody).toBe('ERR_GRAPE_LOOKUP_EMPTY');
    });
  },
);
