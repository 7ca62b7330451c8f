/**
 * Counts open and decided offers, from the messages of the makers. A kill can lose a message. Then the unfinished offers that the maker
 * reports at its next start correct the count. It only controls the pace of the run: the verdict comes from the journals.
 */
import type { DeskMessage } from './desk-messages.ts';

export class OfferTally {
  readonly #open = new Map<string, string>();
  readonly #decided = new Set<string>();

  get openCount(): number {
    return this.#open.size;
  }

  get decidedCount(): number {
    return this.#decided.size;
  }

  /** The open offers: the maker's name by the offer's id. */
  get open(): ReadonlyMap<string, string> {
    return this.#open;
  }

  /** @param maker the name of the sender */
  onMessage(maker: string, message: DeskMessage): void {
    if (message.kind === 'ready') this.#onReady(maker, message);
    if (message.kind === 'answer' && message.error === null) this.#opened(maker, message.offerId);
    if (message.kind !== 'notice') return;
    switch (message.notice.event) {
      case 'offer.opened':
        this.#opened(maker, message.notice.offerId);
        return;
      case 'deal.awarded':
      case 'offer.cancelled':
      case 'offer.expired':
        this.#ended(message.notice.offerId);
        return;
      default:
    }
  }

  #onReady(maker: string, { running }: Extract<DeskMessage, { kind: 'ready' }>): void {
    const found = new Map(running.map((snapshot) => [snapshot.terms.offerId as string, snapshot.phase]));
    for (const [offerId, itsMaker] of this.#open) {
      if (itsMaker === maker && !found.has(offerId)) this.#ended(offerId);
    }
    for (const [offerId, phase] of found) {
      if (phase === 'open' || phase === 'reserved') this.#opened(maker, offerId);
      else this.#ended(offerId);
    }
  }

  #opened(maker: string, offerId: string): void {
    if (!this.#decided.has(offerId)) this.#open.set(offerId, maker);
  }

  #ended(offerId: string): void {
    this.#open.delete(offerId);
    this.#decided.add(offerId);
  }
}
