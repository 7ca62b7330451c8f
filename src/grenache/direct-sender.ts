/**
 * Sends to the one peer that announces a key, at whichever of its addresses it is. Addresses of peers that have left stay
 * in the DHT for minutes, and may belong to another desk by now, so several may have to be tried.
 */
import type { RequestOptions, RequestResult } from '../ports/network.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { GRENACHE_LIMITS } from './limits.ts';
import type { CallOptions } from './rpc/rpc-client-transport.ts';

export interface DirectSenderInit {
  readonly discovery: {
    lookup(key: string): Promise<readonly string[]>;
    lookupCached(key: string): Promise<readonly string[]>;
    forget(key: string, address: string): void;
  };
  call(address: string, key: string, payload: unknown, options: CallOptions): Promise<RequestResult>;
  /** The key of the service that all desks share. */
  readonly broadcastKey: string;
  readonly timeoutMs?: number | undefined;
}

export class DirectSender {
  readonly #init: DirectSenderInit;
  /** Where each peer last answered, the most recent last. */
  readonly #lastGood = new Map<string, string>();

  constructor(init: DirectSenderInit) {
    this.#init = init;
  }

  /** The address at which that peer answered last; null: it has not answered. */
  addressOf(to: string): string | null {
    return this.#lastGood.get(to) ?? null;
  }

  /** Never rejects. */
  send(to: string, payload: unknown, options: RequestOptions): Promise<RequestResult> {
    const { isGenuine = isFromAddressee } = options;
    const last = this.#lastGood.get(to) ?? options.at;
    if (last === undefined) return this.#search(to, payload, options, new Attempts(options));
    // Where it answered last is most likely where it is: one look into a map, and the DHT is left alone.
    return this.#ask(last, to, payload, options).then((result) => {
      if (isGenuine(result)) {
        if (options.service !== 'broadcast') this.#remember(to, last);
        return result;
      }
      const attempts = new Attempts(options);
      attempts.begin(last);
      attempts.end(result);
      this.#forget(to, last);
      return attempts.isOver ? result : this.#search(to, payload, options, attempts);
    });
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
      await this.#tryAll(this.#preferred(to, addresses), to, payload, options, attempts);
      if (attempts.isOver && attempts.result !== null) return attempts.result;
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
    const { isGenuine = isFromAddressee, service } = options;
    for (const address of addresses) {
      if (attempts.isOver) return;
      if (!attempts.begin(address)) continue;
      const result = await this.#ask(address, to, payload, options);
      attempts.end(result);
      if (isGenuine(result)) {
        // Any desk acknowledges a broadcast, so the answer does not prove whose address it is.
        if (service !== 'broadcast') this.#remember(to, address);
      } else this.#forget(to, address);
    }
  }

  #ask(
    address: string,
    to: string,
    payload: unknown,
    { once, service, timeoutMs }: RequestOptions,
  ): Promise<RequestResult> {
    const key = service === 'broadcast' ? this.#init.broadcastKey : to;
    return this.#init.call(address, key, payload, { once, timeoutMs: timeoutMs ?? this.#init.timeoutMs });
  }

  #preferred(to: string, addresses: readonly string[]): readonly string[] {
    const good = this.#lastGood.get(to);
    if (good === undefined || !addresses.includes(good)) return addresses;
    return [good, ...addresses.filter((address) => address !== good)];
  }

  #remember(to: string, address: string): void {
    if (this.#lastGood.get(to) === address) return;
    this.#lastGood.delete(to);
    this.#lastGood.set(to, address);
    if (this.#lastGood.size <= GRENACHE_LIMITS.lookupCacheMaxKeys) return;
    const [oldest] = this.#lastGood.keys();
    if (oldest !== undefined) this.#lastGood.delete(oldest);
  }

  #forget(to: string, address: string): void {
    this.#lastGood.delete(to);
    this.#init.discovery.forget(to, address);
  }
}

/** The attempts for one message, and their result together. */
class Attempts {
  readonly #once: boolean;
  readonly #isGenuine: (result: RequestResult) => boolean;
  readonly #tried = new Set<string>();
  result: RequestResult | null = null;
  isOver = false;

  constructor({ once = false, isGenuine = isFromAddressee }: RequestOptions) {
    this.#once = once;
    this.#isGenuine = isGenuine;
  }

  /** @returns false if that address was tried before */
  begin(address: string): boolean {
    if (this.#tried.has(address)) return false;
    this.#tried.add(address);
    return true;
  }

  end(result: RequestResult): void {
    const answered = this.#isGenuine(result);
    // "May have been received" outweighs "certainly not received" at another address.
    if (answered || this.result?.kind !== 'unknown') this.result = result;
    const mayHaveArrived = result.kind === 'unknown' && this.#once;
    this.isOver ||= answered || mayHaveArrived || this.#tried.size >= GRENACHE_LIMITS.addressesPerRequestMax;
  }
}

/** Another desk that now has the address answers too, but not for the desk that we asked for. */
function isFromAddressee(result: RequestResult): boolean {
  if (result.kind === 'answer') return true;
  return result.kind === 'error' && !/^ERR_WRONG_DESK(?::|$)/.test(result.error);
}

function lookupFailed(error: unknown): RequestResult {
  const known = error instanceof GrapevineError ? error : new GrapevineError('ERR_INTERNAL', 'the lookup failed');
  return { kind: 'unsent', code: known.code, text: known.message };
}
