/**
 * Limits the number of open connections. When all slots are in use, a new connection replaces the one that is idle
 * longest, so a stranger can't block others with idle connections. If none is idle, the new one is refused.
 */
import type { Socket } from 'node:net';
import { TRANSPORT_LIMITS } from '../../transport/limits.ts';

interface Slot {
  requestsInProgress: number;
  idleSinceMs: number;
}

export class ConnectionSlots {
  readonly #max: number;
  readonly #now: () => number;
  readonly #slots = new Map<Socket, Slot>();

  /** @param now milliseconds of a monotonic clock */
  constructor(max: number, now: () => number = () => performance.now()) {
    this.#max = max;
    this.#now = now;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** Takes a slot until the connection closes. @returns false if there is none */
  take(socket: Socket): boolean {
    if (this.#slots.size >= this.#max && !this.#closeLongestIdle()) return false;
    this.#slots.set(socket, { requestsInProgress: 0, idleSinceMs: this.#now() });
    socket.once('close', () => this.#slots.delete(socket));
    return true;
  }

  /** A request has arrived. */
  begin(socket: Socket): void {
    const slot = this.#slots.get(socket);
    if (slot !== undefined) slot.requestsInProgress += 1;
  }

  /** A request was answered, or never will be. */
  end(socket: Socket): void {
    const slot = this.#slots.get(socket);
    if (slot === undefined) return;
    slot.requestsInProgress -= 1;
    slot.idleSinceMs = this.#now();
  }

  #closeLongestIdle(): boolean {
    let longest: Socket | null = null;
    let sinceMs = this.#now() - TRANSPORT_LIMITS.connectionIdleMinMs;
    for (const [socket, { requestsInProgress, idleSinceMs }] of this.#slots) {
      if (requestsInProgress > 0 || idleSinceMs > sinceMs) continue;
      longest = socket;
      sinceMs = idleSinceMs;
    }
    if (longest === null) return false;
    this.#slots.delete(longest);
    longest.destroy();
    return true;
  }
}
