/** The other desks: which are up, and what we know about each. Combines presence, links and the exchange of books. */
import type { Clock } from '../ports/clock.ts';
import type { Author, Identity } from '../ports/identity.ts';
import type { RequestResult } from '../ports/network.ts';
import type { PeerId } from '../protocol/ids.ts';
import { TRANSPORT_LIMITS } from '../transport/limits.ts';
import {
  refusal,
  type Answer,
  type BroadcastMessage,
  type DeskHello,
  type ListedOffer,
  type Message,
  type Peer,
  type SendResult,
  type Signature,
} from '../protocol/messages.ts';
import { speakerOf } from '../wire/statement.ts';
import { BookSync } from './book-sync.ts';
import { DESK_LIMITS } from './limits.ts';
import { Gossip, type SpreadResult } from './gossip.ts';
import { Mesh, type LinkOutcome } from './mesh.ts';
import { Originals } from './originals.ts';
import { openBook, countOwnOpen } from './offer-list.ts';
import type { AccessList } from './access-list.ts';
import type { Outbox } from './outbox.ts';
import type { OfferBook } from './offer-book.ts';
import { Peers, type KnownPeer } from './peers.ts';
import { Presence } from './presence.ts';

/** What this desk knows of another one. */
export interface PeerSnapshot extends KnownPeer {
  /** Its active offers in our book. */
  readonly openOffers: number;
  /** Whether our access lists admit it. */
  readonly isAdmitted: boolean;
  /** Whether it signed contradicting statements. */
  readonly isBanned: boolean;
}

/** How lately the maker of an offer was active. */
export interface MakerActivity {
  /** When we received its latest message; without one since the offer, when we received the offer. */
  readonly makerSeenAt: number;
  /** The maker may be gone: no message for a long time, or no answer to our last request. */
  readonly isStale: boolean;
}

export interface NeighboursInit {
  readonly identity: Identity;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly book: OfferBook;
  readonly access: AccessList;
  /** How many networks we join. With several, we are a bridge between them. */
  readonly networks: number;
  /** Processes an offer from a list. */
  readonly onListed: (offer: ListedOffer) => Promise<Answer>;
  readonly failed: (error: unknown) => void;
}

export class Neighbours {
  readonly #init: NeighboursInit;
  readonly #peers: Peers;
  readonly #presence: Presence;
  readonly #sync: BookSync;
  readonly #mesh: Mesh;
  readonly #gossip: Gossip;
  readonly #originals: Originals;

  constructor(init: NeighboursInit) {
    const { book, identity, clock, access } = init;
    const self = identity.id;
    this.#init = init;
    this.#peers = new Peers(self, (id) => this.#sync.onPeer(id));
    this.#originals = new Originals(self);
    this.#presence = this.#makePresence();
    this.#mesh = this.#makeMesh();
    this.#sync = new BookSync({
      ...init,
      self,
      allows: (id) => access.allows(id),
      links: () => this.#mesh.links,
      openBook: () => openBook({ book, identity, now: () => clock.now() }),
    });
    this.#gossip = this.#makeGossip();
  }

  #makePresence(): Presence {
    const { access, book, clock } = this.#init;
    return new Presence({
      ...this.#init,
      originals: this.#originals,
      allows: (id) => access.allows(id),
      peers: this.#peers,
      openOffers: () => countOwnOpen(book, clock.now()),
      offersVersion: () => book.own.openCount,
      hasLinks: () => this.#mesh.isComplete,
      helloAccepted: (hello) => this.#onHelloAccepted(hello),
      addressesFound: (addresses) =>
        this.#mesh.setLargeNetwork(Math.max(addresses, this.#peers.count) >= TRANSPORT_LIMITS.meshFrom),
    });
  }

  #makeMesh(): Mesh {
    const { access, identity, clock, failed, outbox, networks } = this.#init;
    return new Mesh({
      self: identity.id,
      clock,
      failed,
      networks,
      networkOf: (id) => (networks === 1 ? 0 : this.#peers.networkOf(id)),
      candidates: () =>
        this.#peers.all().flatMap(({ id, upSince, failures }) =>
          // A desk that sent us a hello is in one of our networks.
          upSince !== null && access.allows(id) ? [{ id, isAnswering: failures === 0 }] : [],
        ),
      ask: async (id) =>
        outcomeOf(
          await outbox.askWithoutRelay(
            { id, dialect: 'grapevine' },
            this.#presence.linkTo(id),
            this.#peers.addressOf(id),
          ),
        ),
      check: async (id) =>
        outcomeOf(await outbox.askWithoutRelay({ id, dialect: 'grapevine' }, this.#presence.helloTo(id))),
      linked: (id) => this.#sync.onLink(id),
    });
  }

  #makeGossip(): Gossip {
    const { clock, failed, outbox } = this.#init;
    return new Gossip({
      clock,
      failed,
      links: () => this.#mesh.links,
      newFact: (fact, auth) => {
        const { addresses } = this.#originals;
        if (this.isLargeNetwork && addresses.length > 0) void outbox.sendToAddresses(addresses, fact, auth);
      },
      passOn: async (to, fact, auth) => {
        const outcome = outcomeOf(await outbox.passOn(to, fact, auth));
        // A refusal shows as well that the link received it.
        return outcome === 'refused' ? 'taken' : outcome;
      },
      onOutcome: (id, outcome) => this.#mesh.onOutcome(id, outcome),
    });
  }

  /** Before this call, messages of other desks are recorded, but none is sent. */
  start(): void {
    this.#sync.start();
    this.#mesh.start();
    this.#presence.start();
  }

  stop(): void {
    this.#presence.stop();
    this.#mesh.stop();
    this.#gossip.stop();
    this.#sync.stop();
  }

  /**
   * Called when the access lists change: without links, desks that we did not ask for offers may be asked now. With links, the
   * next comparison brings their offers.
   */
  onAccessChange(): void {
    for (const { id } of this.#peers.all()) this.#sync.onPeer(id);
  }

  /** Called for each authenticated message. */
  onMessage(message: Message, { auth }: Author): void {
    const speaker = speakerOf(message);
    if (speaker === null || auth === undefined || message.cmd === 'desk:hello') return;
    const now = this.#init.clock.now();
    if ('mac' in auth) this.#peers.onMessage(speaker, now);
    else if (message.cmd === 'offer:new' && message.terms.issuedAt !== null) {
      this.#peers.onStatement(speaker, Math.min(now, message.terms.issuedAt));
    }
  }

  onHello(hello: DeskHello, author: Author): Answer {
    const answer = this.#presence.onHello(hello, author);
    if (answer.kind !== 'acknowledged') return answer;
    this.#onHelloAccepted(hello);
    if (hello.link === undefined) return answer;
    if (!this.#init.access.allows(hello.desk)) {
      return refusal('ERR_NOT_ADMITTED', 'this desk does not deal with you');
    }
    return this.#mesh.grant(hello.desk) ? answer : refusal('ERR_OVERLOADED', 'this desk has no free link');
  }

  /** Called with the network over which a message arrived. For a hello, it is its sender's: hellos are not relayed. */
  onNetwork(network: number, message: Message): void {
    if (message.cmd === 'desk:hello') this.#peers.setNetwork(message.desk, network);
  }

  /** The answer to a broadcast hello; null: none. */
  replyTo(desk: PeerId): Promise<object | null> {
    return this.#presence.replyTo(desk);
  }

  /** Whether the network has so many desks that no desk knows all of them. */
  get isLargeNetwork(): boolean {
    return this.#mesh.isLargeNetwork;
  }

  /** Whether we have verified this fact before. */
  isSeen(auth: Signature): boolean {
    return this.#gossip.isSeen(auth);
  }

  /** Passes on a verified new fact, or one of our own. */
  spread(fact: BroadcastMessage, auth: Signature): Promise<SpreadResult> {
    return this.#gossip.spread(fact, auth);
  }

  #onHelloAccepted(hello: DeskHello): void {
    this.#sync.onHello(hello);
    if (this.#peers.count >= TRANSPORT_LIMITS.meshFrom) this.#mesh.setLargeNetwork(true);
    else this.#mesh.repairSoon();
  }

  /** Called with the result of each of our requests. Answers of clients of the original prove nothing. */
  onResult({ id, dialect }: Peer, result: SendResult): void {
    if (dialect === 'original') return;
    if (result.kind === 'unsent' || result.kind === 'unknown') this.#peers.onNoAnswer(id, result.code);
    else this.#peers.onMessage(id, this.#init.clock.now());
  }

  /** @param seenAt when we received one of its offers */
  activityOf(maker: PeerId, seenAt: number): MakerActivity {
    const { lastSeenAt = seenAt, failures = 0 } = this.#peers.get(maker) ?? {};
    // With links or across a bridge, not every desk sends hellos to every other desk, so silence means nothing.
    const isSilent = !this.#mesh.isNeeded && this.#init.clock.now() - lastSeenAt > DESK_LIMITS.staleAfterMs;
    return { makerSeenAt: lastSeenAt, isStale: failures > 0 || isSilent };
  }

  snapshots(): readonly PeerSnapshot[] {
    const { book, access } = this.#init;
    return this.#peers.all().map((known) => ({
      ...known,
      openOffers: book.countOf(known.id),
      isAdmitted: access.admits(known.id),
      isBanned: access.isBanned(known.id),
    }));
  }
}

function outcomeOf({ kind }: SendResult | RequestResult): LinkOutcome {
  switch (kind) {
    case 'unsent':
      return 'gone';
    case 'unknown':
      return 'silent';
    case 'acknowledged':
    case 'answer':
      return 'taken';
    default:
      return 'refused';
  }
}
