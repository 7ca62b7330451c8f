/** What a step of the taker works on, and what all parts of such a step need. */
import { backOffMs } from './back-off.ts';
import { takerMustSync } from './durability.ts';
import type { PeerId } from './ids.ts';
import { LIMITS } from './limits.ts';
import { refusal, type DirectMessage, type OfferAccept, type Refusal } from './messages.ts';
import type { TakerRecord } from './records.ts';
import type { Correlation, StepEnvironment } from './step.ts';
import { StepContext } from './step-context.ts';
import { applyTaker, makerOf, type TakerVolatileEvent, type TakerState } from './taker-state.ts';

export type TakerContext = StepContext<TakerState, TakerRecord, TakerVolatileEvent>;

const RULES = { apply: applyTaker, mustSync: takerMustSync };

export function takerContext(state: TakerState, env: StepEnvironment, self: PeerId): TakerContext {
  return new StepContext(state, env, self, RULES);
}

/** What every message to the maker names. */
export function namesOf({ state, self }: TakerContext): Pick<OfferAccept, 'offerId' | 'maker' | 'taker'> {
  const { offerId, maker } = state.terms;
  return { offerId, maker, taker: self };
}

export function sendToMaker(context: TakerContext, message: DirectMessage, correlation: Correlation): void {
  context.send(makerOf(context.state), message, correlation);
}

/** The maker has said what can't be true: that is told, and changes nothing. */
export function contradiction(context: TakerContext, text: string): Refusal {
  context.notice({ event: 'peer.contradiction', text });
  return refusal('ERR_CONTRADICTION', text);
}

/** Milliseconds until something is tried again; see `backOffMs`. */
export function retryWaitMs({ state, self }: TakerContext, attempt: number, minMs: number, maxMs: number): number {
  return backOffMs(attempt, minMs, maxMs, `${self}/${state.terms.offerId}`);
}

/** Until the next question of a taker that waits in the queue. */
export function queuedWaitMs(context: TakerContext, attempt: number): number {
  return retryWaitMs(context, attempt, LIMITS.queuedStatusMinMs, LIMITS.queuedStatusMaxMs);
}

/** Until the next question of a taker that has confirmed. */
export function confirmedWaitMs(context: TakerContext, attempt: number): number {
  return retryWaitMs(context, attempt, LIMITS.confirmedStatusMinMs, LIMITS.confirmedStatusMaxMs);
}
