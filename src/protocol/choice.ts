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
  /** With `best`: the end of the window, in monotonic time. */
  readonly windowEndsAt: number;
}

export interface Choice {
  /** Place in the queue, from 0. */
  readonly index: number;
  readonly acceptance: Acceptance;
}

/** Null while no acceptance can be chosen. */
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

/** The monotonic time at which a choice becomes possible; null if time alone does not change that. */
export function choiceDueAt(state: Choosing): number | null {
  if (state.phase !== 'open' || state.queue.length === 0 || state.terms.award !== 'best') return null;
  return state.windowEndsAt;
}

/**
 * Known takers come first. One stranger can have any number of keys. So after a stranger did not answer, strangers are
 * chosen at random: accepting early with many keys gains nothing.
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

/** The earliest among equal prices. */
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
