/** Chooses the next acceptance from the queue of an offer. Source: docs/PROTOCOL.md, "Award policies". */
import type { Acceptance } from './acceptance.ts';
import type { Draw } from './draw.ts';
import type { PeerId } from './ids.ts';
import type { MakerPhase } from './lifecycle.ts';
import type { OfferTerms } from './messages.ts';
import { compareForMaker } from './price.ts';

/** The part of a maker's state that is used here. */
interface Choosing {
  readonly terms: OfferTerms;
  readonly phase: MakerPhase;
  readonly queue: readonly Acceptance[];
  /** The taker that the operator has chosen. */
  readonly chosen: PeerId | null;
  /** Holds of strangers for this offer that ended in silence. */
  readonly silentHolds: number;
  /** With `best`: when its window ends, on the monotonic clock. */
  readonly windowEndsAt: number;
}

export interface Choice {
  /** Place in the queue, from 0. */
  readonly index: number;
  readonly acceptance: Acceptance;
}

/** Null: none, for now. */
export function chooseNext(state: Choosing, monotonicMs: number, draw: Draw): Choice | null {
  switch (state.terms.award ?? 'first') {
    case 'first':
      return firstWaiting(state, draw);
    case 'best':
      return monotonicMs < state.windowEndsAt ? null : bestWaiting(state);
    case 'manual':
      return nthWaiting(
        state,
        state.queue.findIndex(({ taker }) => taker.id === state.chosen),
      );
  }
}

/** When the clock alone makes a choice possible (monotonic milliseconds); null when it does not. */
export function choiceDueAt(state: Choosing): number | null {
  if (state.phase !== 'open' || state.queue.length === 0 || state.terms.award !== 'best') return null;
  return state.windowEndsAt;
}

/**
 * Known takers come first. A stranger can have any number of keys. So once a stranger was silent, strangers are drawn at random, and
 * coming early with many keys gains nothing.
 */
function firstWaiting(state: Choosing, draw: Draw): Choice | null {
  const known = state.queue.findIndex(({ isKnown }) => isKnown === true);
  if (known !== -1) return nthWaiting(state, known);
  const isDrawn = state.silentHolds > 0 && state.queue.length > 1;
  return nthWaiting(state, isDrawn ? draw(state.queue.length) : 0);
}

function nthWaiting({ queue }: Choosing, index: number): Choice | null {
  const acceptance = queue[index];
  return acceptance === undefined ? null : { index, acceptance };
}

/** Of equal ones the one that came first. */
function bestWaiting({ queue, terms }: Choosing): Choice | null {
  let best: Choice | null = null;
  for (const [index, acceptance] of queue.entries()) {
    const isBetter = best === null || compareForMaker(terms, priceOf(acceptance), priceOf(best.acceptance)) > 0;
    if (isBetter) best = { index, acceptance };
  }
  return best;

  function priceOf({ unitPrice }: Acceptance) {
    return unitPrice ?? terms.unitPrice;
  }
}
