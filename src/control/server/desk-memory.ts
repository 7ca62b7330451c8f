/**
 * What the control API wants to know of a desk beyond what the desk shows by itself: what the journal remembers, and whom
 * it has heard of. The one place where the adapter asks for it.
 */
import type { Desk } from '../../desk/desk.ts';
import type { DeskNotice } from '../../desk/desk-events.ts';
import { foldMaker, foldTaker } from '../../desk/machines.ts';
import { snapshotOfOther, snapshotOfOwn, type OfferSnapshot } from '../../desk/offer-snapshot.ts';
import type { Archive } from '../../ports/archive.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Journal, StoredOffer } from '../../ports/journal.ts';
import { offerKey, type OfferId, type OfferKey, type PeerId } from '../../protocol/ids.ts';
import type { JournalRecord } from '../../protocol/records.ts';
import { isDeskId } from '../../wire/desk-id.ts';
import type { Deal, PeerView, Receipt } from '../contract.ts';
import { dealOf } from './deal-of.ts';

export interface WhichDeals {
  readonly sinceMs?: number | undefined;
  readonly inDoubt?: boolean | undefined;
}

export interface DeskMemory {
  /** Those whose id begins so, also ended ones. */
  offersStartingWith(prefix: string): Promise<readonly OfferSnapshot[]>;
  /** What the journal says of one offer, in order. */
  history(offerId: string, maker: string): Promise<readonly JournalRecord[]>;
  /** Latest first. */
  deals(which: WhichDeals): Promise<readonly Deal[]>;
  receipt(offerId: string, maker: string): Promise<Receipt>;
  peers(): readonly PeerView[];
  /** When its maker last said that the offer stands; null for own ones, and where nobody knows. */
  lastSeenAt(offer: OfferSnapshot): number | null;
}

export interface DeskMemoryInit {
  readonly desk: Desk;
  readonly journal: Pick<Journal, 'readOffer'>;
  readonly archive: Archive;
  readonly clock: Pick<Clock, 'now'>;
  /** @throws GrapevineError ERR_RECEIPT */
  readonly receiptOf: (offer: OfferKey, records: readonly JournalRecord[]) => Receipt;
}

export function deskMemory({ desk, journal, archive, clock, receiptOf }: DeskMemoryInit): DeskMemory {
  const heard = new PeersHeard(desk.id, clock);
  desk.on('notice', (notice) => {
    heard.note(notice);
  });
  const history: DeskMemory['history'] = (offerId, maker) => journal.readOffer(keyOf(maker, offerId));
  return {
    offersStartingWith: async (prefix) => {
      const present = desk.offers().filter(({ terms }) => terms.offerId.startsWith(prefix));
      const known = new Set(present.map(({ terms }) => offerKey(terms.maker, terms.offerId)));
      const past = await archive.findOffers(prefix, FOUND_MAX);
      return [...present, ...past.filter(({ offer }) => !known.has(offer)).flatMap(snapshotOf)];
    },
    history,
    deals: async ({ sinceMs = 0, inDoubt }) => {
      const stored = await archive.readDeals(sinceMs, DEALS_MAX);
      const deals = stored.flatMap((one) =>
        snapshotOf(one).flatMap((snapshot) => dealOf(snapshot, desk.id, one.records) ?? []),
      );
      const wanted = deals.filter((deal) => inDoubt === undefined || deal.inDoubt === inDoubt);
      return wanted.sort((left, right) => right.at - left.at);
    },
    receipt: async (offerId, maker) => receiptOf(keyOf(maker, offerId), await history(offerId, maker)),
    peers: () => heard.peers(desk.offers()),
    lastSeenAt: ({ role, terms }) => (role === 'maker' ? null : heard.lastSeenAt(terms.maker)),
  };
}

/** Enough to see that a beginning of an id is not enough. */
const FOUND_MAX = 100;
const DEALS_MAX = 100_000;

function keyOf(maker: string, offerId: string): OfferKey {
  return offerKey(maker as PeerId, offerId as OfferId);
}

function snapshotOf({ records }: StoredOffer): readonly OfferSnapshot[] {
  if (records[0]?.role === 'maker') {
    const state = foldMaker(records);
    return state === null ? [] : [snapshotOfOwn(state)];
  }
  const state = foldTaker(records);
  return state === null ? [] : [snapshotOfOther(state)];
}

interface Heard {
  readonly firstSeenAt: number;
  lastSeenAt: number;
}

/** Who was named by what happened; the oldest is forgotten when there are too many. */
class PeersHeard {
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
