/**
 * A bounded number of open connections. When all are taken, a new connection gets the place of the one that has been idle
 * longest: a stranger who opens connections and sends nothing keeps nobody out. Where none is idle, the new one is refused.
 */
import type { Socket } from 'node:net';
import { TRANSPORT_LIMITS } from '../../transport/limits.ts';

interface Slot {
  /** Requests that are being worked on. */
  inProgress: number;
  idleSinceMs: number;
}

export class ConnectionSlots {
  readonly #max: number;
  readonly #now: () => number;
  readonly #slots = new Map<Socket, Slot>();

  /** @param now milliseconds of a clock that only goes forward */
  constructor(max: number, now: () => number = () => performance.now()) {
    this.#max = max;
    this.#now = now;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** @returns whether there was room, or could be made; the place is free again when the connection closes */
  take(socket: Socket): boolean {
    if (this.#slots.size >= this.#max && !this.#closeIdle()) return false;
    this.#slots.set(socket, { inProgress: 0, idleSinceMs: this.#now() });
    socket.once('close', () => {
      this.#slots.delete(socket);
    });
    return true;
  }

  /** A request has arrived. */
  begin(socket: Socket): void {
    const slot = this.#slots.get(socket);
    if (slot !== undefined) slot.inProgress += 1;
  }

  /** It has been answered, or will not be. */
  end(socket: Socket): void {
    const slot = this.#slots.get(socket);
    if (slot === undefined) return;
    slot.inProgress -= 1;
    slot.idleSinceMs = this.#now();
  }

  #closeIdle(): boolean {
    let longest: Socket | null = null;
    let sinceMs = this.#now() - TRANSPORT_LIMITS.connectionIdleMinMs;
    for (const [socket, { inProgress, idleSinceMs }] of this.#slots) {
      if (inProgress > 0 || idleSinceMs > sinceMs) continue;
      longest = socket;
      sinceMs = idleSinceMs;
    }
    if (longest === null) return false;
    this.#slots.delete(longest);
    longest.destroy();
    return true;
  }
}
