/**
 * Finds the addresses of desks through grapes, and announces our own. Results are validated, limited, and filtered by the
 * network policy. `lookup` is always fresh: its request to a grape starts after the call. `lookupCached` may return an
 * earlier result.
 */
import type { Link } from 'grenache-nodejs-base';
import type { Log } from '../../ports/log.ts';
import { GrapevineError } from '../../protocol/errors.ts';
import { Announcer } from '../../transport/announcer.ts';
import { TRANSPORT_LIMITS } from '../../transport/limits.ts';
import { portOf } from './address.ts';
import { GrapeClient } from './grape-client.ts';
import { LookupCache } from './lookup-cache.ts';
import type { NetworkPolicy } from './network-policy.ts';

export interface DiscoveryInit {
  /** URLs of the HTTP APIs of one or more grapes. */
  readonly grapes: readonly string[];
  readonly log: Log;
  readonly policy: NetworkPolicy;
  readonly grapeTimeoutMs?: number;
  readonly lookupCacheMs?: number;
  readonly announceIntervalMs?: number;
}

interface Found {
  readonly all: readonly string[];
  /** Those of `all` that the policy permits. */
  readonly permitted: readonly string[];
}

interface RunningLookup {
  readonly current: Promise<Found>;
  next: Promise<Found> | null;
}

export class Discovery {
  readonly #init: DiscoveryInit;
  readonly #client: GrapeClient;
  readonly #cache: LookupCache;
  readonly #running = new Map<string, RunningLookup>();
  readonly #announcers = new Set<Announcer>();

  /** @throws GrapevineError ERR_USAGE without a valid grape URL */
  constructor(init: DiscoveryInit) {
    this.#init = init;
    this.#client = new GrapeClient({ grapes: init.grapes, timeoutMs: init.grapeTimeoutMs });
    this.#cache = new LookupCache(init.lookupCacheMs);
  }

  /**
   * Asks a grape. Calls for the same key share the next request, but never one that has already started.
   * @throws GrapevineError ERR_NO_GRAPE, ERR_GRAPE_ANSWER; ERR_ADDRESS_REFUSED if there are addresses, but the policy
   * permits none
   */
  async lookup(key: string): Promise<readonly string[]> {
    return permittedOf(await this.#lookup(key));
  }

  /** The same, but the result may be up to `lookupCacheMs` old. An empty result is not cached. */
  async lookupCached(key: string): Promise<readonly string[]> {
    return this.#cache.get(key) ?? permittedOf(await (this.#running.get(key)?.current ?? this.#ask(key)));
  }

  #lookup(key: string): Promise<Found> {
    const running = this.#running.get(key);
    if (running === undefined) return this.#ask(key);
    running.next ??= this.#askAfter(running.current, key);
    return running.next;
  }

  /** Removes an address from the cache, after a failure. */
  forget(key: string, address: string): void {
    this.#cache.forget(key, address);
  }

  /**
   * Announces repeatedly until it is stopped, and also while no grape answers.
   * @param onVisible called with the result of a lookup after each successful announcement. It is not filtered by the
   * policy, which may refuse our own address as others see it.
   */
  startAnnouncing(
    keys: readonly string[],
    port: number,
    onVisible: (key: string, addresses: readonly string[]) => void = () => undefined,
  ): Announcer {
    const { grapes, log, announceIntervalMs: intervalMs } = this.#init;
    const announcer = new Announcer({
      announce: async (isRenewal) => {
        await Promise.all(
          keys.map(async (key) => {
            onVisible(key, await this.#announceAndLookUp(key, port, isRenewal));
          }),
        );
      },
      onFailure: (error) => {
        const reason = error instanceof GrapevineError ? error.toString() : String(error);
        log.write('warn', 'grapes.waiting', { grapes, reason });
      },
      onRecovery: () => log.write('info', 'grapes.found'),
      intervalMs,
    });
    this.#announcers.add(announcer);
    return announcer;
  }

  /**
   * @returns the result of a lookup after the announcement
   * @throws GrapevineError ERR_NO_GRAPE; ERR_GRAPE_ANSWER, also if the lookup does not return our port
   */
  async #announceAndLookUp(key: string, port: number, isRenewal: boolean): Promise<readonly string[]> {
    await this.#client.announce(key, port, isRenewal);
    const { all } = await this.#lookup(key);
    // A large lookup is only a part of all desks, which need not include us.
    const isPart = all.length >= TRANSPORT_LIMITS.lookupIsPartFrom;
    if (!isPart && !all.some((address) => portOf(address) === port)) {
      throw new GrapevineError(
        'ERR_GRAPE_ANSWER',
        'a grape accepted our announcement, but does not return it in a lookup',
      );
    }
    return all;
  }

  /**
   * `lookupCached` as Grenache's Link. `setImmediate` keeps exceptions of the callback out of our promise.
   */
  link(): Link {
    return {
      lookup: (key, _options, done) => {
        this.lookupCached(key).then(
          (addresses) => {
            setImmediate(() => {
              if (addresses.length > 0) done(null, addresses);
              else done(new Error('ERR_GRAPE_LOOKUP_EMPTY'));
            });
          },
          (error: unknown) =>
            setImmediate(done, error instanceof Error ? error : new GrapevineError('ERR_INTERNAL', String(error))),
        );
      },
    };
  }

  /** Ends announcements and requests in progress, and stops all timers. Safe to call twice. */
  async stop(): Promise<void> {
    for (const announcer of this.#announcers) announcer.stop();
    this.#announcers.clear();
    this.#cache.clear();
    await this.#client.close();
  }

  #ask(key: string): Promise<Found> {
    const current = this.#askGrape(key);
    const running: RunningLookup = { current, next: null };
    this.#running.set(key, running);
    return current.finally(() => {
      if (this.#running.get(key) === running) this.#running.delete(key);
    });
  }

  async #askGrape(key: string): Promise<Found> {
    const all = await this.#client.lookup(key);
    const permitted = this.#init.policy.select(all);
    this.#cache.put(key, permitted);
    return { all, permitted };
  }

  async #askAfter(current: Promise<unknown>, key: string): Promise<Found> {
    await current.catch(() => undefined);
    return this.#ask(key);
  }
}

/**
 * A copy.
 * @throws GrapevineError ERR_ADDRESS_REFUSED
 */
function permittedOf({ all, permitted }: Found): readonly string[] {
  if (permitted.length > 0 || all.length === 0) return [...permitted];
  throw new GrapevineError('ERR_ADDRESS_REFUSED', `the network policy permits none of the ${all.length} addresses`);
}
