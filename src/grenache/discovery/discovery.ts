/**
 * Where is who? Answers from the grapes, validated, bounded, and without those that our network policy refuses. `lookup` is always fresh: its answer comes from a question
 * that was put after the call. Only `lookupCached` may give what was found a moment ago.
 */
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

/** What Grenache's PeerRPCServer and PeerRPCClient want of a Link. */
export interface GrenacheLink {
  lookup(key: string, options: object, done: (error: Error | null, addresses?: readonly string[]) => void): void;
}

interface Found {
  readonly all: readonly string[];
  /** Of these, those to which we connect. */
  readonly permitted: readonly string[];
}

interface RunningLookup {
  readonly current: Promise<Found>;
  next: Promise<Found> | null;
}

export class Discovery {
  readonly #client: GrapeClient;
  readonly #cache: LookupCache;
  readonly #log: Log;
  readonly #policy: NetworkPolicy;
  readonly #announceIntervalMs: number | undefined;
  readonly #running = new Map<string, RunningLookup>();
  readonly #announcements = new Set<Announcer>();
  readonly #grapes: readonly string[];

  /** @throws GrapevineError ERR_USAGE without a usable grape URL */
  constructor(init: DiscoveryInit) {
    this.#client = new GrapeClient({
      grapes: init.grapes,
      ...(init.grapeTimeoutMs === undefined ? {} : { timeoutMs: init.grapeTimeoutMs }),
    });
    this.#cache = new LookupCache(init.lookupCacheMs);
    this.#log = init.log;
    this.#policy = init.policy;
    this.#grapes = init.grapes;
    this.#announceIntervalMs = init.announceIntervalMs;
  }

  /**
   * Asks a grape. Calls for the same key share a question, but only one that has not been put yet.
   * @throws GrapevineError ERR_NO_GRAPE, ERR_GRAPE_ANSWER; ERR_ADDRESS_REFUSED when there are addresses, but none to which
   * we connect
   */
  async lookup(key: string): Promise<readonly string[]> {
    return reachable(await this.#look(key));
  }

  /** The same, but may be up to `lookupCacheMs` old. Finding nobody is never remembered. */
  async lookupCached(key: string): Promise<readonly string[]> {
    return this.#cache.get(key) ?? reachable(await (this.#running.get(key)?.current ?? this.#ask(key)));
  }

  #look(key: string): Promise<Found> {
    const running = this.#running.get(key);
    if (running === undefined) return this.#ask(key);
    running.next ??= this.#askAfter(running.current, key);
    return running.next;
  }

  /** After a failure at that address. */
  forget(key: string, address: string): void {
    this.#cache.forget(key, address);
  }

  /** @throws GrapevineError ERR_NO_GRAPE, ERR_GRAPE_ANSWER */
  announce(key: string, port: number, isRenewal = false): Promise<void> {
    return this.#client.announce(key, port, isRenewal);
  }

  /**
   * Announces now and again and again until stopped, whether or not there are grapes yet.
   * @param onVisible is given what a lookup finds after each announcement that worked, also what we do not connect to:
   * our own address as others see it may be such a one
   */
  keepAnnouncing(
    keys: readonly string[],
    port: number,
    onVisible: (key: string, addresses: readonly string[]) => void = () => undefined,
  ): Announcer {
    const announcement = new Announcer({
      announce: async (isRenewal) => {
        await Promise.all(
          keys.map(async (key) => {
            onVisible(key, await this.#announceSeen(key, port, isRenewal));
          }),
        );
      },
      onFailure: (error) => {
        const reason = error instanceof GrapevineError ? error.toString() : String(error);
        this.#log.write('warn', 'grapes.waiting', { grapes: this.#grapes, reason });
      },
      onRecovery: () => this.#log.write('info', 'grapes.found'),
      intervalMs: this.#announceIntervalMs,
    });
    this.#announcements.add(announcement);
    return announcement;
  }

  /**
   * @returns what a lookup finds afterwards
   * @throws GrapevineError as `announce`, and ERR_GRAPE_ANSWER when we are not in it
   */
  async #announceSeen(key: string, port: number, isRenewal: boolean): Promise<readonly string[]> {
    await this.announce(key, port, isRenewal);
    const { all } = await this.#look(key);
    // A lookup gives a random part of many, in which we need not be.
    const isPart = all.length >= TRANSPORT_LIMITS.lookupIsPartFrom;
    if (!isPart && !all.some((address) => portOf(address) === port)) {
      throw new GrapevineError('ERR_GRAPE_ANSWER', 'a grape took our announcement, but does not show it');
    }
    return all;
  }

  /**
   * The same in the shape of Grenache's Link. Calls back in a turn of its own, so that what the callback throws is not
   * caught by us.
   */
  link(): GrenacheLink {
    return {
      lookup: (key, _options, done) => {
        this.lookupCached(key).then(
          (addresses) => {
            const nobody = addresses.length === 0 ? new Error('ERR_GRAPE_LOOKUP_EMPTY') : null;
            setImmediate(() => {
              if (nobody === null) done(null, addresses);
              else done(nobody);
            });
          },
          (error: unknown) =>
            setImmediate(done, error instanceof Error ? error : new GrapevineError('ERR_INTERNAL', String(error))),
        );
      },
    };
  }

  /** Ends announcements and questions under way, leaves no timer. Can be repeated. */
  async stop(): Promise<void> {
    for (const announcement of this.#announcements) announcement.stop();
    this.#announcements.clear();
    this.#cache.clear();
    await this.#client.close();
  }

  #ask(key: string): Promise<Found> {
    const current = this.#client.lookup(key).then((all) => ({ all, permitted: this.#policy.select(all) }));
    const running: RunningLookup = { current, next: null };
    this.#running.set(key, running);
    const ended = (): void => {
      if (this.#running.get(key) === running) this.#running.delete(key);
    };
    return current.then(
      (found) => {
        ended();
        this.#cache.put(key, found.permitted);
        return found;
      },
      (error: unknown) => {
        ended();
        throw error;
      },
    );
  }

  async #askAfter(current: Promise<unknown>, key: string): Promise<Found> {
    await current.catch(() => undefined);
    return this.#ask(key);
  }
}

/** The caller's own. */
function reachable({ all, permitted }: Found): readonly string[] {
  if (permitted.length > 0 || all.length === 0) return [...permitted];
  throw new GrapevineError('ERR_ADDRESS_REFUSED', `none of ${all.length} addresses may be connected to`);
}
