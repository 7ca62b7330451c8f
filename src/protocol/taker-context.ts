/** The context of a taker's step, and helpers for all parts of the step. */
import { backOffMs } from './back-off.ts';
import { takerMustSync } from './durability.ts';
import type { PeerId } from './ids.ts';
import { LIMITS } from './limits.ts';
import { refusal, type DirectMessage, type OfferParties, type Refusal } from './messages.ts';
import type { TakerRecord } from './records.ts';
import type { Correlation, StepEnvironment } from './step.ts';
import { StepContext } from './step-context.ts';
import { applyTaker, makerOf, type TakerVolatileEvent, type TakerState } from './taker-state.ts';

export type TakerContext = StepContext<TakerState, TakerRecord, TakerVolatileEvent>;

const RULES = { apply: applyTaker, mustSync: takerMustSync };

export function takerContext(state: TakerState, env: StepEnvironment, self: PeerId): TakerContext {
  return new StepContext(state, env, self, RULES);
}

export function partiesOf({ state, self }: TakerContext): OfferParties {
  const { offerId, maker } = state.terms;
  return { offerId, maker, taker: self };
}

export function sendToMaker(context: TakerContext, message: DirectMessage, correlation: Correlation): void {
  context.send(makerOf(context.state), message, correlation);
}

/** Reports and refuses a message that can't be true, or that is not its sender's to say. Changes nothing itself. */
export function contradiction(context: TakerContext, text: string): Refusal {
  context.notice({ event: 'peer.contradiction', text });
  return refusal('ERR_CONTRADICTION', text);
}

/** Milliseconds until the next attempt; see `backOffMs`. */
export function retryWaitMs({ state, self }: TakerContext, attempt: number, minMs: number, maxMs: number): number {
  return backOffMs(attempt, minMs, maxMs, `${self}/${state.terms.offerId}`);
}

/** Milliseconds until the next status query of a queued taker. */
export function queuedWaitMs(context: TakerContext, attempt: number): number {
  return retryWaitMs(context, attempt, LIMITS.queuedStatusMinMs, LIMITS.queuedStatusMaxMs);
}

/** Milliseconds until the next status query of a taker that has confirmed. */
export function confirmedWaitMs(context: TakerContext, attempt: number): number {
  return retryWaitMs(context, attempt, LIMITS.confirmedStatusMinMs, LIMITS.confirmedStatusMaxMs);
}
