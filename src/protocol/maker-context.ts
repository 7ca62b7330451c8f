/** The context of a maker's step, and helpers for all parts of the step. */
import { backOffMs } from './back-off.ts';
import { makerMustSync } from './durability.ts';
import { applyMaker, type MakerState } from './maker-state.ts';
import type { Peer } from './messages.ts';
import type { MakerRecord } from './records.ts';
import type { StepEnvironment } from './step.ts';
import { StepContext } from './step-context.ts';

export type MakerContext = StepContext<MakerState, MakerRecord>;

const RULES = { apply: applyMaker, mustSync: makerMustSync };

export function makerContext(state: MakerState, env: StepEnvironment): MakerContext {
  return new StepContext(state, env, state.terms.maker, RULES);
}

/** The context for a new offer, which begins with this record. */
export function newOfferContext(first: Extract<MakerRecord, { type: 'opened' }>, env: StepEnvironment): MakerContext {
  return new StepContext<MakerState, MakerRecord>({ first }, env, first.terms.maker, RULES);
}

/** Milliseconds until the next attempt with this taker; see `backOffMs`. */
export function retryWaitMs(
  { state }: MakerContext,
  taker: Peer,
  attempt: number,
  minMs: number,
  maxMs: number,
): number {
  return backOffMs(attempt, minMs, maxMs, `${state.terms.offerId}/${taker.id}`);
}
