/**
 * The desks that have proved that they are up, by a recent MAC or signature. Anybody can repeat facts (offers,
 * outcomes) at any time, so a fact only proves that its maker was up when it issued the offer. The number is limited:
 * the desk without a message for the longest time is forgotten.
 */
import type { ErrorCode } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { DESK_LIMITS } from './limits.ts';
import type { DeskHello } from '../protocol/messages.ts';

/** Times are by our clock, in milliseconds since 1970. */
export interface KnownPeer {
  readonly id: PeerId;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  /** When it started, by its own clock; null until its first hello. */
  readonly upSince: number | null;
  /** How far its clock is ahead of ours, minus the transmission time of its latest hello; null before the first. */
  readonly clockOffsetMs: number | null;
  /** Our requests that it did not answer since its last message. */
  readonly failures: number;
  /** The error of the latest one; null if there are none. */
  readonly lastFailure: ErrorCode | null;
}

interface PeerRecord {
  readonly peer: { -readonly [Field in keyof KnownPeer]: KnownPeer[Field] };
  /** The time in its latest hello. */
  helloAt: number;
  /** The address that answered our hello with its hello. Another program may be there that repeats its messages. */
  address: string | undefined;
  /** The one of our networks over which its hello arrived. */
  network: number | undefined;
}

export class Peers {
  readonly #self: PeerId;
  readonly #discovered: (id: PeerId) => void;
  /** Ordered by their latest message. */
  readonly #known = new Map<PeerId, PeerRecord>();

  /** @param discovered called for each new desk, except when its first message is a hello */
  constructor(self: PeerId, discovered: (id: PeerId) => void) {
    this.#self = self;
    this.#discovered = discovered;
  }

  get(id: PeerId): KnownPeer | undefined {
    return this.#known.get(id)?.peer;
  }

  get count(): number {
    return this.#known.size;
  }

  all(): readonly KnownPeer[] {
    return [...this.#known.values()].map(({ peer }) => peer);
  }

  /** Called for a message or an answer of this desk. */
  onMessage(id: PeerId, now: number): void {
    if (id === this.#self) return;
    markUp(this.#touch(id, now).peer, now);
  }

  /** Called for a signed statement of this desk with a time. Any desk may have sent it to us. */
  onStatement(id: PeerId, at: number): void {
    if (id === this.#self || at <= (this.get(id)?.lastSeenAt ?? -Infinity)) return;
    this.#touch(id, at).peer.lastSeenAt = at;
  }

  /** Whether a hello is newer than the desk's last one, or after another start: its clock may have been set back. */
  isNewer({ desk, at, since }: DeskHello): boolean {
    const known = this.#known.get(desk);
    return known === undefined || at > known.helloAt || (known.peer.upSince !== null && since !== known.peer.upSince);
  }

  /** @returns false, and changes nothing, if this hello is not newer than the last one */
  onHello(hello: DeskHello, now: number): boolean {
    if (!this.isNewer(hello)) return false;
    const { desk, at, since } = hello;
    const known = this.#known.has(desk) ? this.#touch(desk, now) : this.#add(desk, now, false);
    markUp(known.peer, now);
    known.helloAt = at;
    known.peer.upSince = since;
    known.peer.clockOffsetMs = at - now;
    return true;
  }

  /** Called when an address answered with the hello of this desk. */
  setAddress(id: PeerId, address: string, network: number): void {
    const known = this.#known.get(id);
    if (known === undefined) return;
    known.address = address;
    known.network = network;
  }

  setNetwork(id: PeerId, network: number): void {
    const known = this.#known.get(id);
    if (known !== undefined) known.network = network;
  }

  /** @returns undefined for a desk without a hello */
  networkOf(id: PeerId): number | undefined {
    return this.#known.get(id)?.network;
  }

  /** The address at which it probably is. */
  addressOf(id: PeerId): string | undefined {
    return this.#known.get(id)?.address;
  }

  /** Called when a request to this desk has no answer. */
  onNoAnswer(id: PeerId, code: ErrorCode): void {
    const peer = this.#known.get(id)?.peer;
    if (peer === undefined) return;
    peer.failures += 1;
    peer.lastFailure = code;
  }

  #touch(id: PeerId, now: number): PeerRecord {
    const known = this.#known.get(id);
    if (known === undefined) return this.#add(id, now);
    // Removed first, so that it moves to the end.
    this.#known.delete(id);
    this.#known.set(id, known);
    return known;
  }

  #add(id: PeerId, now: number, shouldReport = true): PeerRecord {
    const known: PeerRecord = {
      peer: {
        id,
        firstSeenAt: now,
        lastSeenAt: now,
        upSince: null,
        clockOffsetMs: null,
        failures: 0,
        lastFailure: null,
      },
      helloAt: -Infinity,
      address: undefined,
      network: undefined,
    };
    this.#known.set(id, known);
    if (this.#known.size > DESK_LIMITS.peersMax) this.#forgetOldest();
    if (shouldReport) this.#discovered(id);
    return known;
  }

  #forgetOldest(): void {
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}

function markUp(peer: PeerRecord['peer'], now: number): void {
  peer.lastSeenAt = now;
  peer.failures = 0;
  peer.lastFailure = null;
}
