/** Chooses the next acceptance from the queue of an offer. Source: docs/PROTOCOL.md, "Award policies". */
import type { Acceptance } from './acceptance.ts';
import type { Draw } from './draw.ts';
import { queueIndex, type MakerState } from './maker-state.ts';
import { compareForMaker } from './price.ts';

export interface Choice {
  /** Place in the queue, from 0. */
  readonly index: number;
  readonly acceptance: Acceptance;
}

/** Null while no acceptance can be chosen. */
export function chooseNext(state: MakerState, monotonicMs: number, draw: Draw): Choice | null {
  switch (state.terms.award ?? 'first') {
    case 'first':
      return firstWaiting(state, draw);
    case 'best':
      return monotonicMs < state.windowEndsAt ? null : bestWaiting(state);
    case 'manual':
      return state.chosen === null ? null : nthWaiting(state, queueIndex(state, state.chosen));
  }
}

/**
 * Known takers come first. One stranger can have any number of keys. So after a stranger did not answer, strangers are
 * chosen at random: accepting early with many keys gains nothing.
 */
function firstWaiting(state: MakerState, draw: Draw): Choice | null {
  const known = state.queue.findIndex(({ isKnown }) => isKnown === true);
  if (known !== -1) return nthWaiting(state, known);
  const isDrawn = state.silentHolds > 0 && state.queue.length > 1;
  return nthWaiting(state, isDrawn ? draw(state.queue.length) : 0);
}

function nthWaiting({ queue }: MakerState, index: number): Choice | null {
  const acceptance = queue[index];
  return acceptance === undefined ? null : { index, acceptance };
}

/** The earliest among equal prices. */
function bestWaiting({ queue, terms }: MakerState): Choice | null {
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
