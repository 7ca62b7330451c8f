import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { Discovery, type DiscoveryInit } from '../../../src/grenache/discovery/discovery.ts';
import { GrapeClient } from '../../../src/grenache/discovery/grape-client.ts';
import { LookupCache } from '../../../src/grenache/discovery/lookup-cache.ts';
import { NetworkPolicy } from '../../../src/grenache/discovery/network-policy.ts';
import { silentLog, type Log } from '../../../src/ports/log.ts';
import { LIMITS } from '../../../src/composition/limits.ts';
import { freePort } from '../../../testing/free-port.ts';
import { LOCAL_GRAPES_TEST_TIMEOUT_MS, startLocalGrapes } from '../../../testing/local-grapes.ts';
import { until } from '../../../testing/raw-http.ts';
import { startScriptedGrape, type GrapeScript, type ScriptedGrape } from './scripted-grape.ts';

const ADDRESS = '10.0.0.1:5000';
const anywhere = new NetworkPolicy({ scope: 'mixed', log: silentLog });

describe('discovery', { timeout: LOCAL_GRAPES_TEST_TIMEOUT_MS }, () => {
  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function startGrape(script: GrapeScript): Promise<ScriptedGrape> {
    const grape = await startScriptedGrape(script);
    cleanups.push(() => grape.stop());
    return grape;
  }

  function discover(grapes: readonly string[], init: Partial<DiscoveryInit> = {}): Discovery {
    const discovery = new Discovery({ grapes, log: silentLog, policy: anywhere, grapeTimeoutMs: 300, ...init });
    cleanups.push(() => discovery.stop());
    return discovery;
  }

  /** A grape and a discovery that asks it. */
  async function ask(script: GrapeScript, init: Partial<DiscoveryInit> = {}) {
    const grape = await startGrape(script);
    return { grape, discovery: discover([grape.url], init) };
  }

  describe('a lookup', () => {
    it('returns the valid addresses without duplicates', async () => {
      const entries = [
        ADDRESS,
        ADDRESS,
        '1.2.3.4:65536',
        '1.2.3.4:0',
        '1.2.3.4:05',
        '1.2.3.4',
        '1.2.3:4',
        '256.1.1.1:5',
        '01.2.3.4:5',
        '0.0.0.0:5',
        '224.0.0.1:5',
        '255.255.255.255:5',
        'example.org:5',
        '[::1]:5',
        '1.2.3.4:5/path',
        'user@1.2.3.4:5',
        ' 1.2.3.4:5',
        '1.2.3.4:5\n',
        '',
        5,
        null,
        { length: 5 },
        '127.0.0.1:1',
      ];
      const { discovery } = await ask(() => entries);
      expect(await discovery.lookup('k')).toEqual([ADDRESS, '127.0.0.1:1']);
    });

    it('limits the number of addresses', async () => {
      const { discovery } = await ask(() =>
        Array.from({ length: 1_000 }, (_, index) => `10.0.${index >> 8}.${index % 256}:5000`),
      );
      expect(await discovery.lookup('k')).toHaveLength(LIMITS.addressesPerLookupMax);
    });

    it.each<[string, unknown]>([
      ['a text', JSON.stringify('ERR_GRAPE_LOOKUP')],
      ['an object', {}],
      ['null', 'null'],
      ['no JSON', 'hello'],
      ['nothing', ''],
      ['too much', JSON.stringify('x'.repeat(LIMITS.grapeAnswerMaxBytes))],
      ['status 500', (response: ServerResponse) => response.writeHead(500).end('[]')],
      ['a redirect', (response: ServerResponse) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end()],
    ])('rejects an answer that is %s', async (_name, answer) => {
      const { discovery } = await ask(() => answer);
      await expect(discovery.lookup('k')).rejects.toMatchObject({ code: 'ERR_GRAPE_ANSWER' });
    });

    it('has a time limit, also for an answer that arrives slowly', async () => {
      const silent = await ask(() => () => undefined);
      await expect(silent.discovery.lookup('k')).rejects.toMatchObject({ code: 'ERR_NO_GRAPE' });
      const dripping = await ask(() => (response: ServerResponse) => {
        const drip = setInterval(() => response.write(' '), 20);
        response.on('close', () => {
          clearInterval(drip);
        });
      });
      await expect(dripping.discovery.lookup('k')).rejects.toMatchObject({ code: 'ERR_GRAPE_ANSWER' });
    });

    it('is asked again when it was empty (the stock link caches that for 10 s)', async () => {
      const { grape, discovery } = await ask(({ number }) => (number === 1 ? [] : [ADDRESS]));
      expect(await discovery.lookupCached('k')).toEqual([]);
      expect(await discovery.lookupCached('k')).toEqual([ADDRESS]);
      expect(grape.questions).toHaveLength(2);
    });

    it('gives each caller its own copy (the stock link shares the cached array)', async () => {
      const { discovery } = await ask(() => [ADDRESS]);
      const lookups = [
        discovery.lookup('k'),
        discovery.lookup('k'),
        discovery.lookup('k'),
        discovery.lookupCached('k'),
      ];
      const found = await Promise.all(lookups);
      found.push(await discovery.lookupCached('k'), await discovery.lookupCached('k'));
      for (const addresses of found) (addresses as string[]).push('spoilt');
      expect(found.every((addresses) => addresses.length === 2)).toBe(true);
      expect(await discovery.lookupCached('k')).toEqual([ADDRESS]);
    });

    it('is shared by callers before it starts, and never by later callers', async () => {
      const pending: ((addresses: unknown) => void)[] = [];
      const { grape, discovery } = await ask(() => new Promise((resolve) => pending.push(resolve)), {
        grapeTimeoutMs: 5_000,
      });
      const first = discovery.lookup('k');
      await until(() => pending.length === 1);
      const later = [discovery.lookup('k'), discovery.lookup('k'), discovery.lookup('k')];
      pending[0]?.(['10.0.0.1:1']);
      expect(await first).toEqual(['10.0.0.1:1']);
      await until(() => pending.length === 2);
      pending[1]?.(['10.0.0.1:2']);
      for (const addresses of await Promise.all(later)) expect(addresses).toEqual(['10.0.0.1:2']);
      expect(grape.questions).toHaveLength(2);
    });

    it('that fails does not affect the next one', async () => {
      const { discovery } = await ask(({ number }) => (number === 1 ? 'no' : [ADDRESS]));
      const lookups = await Promise.allSettled([discovery.lookup('k'), discovery.lookup('k')]);
      expect(lookups.map((lookup) => lookup.status)).toEqual(['rejected', 'fulfilled']);
    });
  });

  describe('a cached lookup', () => {
    it('asks once, and again after `forget` or when the cached result expires', async () => {
      const { grape, discovery } = await ask(() => [ADDRESS, '10.0.0.2:5000'], { lookupCacheMs: 60_000 });
      for (let count = 0; count < 3; count++) await discovery.lookupCached('k');
      expect(grape.questions).toHaveLength(1);
      discovery.forget('k', ADDRESS);
      expect(await discovery.lookupCached('k')).toEqual(['10.0.0.2:5000']);
      discovery.forget('k', '10.0.0.2:5000');
      discovery.forget('unknown', ADDRESS);
      expect(await discovery.lookupCached('k')).toHaveLength(2);
      expect(grape.questions).toHaveLength(2);

      const impatient = discover([grape.url], { lookupCacheMs: 0 });
      await impatient.lookupCached('k');
      await impatient.lookupCached('k');
      expect(grape.questions).toHaveLength(4);
    });

    it('stores a limited number of keys', () => {
      const cache = new LookupCache();
      for (let index = 0; index <= LIMITS.lookupCacheMaxKeys; index++) cache.put(String(index), [ADDRESS]);
      expect(cache.size).toBe(LIMITS.lookupCacheMaxKeys);
      expect(cache.get('0')).toBeNull();
      expect(cache.get('1')).toEqual([ADDRESS]);
    });
  });

  describe('with several grapes', () => {
    it('tries the next one after a failure, and uses it from then on (the stock link has only one)', async () => {
      const working = await startGrape(() => [ADDRESS]);
      const nonsense = await startGrape(() => 'nonsense');
      const dead = `http://127.0.0.1:${await freePort()}`;
      const discovery = discover([dead, nonsense.url, working.url]);
      for (let count = 0; count < 3; count++) expect(await discovery.lookup('k')).toEqual([ADDRESS]);
      expect(nonsense.questions).toHaveLength(1);
      expect(working.questions).toHaveLength(3);
    });

    it('returns to a grape that has failed when the other one fails', async () => {
      let firstWorks = false;
      const first = await startGrape(() => (firstWorks ? ['10.0.0.1:1'] : 'nonsense'));
      const second = await startGrape(({ number }) => (number === 1 ? ['10.0.0.1:2'] : 'nonsense'));
      const discovery = discover([first.url, second.url]);
      expect(await discovery.lookup('k')).toEqual(['10.0.0.1:2']);
      firstWorks = true;
      expect(await discovery.lookup('k')).toEqual(['10.0.0.1:1']);
    });

    it('reports that no grape answers, or the invalid answer of one', async () => {
      const dead = `http://127.0.0.1:${await freePort()}`;
      await expect(discover([dead]).lookup('k')).rejects.toMatchObject({ code: 'ERR_NO_GRAPE' });
      const nonsense = await startGrape(() => '"ERR_\u001b[31mX"');
      await expect(discover([nonsense.url, dead]).lookup('k')).rejects.toMatchObject({ code: 'ERR_GRAPE_ANSWER' });
    });

    it.each([[[]], [['']], [['localhost:30001']], [['https://x']], [['http://a', 'no']]])(
      'rejects %j as URLs of grapes',
      (grapes) => {
        expect(() => new Discovery({ grapes, log: silentLog, policy: anywhere })).toThrow(
          expect.objectContaining({ code: 'ERR_USAGE' }),
        );
      },
    );
  });

  describe('an announcement', () => {
    function announceAt(grape: ScriptedGrape): Promise<void> {
      const client = new GrapeClient({ grapes: [grape.url] });
      cleanups.push(() => client.close());
      return client.announce('k', 5_000);
    }

    it('looks the key up first, at the same grape', async () => {
      const grape = await startGrape(({ type }) => (type === 'lookup' ? [] : 2));
      await announceAt(grape);
      expect(grape.questions).toMatchObject([
        { type: 'lookup', data: 'k' },
        { type: 'announce', data: ['k', 5_000] },
      ]);
    });

    it('fails when the grape answers with an error, which comes as a string with status 200', async () => {
      const announced = announceAt(await startGrape(({ type }) => (type === 'lookup' ? [] : '"No nodes to query"')));
      await expect(announced).rejects.toMatchObject({ code: 'ERR_GRAPE_ANSWER' });
      await expect(announced).rejects.toThrow('No nodes to query');
    });
  });

  describe('a repeated announcement', () => {
    const visible: GrapeScript = ({ type }) => (type === 'lookup' ? [ADDRESS] : 1);

    function recordingLog() {
      const events: string[] = [];
      const log: Log = { write: (level, event) => events.push(`${level} ${event}`) };
      return { events, log };
    }

    it('is made before the last one expires (by the stock link afterwards)', async () => {
      const { grape, discovery } = await ask(visible, { announceIntervalMs: 20 });
      await discovery.startAnnouncing(['k'], 5_000).visible;
      await until(() => grape.questions.filter(({ type }) => type === 'announce').length >= 4);
      expect(LIMITS.announceIntervalMs).toBeLessThan(LIMITS.peerMaxAgeMs * 0.66);
    });

    it('looks the key up first only until a lookup at that grape has returned it', async () => {
      let shown = true;
      const script: GrapeScript = ({ type }) => (type === 'announce' ? 1 : shown ? [ADDRESS] : []);
      const { grape, discovery } = await ask(script, { announceIntervalMs: 20 });
      await discovery.startAnnouncing(['k'], 5_000).visible;
      const types = (): string => grape.questions.map(({ type }) => type[0]).join('');
      await until(() => types().startsWith('lalalal'));
      shown = false;
      const before = types().length;
      await until(() => types().slice(before).includes('lla'));
    });

    it('waits for a grape that answers, and logs that once', async () => {
      const { log, events } = recordingLog();
      const { grape, discovery } = await ask(() => 'nonsense', { log });
      const announcement = discovery.startAnnouncing(['k'], 5_000);
      await until(() => grape.questions.length >= 2);
      expect(events).toEqual(['warn grapes.waiting']);
      grape.script = visible;
      await announcement.visible;
      expect(events).toEqual(['warn grapes.waiting', 'info grapes.found']);
    });

    it('has worked only when a lookup returns it', async () => {
      let shown = false;
      const { grape, discovery } = await ask(({ type }) => (type === 'announce' ? 1 : shown ? [ADDRESS] : []));
      let isVisible = false;
      const announcement = discovery.startAnnouncing(['k'], 5_000);
      void announcement.visible.then(() => (isVisible = true));
      await until(() => grape.questions.length >= 3);
      expect(isVisible).toBe(false);
      shown = true;
      await announcement.visible;
    });

    it('reports the addresses of the lookup', async () => {
      const { discovery } = await ask(visible);
      const found: unknown[] = [];
      await discovery.startAnnouncing(['k'], 5_000, (key, addresses) => found.push([key, addresses])).visible;
      expect(found).toEqual([['k', [ADDRESS]]]);
    });

    it('stops', async () => {
      const { discovery } = await ask(() => 'nonsense');
      const announcement = discovery.startAnnouncing(['k'], 5_000);
      announcement.stop();
      await expect(announcement.visible).rejects.toMatchObject({ code: 'ERR_DESK_STOPPED' });
    });

    it('works as soon as the grapes have met (with the stock link it keeps failing)', async () => {
      const port = await freePort();
      const discovery = discover([`http://127.0.0.1:${port}`], { grapeTimeoutMs: 2_500 });
      const announcement = discovery.startAnnouncing(['k'], 5_000);
      const grapes = await startLocalGrapes({ count: 1, apiPort: port });
      cleanups.push(() => grapes.stop());
      await announcement.visible;
    });
  });

  describe('as a Link', () => {
    function lookup(discovery: Discovery, key: string): Promise<unknown> {
      return new Promise((resolve) => {
        discovery.link().lookup(key, {}, (error, addresses) => {
          resolve(error?.message ?? addresses);
        });
      });
    }

    it('never calls back synchronously (the stock link does from its cache)', async () => {
      const { discovery } = await ask(() => [ADDRESS]);
      await discovery.lookup('k');
      let called = false;
      const done = new Promise<void>((resolve) => {
        discovery.link().lookup('k', {}, () => {
          called = true;
          resolve();
        });
      });
      expect(called).toBe(false);
      await done;
    });

    it('reports the errors that Grenache expects', async () => {
      const { discovery } = await ask(({ data }) => (data === 'empty' ? [] : 'nonsense'));
      expect(await lookup(discovery, 'empty')).toBe('ERR_GRAPE_LOOKUP_EMPTY');
      expect(await lookup(discovery, 'k')).toMatch(/a grape answered/);
    });

    it('does not swallow exceptions of callbacks (the stock link does)', async () => {
      const { discovery } = await ask(() => [ADDRESS]);
      const others = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      try {
        const surfaced = new Promise((resolve) => process.once('uncaughtException', resolve));
        discovery.link().lookup('k', {}, () => {
          throw new Error('mine');
        });
        expect(await surfaced).toMatchObject({ message: 'mine' });
      } finally {
        for (const listener of others) process.on('uncaughtException', listener);
      }
    });
  });

  it('can be stopped twice, and sends no request afterwards', async () => {
    const { grape, discovery } = await ask(() => [ADDRESS]);
    await discovery.stop();
    await discovery.stop();
    await expect(discovery.lookup('k')).rejects.toMatchObject({ code: 'ERR_NO_GRAPE' });
    expect(grape.questions).toEqual([]);
  });
});
