/**
 * Sends a request to the peer that announces a key. The DHT returns addresses of peers that have left for minutes, and
 * another desk may use such an address now. So several addresses may have to be tried.
 */
import type { RequestOptions, RequestResult } from '../ports/network.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { RecentMap } from '../transport/recent-map.ts';
import { GRENACHE_LIMITS } from './limits.ts';
import type { Discovery } from './discovery/discovery.ts';
import type { CallOptions } from './rpc/rpc-client-transport.ts';

export interface DirectSenderInit {
  readonly discovery: Pick<Discovery, 'lookup' | 'lookupCached' | 'forget'>;
  call(address: string, key: string, payload: unknown, options: CallOptions): Promise<RequestResult>;
  /** The key of the service that all desks share. */
  readonly broadcastKey: string;
  readonly timeoutMs?: number | undefined;
}

export class DirectSender {
  readonly #init: DirectSenderInit;
  /** The address at which each peer answered last. */
  readonly #lastAddress = new RecentMap<string, string>(GRENACHE_LIMITS.lookupCacheMaxKeys);

  constructor(init: DirectSenderInit) {
    this.#init = init;
  }

  /** The address at which the peer answered last, or null. */
  addressOf(to: string): string | null {
    return this.#lastAddress.get(to) ?? null;
  }

  /** Never rejects. */
  async send(to: string, payload: unknown, options: RequestOptions): Promise<RequestResult> {
    const attempts = new Attempts(options);
    // The peer is most likely at the address where it answered last, which needs no lookup.
    const last = this.#lastAddress.get(to) ?? options.at;
    if (last !== undefined) await this.#tryAll([last], to, payload, options, attempts);
    return attempts.final ?? this.#search(to, payload, options, attempts);
  }

  async #search(to: string, payload: unknown, options: RequestOptions, attempts: Attempts): Promise<RequestResult> {
    const { discovery } = this.#init;
    for (const lookup of [discovery.lookupCached.bind(discovery), discovery.lookup.bind(discovery)]) {
      let addresses: readonly string[];
      try {
        addresses = await lookup(to);
      } catch (error) {
        return attempts.result ?? lookupFailed(error);
      }
      await this.#tryAll(this.#lastAddressFirst(to, addresses), to, payload, options, attempts);
      if (attempts.final !== null) return attempts.final;
    }
    return attempts.result ?? { kind: 'unsent', code: 'ERR_NO_ADDRESS', text: 'nobody announces this desk' };
  }

  async #tryAll(
    addresses: readonly string[],
    to: string,
    payload: unknown,
    options: RequestOptions,
    attempts: Attempts,
  ): Promise<void> {
    const { isGenuine = isFromAddressee, once, service, timeoutMs = this.#init.timeoutMs } = options;
    const key = service === 'broadcast' ? this.#init.broadcastKey : to;
    for (const address of addresses) {
      if (attempts.final !== null) return;
      if (!attempts.begin(address)) continue;
      const result = await this.#init.call(address, key, payload, { once, timeoutMs });
      attempts.end(result);
      if (isGenuine(result)) {
        // Any desk acknowledges a broadcast, so the answer does not prove which desk is at the address.
        if (service !== 'broadcast') this.#lastAddress.set(to, address);
      } else this.#forget(to, address);
    }
  }

  #lastAddressFirst(to: string, addresses: readonly string[]): readonly string[] {
    const last = this.#lastAddress.get(to);
    if (last === undefined || !addresses.includes(last)) return addresses;
    return [last, ...addresses.filter((address) => address !== last)];
  }

  #forget(to: string, address: string): void {
    this.#lastAddress.delete(to);
    this.#init.discovery.forget(to, address);
  }
}

/** The attempts to send one request, and their combined result. */
class Attempts {
  readonly #once: boolean;
  readonly #isGenuine: (result: RequestResult) => boolean;
  readonly #tried = new Set<string>();
  /** The best result until now. */
  result: RequestResult | null = null;
  /** The result after which no other address is tried. */
  final: RequestResult | null = null;

  constructor({ once = false, isGenuine = isFromAddressee }: RequestOptions) {
    this.#once = once;
    this.#isGenuine = isGenuine;
  }

  /** @returns false if this address was tried before */
  begin(address: string): boolean {
    if (this.#tried.has(address)) return false;
    this.#tried.add(address);
    return true;
  }

  end(result: RequestResult): void {
    const answered = this.#isGenuine(result);
    // "May have been received" at one address outweighs "certainly not received" at another.
    if (answered || this.result?.kind !== 'unknown') this.result = result;
    const mayHaveArrived = result.kind === 'unknown' && this.#once;
    const isOver = answered || mayHaveArrived || this.#tried.size >= GRENACHE_LIMITS.addressesPerRequestMax;
    if (isOver) this.final = this.result;
  }
}

/** Another desk that now uses the address answers ERR_WRONG_DESK. */
function isFromAddressee(result: RequestResult): boolean {
  if (result.kind === 'answer') return true;
  return result.kind === 'error' && !/^ERR_WRONG_DESK(?::|$)/.test(result.error);
}

function lookupFailed(error: unknown): RequestResult {
  const known = error instanceof GrapevineError ? error : new GrapevineError('ERR_INTERNAL', 'the lookup failed');
  return { kind: 'unsent', code: known.code, text: known.message };
}
