/**
 * The maker's queue of acceptances within one step: who may wait, on whose word, and what is done about two in one name. Source
 * of every rule: docs/PROTOCOL.md, "The maker" and "Signatures".
 */
import { bidOf, isSameAcceptance, type Acceptance } from './acceptance.ts';
import { makerMustSync } from './durability.ts';
import { LIMITS } from './limits.ts';
import { applyMaker, type MakerState } from './maker-state.ts';
import { refusal, type Answer, type OfferAccept } from './messages.ts';
import type { MakerRecord } from './records.ts';
import type { Proves, StepEnvironment } from './step.ts';
import { Turn } from './turn.ts';

export const FORGED = refusal('ERR_SIGNATURE', 'the signature is not by the desk in whose name this is said');

export abstract class MakerQueueTurn extends Turn<MakerState, MakerRecord> {
  readonly #proves: Proves;
  /** Acceptances whose signatures were found to be wrong in this step. */
  readonly #forged: Acceptance[] = [];

  constructor(state: MakerState | { readonly first: MakerRecord }, env: StepEnvironment, proves: Proves) {
    super(state, env, { apply: applyMaker, mustSync: makerMustSync });
    this.#proves = proves;
  }

  /** At the end of the queue, if there is room. */
  protected enqueue(acceptance: Acceptance): Answer | 'queued' {
    const { queue } = this.state;
    // So many may wait on their word alone; beyond that a stranger could fill the queue with invented names.
    const isTrusted = acceptance.unproven !== true || this.#unprovenCount() < LIMITS.unprovenAcceptancesMax;
    const admitted = isTrusted ? acceptance : this.proven(acceptance);
    if (admitted === null) return FORGED;
    const longer = queue.push(admitted);
    if (longer === null) {
      return refusal('ERR_QUEUE_FULL', `${queue.capacity.toString()} acceptances are waiting already`);
    }
    this.set({ queue: longer });
    this.notice({ event: 'acceptance.queued', taker: acceptance.taker.id, position: longer.size });
    return 'queued';
  }

  /** A second acceptance in one name: whoever signed it keeps the place, whoever came first in his name does not. */
  protected onAnother(acceptance: Acceptance, waitingAt: number): Answer | 'queued' {
    const waiting = [...this.state.queue][waitingAt];
    if (waiting?.unproven !== true || isSameAcceptance(waiting, acceptance)) return 'queued';
    const proven = this.proven(acceptance);
    if (proven === null) return FORGED;
    this.set({ queue: this.state.queue.replaced(waitingAt, proven) });
    return 'queued';
  }

  #unprovenCount(): number {
    return [...this.state.queue].filter(({ unproven }) => unproven === true).length;
  }

  /** Null when its signature is not that taker's. */
  protected proven(acceptance: Acceptance): Acceptance | null {
    const { unproven, ...proven } = acceptance;
    if (unproven !== true) return acceptance;
    if (proven.auth !== undefined && this.#proves(this.#messageOf(proven), proven.auth)) return proven;
    this.#forged.push(acceptance);
    this.notice({ event: 'peer.forged', claimed: acceptance.taker.id });
    return null;
  }

  #messageOf(acceptance: Acceptance): OfferAccept {
    const { offerId, maker } = this.state.terms;
    return { cmd: 'offer:accept', offerId, maker, taker: acceptance.taker.id, ...bidOf(acceptance) };
  }

  /** Whether its signature was found to be wrong in this step. */
  protected isForged(acceptance: Acceptance): boolean {
    return this.#forged.some((forged) => isSameAcceptance(forged, acceptance));
  }
}
