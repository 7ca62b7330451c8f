/** Whom a maker takes next of those who wait: the policies of docs/PROTOCOL.md, "Award policies". */
import type { Acceptance } from './acceptance.ts';
import type { PeerId } from './ids.ts';
import type { MakerPhase } from './lifecycle.ts';
import type { OfferTerms } from './messages.ts';
import { compareForMaker } from './price.ts';
import type { RingBuffer } from './ring-buffer.ts';

/** What of a maker's state matters here. */
interface Choosing {
  readonly terms: OfferTerms;
  readonly phase: MakerPhase;
  readonly queue: RingBuffer<Acceptance>;
  /** Whom the operator has chosen. */
  readonly chosen: PeerId | null;
  /** With `best`: when its window ends, on the monotonic clock. */
  readonly windowEndsAt: number;
}

export interface Choice {
  /** Place in the queue, from 0. */
  readonly index: number;
  readonly acceptance: Acceptance;
}

/** Null: nobody, for now. */
export function chooseNext(state: Choosing, monotonicMs: number): Choice | null {
  switch (state.terms.award ?? 'first') {
    case 'first':
      return nthWaiting(state, 0);
    case 'best':
      return monotonicMs < state.windowEndsAt ? null : bestWaiting(state);
    case 'manual':
      return nthWaiting(
        state,
        state.queue.findIndex(({ taker }) => taker.id === state.chosen),
      );
  }
}

/** When, on the monotonic clock, there will be a choice to make that is not yet made; null: not by time. */
export function choiceDueAt(state: Choosing): number | null {
  if (state.phase !== 'open' || state.queue.size === 0 || state.terms.award !== 'best') return null;
  return state.windowEndsAt;
}

function nthWaiting({ queue }: Choosing, wanted: number): Choice | null {
  let index = 0;
  for (const acceptance of queue) {
    if (index === wanted) return { index, acceptance };
    index += 1;
  }
  return null;
}

/** Of equal ones the one that came first. */
function bestWaiting({ queue, terms }: Choosing): Choice | null {
  let best: Choice | null = null;
  let index = 0;
  for (const acceptance of queue) {
    const isBetter = best === null || compareForMaker(terms, priceOf(acceptance), priceOf(best.acceptance)) > 0;
    if (isBetter) best = { index, acceptance };
    index += 1;
  }
  return best;

  function priceOf({ unitPrice }: Acceptance) {
    return unitPrice ?? terms.unitPrice;
  }
}
