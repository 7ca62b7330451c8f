/** The addresses of recent lookups, limited in number and age. */
import { RecentMap } from '../../transport/recent-map.ts';
import { GRENACHE_LIMITS } from '../limits.ts';

interface Entry {
  readonly addresses: readonly string[];
  readonly expiresAtMs: number;
}

export class LookupCache {
  readonly #entries = new RecentMap<string, Entry>(GRENACHE_LIMITS.lookupCacheMaxKeys);
  readonly #maxAgeMs: number;

  constructor(maxAgeMs: number = GRENACHE_LIMITS.lookupCacheMs) {
    this.#maxAgeMs = maxAgeMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Does not store an empty result: a desk that is not there yet may be there in a moment. */
  put(key: string, addresses: readonly string[]): void {
    this.#entries.delete(key);
    if (addresses.length === 0) return;
    this.#entries.set(key, { addresses: [...addresses], expiresAtMs: performance.now() + this.#maxAgeMs });
  }

  /** @returns a copy, or null */
  get(key: string): readonly string[] | null {
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    if (entry.expiresAtMs <= performance.now()) {
      this.#entries.delete(key);
      return null;
    }
    return [...entry.addresses];
  }

  forget(key: string, address: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    const addresses = entry.addresses.filter((known) => known !== address);
    if (addresses.length === 0) this.#entries.delete(key);
    else this.#entries.set(key, { ...entry, addresses });
  }

  clear(): void {
    this.#entries.clear();
  }
}
