/**
 * Who is there, as far as this desk can tell: desks that have proven it by a signature over something fresh. Facts (offers,
 * outcomes) may be repeated by anybody and for ever, so that they only prove what they say themselves: that their maker was
 * there when it issued the offer. Bounded: the desk without a message for the longest time is forgotten.
 */
import type { ErrorCode } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { DESK_LIMITS } from './limits.ts';
import type { DeskHello } from '../protocol/messages.ts';

/** Times are ours, in milliseconds since 1970. */
export interface Sighting {
  readonly id: PeerId;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  /** When it came up, by its own clock; null until it has said so. */
  readonly upSince: number | null;
  /** How far its clock is ahead of ours, less the time that its latest hello took; null until it has said one. */
  readonly clockOffsetMs: number | null;
  /** Requests of ours that it has not answered since it was last heard. */
  readonly failures: number;
  /** Why the latest of them had none; null when there are none. */
  readonly lastFailure: ErrorCode | null;
}

interface Known {
  readonly id: PeerId;
  readonly firstSeenAt: number;
  lastSeenAt: number;
  upSince: number | null;
  clockOffsetMs: number | null;
  failures: number;
  lastFailure: ErrorCode | null;
  /** The time in its latest hello. */
  helloAt: number;
  /** Where it answered our hello; perhaps only somebody who repeats what it says. */
  address: string | undefined;
  /** In which of our networks it has said hello. */
  network: number | undefined;
}

export class Peers {
  readonly #self: PeerId;
  readonly #learned: (id: PeerId) => void;
  readonly #max: number;
  /** In the order in which they were last heard of. */
  readonly #known = new Map<PeerId, Known>();

  /** @param learned called for each new desk, except one that has said hello */
  constructor(self: PeerId, learned: (id: PeerId) => void, max: number = DESK_LIMITS.peersMax) {
    this.#self = self;
    this.#learned = learned;
    this.#max = max;
  }

  get(id: PeerId): Sighting | undefined {
    return this.#known.get(id);
  }

  get count(): number {
    return this.#known.size;
  }

  all(): readonly Sighting[] {
    return [...this.#known.values()];
  }

  /** It has said something to us, or answered. */
  onMessage(id: PeerId, now: number): void {
    if (id === this.#self) return;
    const known = this.#touch(id, now);
    known.lastSeenAt = now;
    known.failures = 0;
    known.lastFailure = null;
  }

  /** It has signed something with a time, no matter which desk sent it to us. */
  wasThere(id: PeerId, at: number): void {
    if (id === this.#self || at <= (this.#known.get(id)?.lastSeenAt ?? -Infinity)) return;
    this.#touch(id, at).lastSeenAt = at;
  }

  /** Later than the last one of that desk, or of another life: its clock may have been set back meanwhile. */
  isNews({ desk, at, since }: DeskHello): boolean {
    const known = this.#known.get(desk);
    return known === undefined || at > known.helloAt || (known.upSince !== null && since !== known.upSince);
  }

  /** @returns false, and changes nothing, when this hello is no newer than its last one */
  onHello(hello: DeskHello, now: number): boolean {
    if (!this.isNews(hello)) return false;
    const { desk, at, since } = hello;
    const known = this.#known.has(desk) ? this.#touch(desk, now) : this.#learn(desk, now, false);
    known.lastSeenAt = now;
    known.failures = 0;
    known.lastFailure = null;
    known.helloAt = at;
    known.upSince = since;
    known.clockOffsetMs = at - now;
    return true;
  }

  /** That address has answered with its hello. */
  answeredAt(id: PeerId, address: string, network: number): void {
    const known = this.#known.get(id);
    if (known === undefined) return;
    known.address = address;
    known.network = network;
  }

  metIn(id: PeerId, network: number): void {
    const known = this.#known.get(id);
    if (known !== undefined) known.network = network;
  }

  /** Undefined for a desk that has not said hello. */
  networkOf(id: PeerId): number | undefined {
    return this.#known.get(id)?.network;
  }

  /** Where it is likely to be. */
  addressOf(id: PeerId): string | undefined {
    return this.#known.get(id)?.address;
  }

  /** A request to it got no answer. */
  missed(id: PeerId, code: ErrorCode): void {
    const known = this.#known.get(id);
    if (known === undefined) return;
    known.failures += 1;
    known.lastFailure = code;
  }

  #touch(id: PeerId, now: number): Known {
    const known = this.#known.get(id);
    if (known === undefined) return this.#learn(id, now);
    // Taken out first, so that it is put at the end.
    this.#known.delete(id);
    this.#known.set(id, known);
    return known;
  }

  #learn(id: PeerId, now: number, isTold = true): Known {
    const nothing = { upSince: null, clockOffsetMs: null, failures: 0, lastFailure: null };
    const known: Known = {
      id,
      firstSeenAt: now,
      lastSeenAt: now,
      helloAt: -Infinity,
      address: undefined,
      network: undefined,
      ...nothing,
    };
    this.#known.set(id, known);
    if (this.#known.size > this.#max) this.#forgetOldest();
    if (isTold) this.#learned(id);
    return known;
  }

  #forgetOldest(): void {
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}
