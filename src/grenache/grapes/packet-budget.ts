/**
 * Limits the packets of one address that a grape reads in a second. It also limits what a grape sends to a victim whose
 * address a sender forges. Forged addresses of packets cost nothing, unlike those of connections. So the table has a
 * limited size, and all further addresses share one count.
 */
import { GRENACHE_LIMITS } from '../limits.ts';
import { isLoopback } from '../discovery/network-policy.ts';

const WINDOW_MS = 1_000;
const SHARED = '';

export class PacketBudget {
  readonly #counts = new Map<string, number>();
  #windowEndsMs = 0;

  get size(): number {
    return this.#counts.size;
  }

  /** @param nowMs of a monotonic clock */
  take(host: string, nowMs: number): boolean {
    // A sender on loopback is on this machine, as other grapes and desks are.
    if (isLoopback(host)) return true;
    if (nowMs >= this.#windowEndsMs) {
      this.#counts.clear();
      this.#windowEndsMs = nowMs + WINDOW_MS;
    }
    const isKnown = this.#counts.has(host) || this.#counts.size < GRENACHE_LIMITS.grapeAddressesCounted;
    const counted = isKnown ? host : SHARED;
    const count = (this.#counts.get(counted) ?? 0) + 1;
    this.#counts.set(counted, count);
    return count <= GRENACHE_LIMITS.grapePacketsPerAddress;
  }
}
