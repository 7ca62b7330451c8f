/**
 * What can be seen of a world while it runs. Checkers, the trace and the counters are all witnesses: they are told the
 * history as it happens and can change nothing. A history made by hand is a sequence of these calls.
 */
import type { StoredOffer } from '../src/ports/journal.ts';
import type { Reply } from '../src/ports/network.ts';
import type { DeskNotice } from '../src/desk/desk-events.ts';
import type { OfferDraft } from '../src/desk/offer-draft.ts';
import type { OfferKey, PeerId } from '../src/protocol/ids.ts';
import type { MakerState } from '../src/protocol/maker-state.ts';
import type { OfferTerms } from '../src/protocol/messages.ts';
import type { JournalEntry } from '../src/protocol/records.ts';
import type { TakerState } from '../src/protocol/taker-state.ts';
import type { FaultKind } from './fault-kinds.ts';
import type { WirePayload } from './wire-payload.ts';

/** Whether an entry was waited for until it was durable, or was only written. */
export type Waited = 'durable' | 'lazily';

/** A desk's memory of one offer, as a step finds or leaves it. */
export type LiveState =
  | { readonly role: 'maker'; readonly state: MakerState | null }
  | { readonly role: 'taker'; readonly state: TakerState | null };

export interface Witness {
  /**
   * An entry was written. `durable`: it has become so, and nobody may have been told of it before; `lazily`: nobody waits for that,
   * and a crash may forget it. Default `durable`.
   */
  wrote?(desk: PeerId, entry: JournalEntry, waited?: Waited): void;
  /** An entry that was written lazily has become durable. */
  synced?(desk: PeerId, entry: JournalEntry): void;
  /** The crash that was told of just now has taken these; none was durable. */
  forgot?(desk: PeerId, entries: readonly JournalEntry[]): void;
  /** All that was begun by an event has come to rest. */
  rested?(): void;
  /** A step of a desk begins, on this state, with an input of that kind. */
  stepping?(desk: PeerId, offer: OfferKey, live: LiveState, input: string): void;
  /** It has ended in this state, which counts once its records are durable. */
  stepped?(desk: PeerId, offer: OfferKey, live: LiveState, records: number): void;
  /** A request leaves a desk, or one of the original's clients. */
  spoke?(desk: PeerId, to: PeerId, payload: WirePayload): void;
  /** A request arrives. */
  heard?(desk: PeerId, from: PeerId, payload: WirePayload): void;
  /** The answer to a request leaves. */
  replied?(desk: PeerId, to: PeerId, request: WirePayload, reply: Reply): void;
  /** A desk tells its program something. */
  noticed?(desk: PeerId, notice: DeskNotice): void;
  /** An operator has ordered an offer, and this is what has become of it. */
  ordered?(desk: PeerId, draft: OfferDraft, terms: OfferTerms): void;
  /** An operator chooses a taker of its offer. */
  chose?(desk: PeerId, offer: OfferKey, taker: PeerId): void;
  /** An operator's command has been granted (`code` null) or refused. */
  commanded?(desk: PeerId, command: OperatorCommand, offer: OfferKey, code: string | null): void;
  /** A forgery has been answered. */
  lied?(desk: PeerId, request: WirePayload, reply: Reply): void;
  /** A liar has signed a confirmation of this reservation, whatever it says afterwards. */
  swore?(liar: PeerId, offer: OfferKey, epoch: number): void;
  /** A client of the original has taken an approval for the deal. */
  took?(original: PeerId, offer: OfferKey): void;
  /** Whatever a desk had in memory is gone. */
  crashed?(desk: PeerId, why: string): void;
  /** A copy of a desk's journal was made; it was put in the journal's place. */
  copied?(desk: PeerId, copy: unknown): void;
  restored?(desk: PeerId, copy: unknown): void;
  /** A desk has read its journal at a start. */
  recovered?(desk: PeerId, stored: readonly StoredOffer[]): void;
  /** Something was done to the world on purpose. `text` says to whom. */
  fault?(kind: FaultKind, text: string): void;
  /** From here on nothing is done to the world any more. */
  healed?(): void;
}

export type OperatorCommand = 'announce' | 'accept' | 'award' | 'withdraw' | 'cancel' | 'resolve' | 'report' | 'renew';

export class Violation extends Error {
  override readonly name = 'Violation';
}

/**
 * Tells all, in order. The first violation is kept and not thrown: it would be thrown into the middle of a desk, which
 * rightly survives whatever its surroundings throw at it. The world looks for it after each event.
 */
export class Witnesses implements Required<Witness> {
  readonly #all: readonly Witness[];
  violation: Violation | null = null;
  #isClosed = false;

  constructor(all: readonly Witness[]) {
    this.#all = all;
  }

  wrote(desk: PeerId, entry: JournalEntry, waited: Waited = 'durable'): void {
    this.#tell((each) => each.wrote?.(desk, entry, waited));
  }

  synced(desk: PeerId, entry: JournalEntry): void {
    this.#tell((each) => each.synced?.(desk, entry));
  }

  forgot(desk: PeerId, entries: readonly JournalEntry[]): void {
    this.#tell((each) => each.forgot?.(desk, entries));
  }

  rested(): void {
    this.#tell((each) => each.rested?.());
  }

  stepping(desk: PeerId, offer: OfferKey, live: LiveState, input: string): void {
    this.#tell((each) => each.stepping?.(desk, offer, live, input));
  }

  stepped(desk: PeerId, offer: OfferKey, live: LiveState, records: number): void {
    this.#tell((each) => each.stepped?.(desk, offer, live, records));
  }

  spoke(desk: PeerId, to: PeerId, payload: WirePayload): void {
    this.#tell((each) => each.spoke?.(desk, to, payload));
  }

  heard(desk: PeerId, from: PeerId, payload: WirePayload): void {
    this.#tell((each) => each.heard?.(desk, from, payload));
  }

  replied(desk: PeerId, to: PeerId, request: WirePayload, reply: Reply): void {
    this.#tell((each) => each.replied?.(desk, to, request, reply));
  }

  noticed(desk: PeerId, notice: DeskNotice): void {
    this.#tell((each) => each.noticed?.(desk, notice));
  }

  commanded(desk: PeerId, command: OperatorCommand, offer: OfferKey, code: string | null): void {
    this.#tell((each) => each.commanded?.(desk, command, offer, code));
  }

  ordered(desk: PeerId, draft: OfferDraft, terms: OfferTerms): void {
    this.#tell((each) => each.ordered?.(desk, draft, terms));
  }

  chose(desk: PeerId, offer: OfferKey, taker: PeerId): void {
    this.#tell((each) => each.chose?.(desk, offer, taker));
  }

  lied(desk: PeerId, request: WirePayload, reply: Reply): void {
    this.#tell((each) => each.lied?.(desk, request, reply));
  }

  swore(liar: PeerId, offer: OfferKey, epoch: number): void {
    this.#tell((each) => each.swore?.(liar, offer, epoch));
  }

  took(original: PeerId, offer: OfferKey): void {
    this.#tell((each) => each.took?.(original, offer));
  }

  crashed(desk: PeerId, why: string): void {
    this.#tell((each) => each.crashed?.(desk, why));
  }

  copied(desk: PeerId, copy: unknown): void {
    this.#tell((each) => each.copied?.(desk, copy));
  }

  restored(desk: PeerId, copy: unknown): void {
    this.#tell((each) => each.restored?.(desk, copy));
  }

  recovered(desk: PeerId, stored: readonly StoredOffer[]): void {
    this.#tell((each) => each.recovered?.(desk, stored));
  }

  fault(kind: FaultKind, text: string): void {
    this.#tell((each) => each.fault?.(kind, text));
  }

  healed(): void {
    this.#tell((each) => each.healed?.());
  }

  /** The history is over; what is taken down now is no part of it. */
  close(): void {
    this.#isClosed = true;
  }

  #tell(tell: (each: Witness) => void): void {
    if (this.violation !== null || this.#isClosed) return;
    try {
      for (const each of this.#all) tell(each);
    } catch (error) {
      // A checker that fails otherwise has found something that it does not understand; that is no less interesting.
      this.violation =
        error instanceof Violation ? error : new Violation(`checker: ${String(error)}`, { cause: error });
    }
  }
}
