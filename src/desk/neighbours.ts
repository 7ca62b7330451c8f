/** The other desks: who is there, what they offer, and what is known of each. Puts presence and the book's sync together. */
import type { Clock } from '../ports/clock.ts';
import type { Sender } from '../ports/identity.ts';
import type { PeerId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Answer, DeskHello, ListedOffer, Message, Peer, SendResult } from '../protocol/messages.ts';
import { speakerOf } from '../wire/statement.ts';
import { BookSync } from './book-sync.ts';
import type { AccessList } from './access-list.ts';
import type { Outbox } from './outbox.ts';
import type { OfferBook } from './offer-book.ts';
import { Peers, type Sighting } from './peers.ts';
import { Presence } from './presence.ts';

/** A desk as this one knows it. */
export interface PeerSnapshot extends Sighting {
  /** Its offers that are running here: seen, or accepted by us and not over. */
  readonly openOffers: number;
  /** Whether new business is done with it. */
  readonly isAdmitted: boolean;
  /** It has signed two things that contradict each other. */
  readonly isBanned: boolean;
}

/** What is known of the maker of an offer at one moment. */
export interface MakerSighting {
  /** When it was last heard of; when we heard of the offer, where it was not since. */
  readonly makerSeenAt: number;
  /** Not heard of for long, or our last request to it got no answer: it may be gone. */
  readonly isStale: boolean;
}

export interface NeighboursInit {
  readonly self: PeerId;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly book: OfferBook;
  readonly access: AccessList;
  /** The door for offers out of lists. */
  readonly take: (offer: ListedOffer) => Promise<Answer>;
  readonly failed: (error: unknown) => void;
}

export class Neighbours {
  readonly #init: NeighboursInit;
  readonly #peers: Peers;
  readonly #presence: Presence;
  readonly #sync: BookSync;

  constructor(init: NeighboursInit) {
    this.#init = init;
    this.#peers = new Peers(init.self, (id) => {
      this.#sync.learned(id);
    });
    const admits = (id: PeerId): boolean => init.access.admits(id) && !init.access.isBanned(id);
    this.#presence = new Presence({ ...init, admits, peers: this.#peers });
    this.#sync = new BookSync({ ...init, admits });
  }

  /** Before this it hears and remembers, and says nothing. */
  start(): void {
    this.#sync.start();
    this.#presence.start();
  }

  stop(): void {
    this.#presence.stop();
    this.#sync.stop();
  }

  /** The access list has changed: some may be asked now that were not before. */
  admittedAnew(): void {
    for (const { id } of this.#peers.all()) this.#sync.learned(id);
  }

  /** A message whose sender has been established. */
  heard(message: Message, { auth }: Sender): void {
    const speaker = speakerOf(message);
    if (speaker === null || auth === undefined || message.cmd === 'desk:hello') return;
    const now = this.#init.clock.now();
    if ('mac' in auth) this.#peers.heard(speaker, now);
    else if (message.cmd === 'offer:new' && message.terms.issuedAt !== null) {
      this.#peers.wasThere(speaker, Math.min(now, message.terms.issuedAt));
    }
  }

  greeted(hello: DeskHello, sender: Sender): Answer {
    const answer = this.#presence.hear(hello, sender);
    if (answer.kind === 'acknowledged') this.#sync.greeted(hello.desk);
    return answer;
  }

  /** What became of a request of ours. Clients of the original prove nothing by their answers. */
  answered({ id, dialect }: Peer, result: SendResult): void {
    if (dialect === 'original') return;
    if (result.kind === 'unsent' || result.kind === 'unknown') this.#peers.missed(id, result.code);
    else this.#peers.heard(id, this.#init.clock.now());
  }

  /** @param seenAt when we heard of an offer of its */
  sighting(maker: PeerId, seenAt: number): MakerSighting {
    const { lastSeenAt = seenAt, failures = 0 } = this.#peers.get(maker) ?? {};
    return {
      makerSeenAt: lastSeenAt,
      isStale: failures > 0 || this.#init.clock.now() - lastSeenAt > LIMITS.staleAfterMs,
    };
  }

  snapshots(): readonly PeerSnapshot[] {
    const { book, access } = this.#init;
    return this.#peers.all().map((known) => snapshotOf(known, access, book.countOf(known.id)));
  }
}

function snapshotOf(
  { id, firstSeenAt, lastSeenAt, upSince, clockOffsetMs, failures, lastFailure }: Sighting,
  access: AccessList,
  openOffers: number,
): PeerSnapshot {
  const standing = { isAdmitted: access.admits(id), isBanned: access.isBanned(id) };
  return { id, firstSeenAt, lastSeenAt, upSince, clockOffsetMs, failures, lastFailure, openOffers, ...standing };
}
