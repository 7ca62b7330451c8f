/**
 * Checks that a desk does nothing with an offer of its journal before it has recovered the offer. Otherwise it could contradict its
 * earlier life. Requests can arrive before the recovery, as soon as the port is open.
 */
import type { StoredOffer } from '../src/ports/journal.ts';
import type { OfferKey, PeerId } from '../src/protocol/ids.ts';
import { Checks } from './checks.ts';
import { Violation, type LiveState, type Witness } from './witness.ts';

const FIRST: ReadonlySet<string> = new Set(['recover', 'void']);

export class RecoveryChecker implements Witness {
  readonly name = 'recovery';
  readonly checks = new Checks('recovered offers');
  readonly #unrecovered = new Map<PeerId, Set<OfferKey>>();

  recovered(desk: PeerId, stored: readonly StoredOffer[]): void {
    this.#unrecovered.set(desk, new Set(stored.map(({ offer }) => offer)));
  }

  stepping(desk: PeerId, offer: OfferKey, _live: LiveState, input: string): void {
    if (this.#unrecovered.get(desk)?.delete(offer) !== true) return;
    this.checks.did('recovered offers');
    if (!FIRST.has(input))
      throw new Violation(`recovery: ${desk} takes a ${input} about ${offer} before it is recovered`);
  }

  crashed(desk: PeerId): void {
    this.#unrecovered.delete(desk);
  }
}
