/**
 * Observes a world while it runs. Checkers, the trace and the counters are witnesses: they receive each event and can change nothing. A
 * test can make a history by hand, as a sequence of these calls.
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

/** Whether an entry is durable, or only written. */
export type Waited = 'durable' | 'lazily';

/** A desk's state of one offer in memory, before or after a step. */
export type LiveState =
  | { readonly role: 'maker'; readonly state: MakerState | null }
  | { readonly role: 'taker'; readonly state: TakerState | null };

export interface Witness {
  /**
   * An entry was written. `durable`: it has become durable, and no message has depended on it before. `lazily`: a crash may lose it.
   * Default: `durable`.
   */
  wrote?(desk: PeerId, entry: JournalEntry, waited?: Waited): void;
  /** A lazy entry has become durable. */
  synced?(desk: PeerId, entry: JournalEntry): void;
  /** The crash has lost these entries; none was durable. */
  forgot?(desk: PeerId, entries: readonly JournalEntry[]): void;
  /** An event has ended, with all its promises. */
  rested?(): void;
  /** A step of a desk begins with this state and this kind of input. */
  stepping?(desk: PeerId, offer: OfferKey, live: LiveState, input: string): void;
  /** The step has ended with this state, which is valid when its records are durable. */
  stepped?(desk: PeerId, offer: OfferKey, live: LiveState, records: number): void;
  /** A desk, or a client of the original, sends a request. */
  sent?(desk: PeerId, to: PeerId, payload: WirePayload): void;
  /** A request arrives. */
  received?(desk: PeerId, from: PeerId, payload: WirePayload): void;
  /** A desk sends the answer to a request. */
  replied?(desk: PeerId, to: PeerId, request: WirePayload, reply: Reply): void;
  /** A desk emits a notice. */
  noticed?(desk: PeerId, notice: DeskNotice): void;
  /** An operator has ordered an offer, with these resulting terms. */
  ordered?(desk: PeerId, draft: OfferDraft, terms: OfferTerms): void;
  /** An operator chooses a taker of its offer. */
  chose?(desk: PeerId, offer: OfferKey, taker: PeerId): void;
  /** An operator's command has succeeded (`code` null) or failed. */
  commanded?(desk: PeerId, command: OperatorCommand, offer: OfferKey, code: string | null): void;
  /** A desk has answered a forged message. */
  lied?(desk: PeerId, request: WirePayload, reply: Reply): void;
  /** A liar has signed a confirmation of this reservation. */
  signedConfirmation?(liar: PeerId, offer: OfferKey, epoch: number): void;
  /** A client of the original has taken an approval for the deal. */
  took?(original: PeerId, offer: OfferKey): void;
  /** A desk has crashed. */
  crashed?(desk: PeerId, why: string): void;
  /** A copy of a desk's journal was made; `restored`: the copy has replaced the journal. */
  copied?(desk: PeerId, copy: unknown): void;
  restored?(desk: PeerId, copy: unknown): void;
  /** A desk has read its journal at a start. */
  recovered?(desk: PeerId, stored: readonly StoredOffer[]): void;
  /** A fault was injected. `text` names its target. */
  fault?(kind: FaultKind, text: string): void;
  /** From now on, there are no faults. */
  healed?(): void;
}

export type OperatorCommand = 'announce' | 'accept' | 'award' | 'withdraw' | 'cancel' | 'resolve' | 'report' | 'renew';

export class Violation extends Error {
  override readonly name = 'Violation';
}

/**
 * Forwards each event to all witnesses, in order. It stores the first violation and does not throw it, because the desk that called would
 * catch it. The world checks for it after each event.
 */
export class Witnesses implements Required<Witness> {
  readonly #all: readonly Witness[];
  violation: Violation | null = null;
  #isClosed = false;

  constructor(all: readonly Witness[]) {
    this.#all = all;
  }

  wrote(desk: PeerId, entry: JournalEntry, waited: Waited = 'durable'): void {
    this.#forward((each) => each.wrote?.(desk, entry, waited));
  }

  synced(desk: PeerId, entry: JournalEntry): void {
    this.#forward((each) => each.synced?.(desk, entry));
  }

  forgot(desk: PeerId, entries: readonly JournalEntry[]): void {
    this.#forward((each) => each.forgot?.(desk, entries));
  }

  rested(): void {
    this.#forward((each) => each.rested?.());
  }

  stepping(desk: PeerId, offer: OfferKey, live: LiveState, input: string): void {
    this.#forward((each) => each.stepping?.(desk, offer, live, input));
  }

  stepped(desk: PeerId, offer: OfferKey, live: LiveState, records: number): void {
    this.#forward((each) => each.stepped?.(desk, offer, live, records));
  }

  sent(desk: PeerId, to: PeerId, payload: WirePayload): void {
    this.#forward((each) => each.sent?.(desk, to, payload));
  }

  received(desk: PeerId, from: PeerId, payload: WirePayload): void {
    this.#forward((each) => each.received?.(desk, from, payload));
  }

  replied(desk: PeerId, to: PeerId, request: WirePayload, reply: Reply): void {
    this.#forward((each) => each.replied?.(desk, to, request, reply));
  }

  noticed(desk: PeerId, notice: DeskNotice): void {
    this.#forward((each) => each.noticed?.(desk, notice));
  }

  commanded(desk: PeerId, command: OperatorCommand, offer: OfferKey, code: string | null): void {
    this.#forward((each) => each.commanded?.(desk, command, offer, code));
  }

  ordered(desk: PeerId, draft: OfferDraft, terms: OfferTerms): void {
    this.#forward((each) => each.ordered?.(desk, draft, terms));
  }

  chose(desk: PeerId, offer: OfferKey, taker: PeerId): void {
    this.#forward((each) => each.chose?.(desk, offer, taker));
  }

  lied(desk: PeerId, request: WirePayload, reply: Reply): void {
    this.#forward((each) => each.lied?.(desk, request, reply));
  }

  signedConfirmation(liar: PeerId, offer: OfferKey, epoch: number): void {
    this.#forward((each) => each.signedConfirmation?.(liar, offer, epoch));
  }

  took(original: PeerId, offer: OfferKey): void {
    this.#forward((each) => each.took?.(original, offer));
  }

  crashed(desk: PeerId, why: string): void {
    this.#forward((each) => each.crashed?.(desk, why));
  }

  copied(desk: PeerId, copy: unknown): void {
    this.#forward((each) => each.copied?.(desk, copy));
  }

  restored(desk: PeerId, copy: unknown): void {
    this.#forward((each) => each.restored?.(desk, copy));
  }

  recovered(desk: PeerId, stored: readonly StoredOffer[]): void {
    this.#forward((each) => each.recovered?.(desk, stored));
  }

  fault(kind: FaultKind, text: string): void {
    this.#forward((each) => each.fault?.(kind, text));
  }

  healed(): void {
    this.#forward((each) => each.healed?.());
  }

  /** Ends the history; later events are ignored. */
  close(): void {
    this.#isClosed = true;
  }

  #forward(call: (each: Witness) => void): void {
    if (this.violation !== null || this.#isClosed) return;
    try {
      for (const each of this.#all) call(each);
    } catch (error) {
      // Any other error of a checker is reported as a violation too.
      this.violation =
        error instanceof Violation ? error : new Violation(`checker: ${String(error)}`, { cause: error });
    }
  }
}
