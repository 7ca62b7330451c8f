/** Addresses that were found a moment ago, bounded in number and age. What it hands out is the caller's own. */
import { GRENACHE_LIMITS } from '../limits.ts';

interface Entry {
  readonly addresses: readonly string[];
  readonly usableUntilMs: number;
}

export class LookupCache {
  readonly #entries = new Map<string, Entry>();
  readonly #maxAgeMs: number;

  constructor(maxAgeMs: number = GRENACHE_LIMITS.lookupCacheMs) {
    this.#maxAgeMs = maxAgeMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** An empty result is no knowledge: who is not there yet may be there in a moment. */
  put(key: string, addresses: readonly string[]): void {
    this.#entries.delete(key);
    if (addresses.length === 0) return;
    this.#entries.set(key, { addresses: [...addresses], usableUntilMs: performance.now() + this.#maxAgeMs });
    if (this.#entries.size > GRENACHE_LIMITS.lookupCacheMaxKeys) this.#dropOldest();
  }

  get(key: string): readonly string[] | null {
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    if (entry.usableUntilMs <= performance.now()) {
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

  #dropOldest(): void {
    for (const key of this.#entries.keys()) {
      this.#entries.delete(key);
      return;
    }
  }
}
