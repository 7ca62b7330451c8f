/**
 * How many packets of one address a grape looks at in a second; with it, how much a grape can be made to send to somebody
 * whose address was forged. Addresses of packets cost nothing to make up, unlike those of connections: so this counts in a
 * bounded table without a timer for each, and strangers beyond its size share one count.
 */
import { GRENACHE_LIMITS } from '../limits.ts';
import { isLoopback } from '../discovery/network-policy.ts';

const WINDOW_MS = 1_000;
const THE_REST = '';

export class PacketBudget {
  readonly #counts = new Map<string, number>();
  #windowEndsMs = 0;

  get size(): number {
    return this.#counts.size;
  }

  /** @param nowMs of any clock that only goes forward */
  take(host: string, nowMs: number): boolean {
    // Who can send from loopback is on this machine, as other grapes and the desks are.
    if (isLoopback(host)) return true;
    if (nowMs >= this.#windowEndsMs) {
      this.#counts.clear();
      this.#windowEndsMs = nowMs + WINDOW_MS;
    }
    const isKnown = this.#counts.has(host) || this.#counts.size < GRENACHE_LIMITS.grapeAddressesCounted;
    const counted = isKnown ? host : THE_REST;
    const count = (this.#counts.get(counted) ?? 0) + 1;
    this.#counts.set(counted, count);
    return count <= GRENACHE_LIMITS.grapePacketsPerAddress;
  }
}
