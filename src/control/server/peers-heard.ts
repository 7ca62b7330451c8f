/** Whom a desk has heard of, as far as what happened named them. */
import type { DeskNotice } from '../../desk/desk-events.ts';
import type { OfferSnapshot } from '../../desk/offer-snapshot.ts';
import type { Clock } from '../../ports/clock.ts';
import type { PeerId } from '../../protocol/ids.ts';
import { isDeskId } from '../../wire/desk-id.ts';
import type { PeerView } from '../contract.ts';

interface Heard {
  readonly firstSeenAt: number;
  lastSeenAt: number;
}

/** Who was named by what happened; the oldest is forgotten when there are too many. */
export class PeersHeard {
  readonly #self: PeerId;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #peers = new Map<string, Heard>();

  constructor(self: PeerId, clock: Pick<Clock, 'now'>) {
    this.#self = self;
    this.#clock = clock;
  }

  note(notice: DeskNotice): void {
    if ('maker' in notice) this.#hear(notice.maker);
    if ('taker' in notice) this.#hear(notice.taker);
  }

  get count(): number {
    return this.#peers.size;
  }

  lastSeenAt(id: string): number | null {
    return this.#peers.get(id)?.lastSeenAt ?? null;
  }

  peers(offers: readonly OfferSnapshot[]): readonly PeerView[] {
    return [...this.#peers].map(([id, { firstSeenAt, lastSeenAt }]) => ({
      id,
      verified: isDeskId(id),
      firstSeenAt,
      lastSeenAt,
      clockOffsetMs: null,
      failures: 0,
      lastFailure: null,
      openOffers: offers.filter(({ terms, phase }) => terms.maker === id && phase === 'seen').length,
    }));
  }

  #hear(id: string): void {
    if (id === this.#self) return;
    const now = this.#clock.now();
    const known = this.#peers.get(id);
    if (known === undefined) this.#peers.set(id, { firstSeenAt: now, lastSeenAt: now });
    else known.lastSeenAt = now;
    const [oldest] = this.#peers.keys();
    if (this.#peers.size > PEERS_MAX && oldest !== undefined) this.#peers.delete(oldest);
  }
}

const PEERS_MAX = 10_000;
