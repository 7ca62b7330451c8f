/** What a maker tells everybody who may have the offer: that it is there, and how it ended. */
import { bidOf } from './acceptance.ts';
import { backOffMs } from './back-off.ts';
import { LIMITS } from './limits.ts';
import type { MakerContext } from './maker-context.ts';
import type { MakerState } from './maker-state.ts';
import type { OfferDone, OfferTerms, Outcome } from './messages.ts';
import type { Effect } from './step.ts';

type Broadcast = Extract<Effect, { kind: 'broadcast' }>;

/**
 * Announces the offer, and plans the next announcement.
 * @param isRepeated not the first announcement
 */
export function announce(
  context: MakerContext,
  isRepeated: boolean,
  whether: Pick<Broadcast, 'isImmediate'> = {},
): void {
  const { terms, announceAgain } = context.state;
  const attempt = announceAgain.attempt + 1;
  const { announceAgainMinMs, announceAgainMaxMs } = LIMITS;
  const wait = backOffMs(attempt, announceAgainMinMs, announceAgainMaxMs, terms.offerId);
  context.set({ announceAgain: { attempt, dueAt: context.monotonicMs + wait } });
  context.broadcast({ message: { cmd: 'offer:new', terms }, isRepeated, ...addresseesOf(terms), ...whether });
}

/** Takers rely on it: while somebody waits, nothing is announced again. */
export function announceIfDue(context: MakerContext): void {
  const { phase, announceAgain, queue } = context.state;
  if (phase === 'open' && queue.length === 0 && context.monotonicMs >= announceAgain.dueAt) announce(context, true);
}

export function broadcastDone(context: MakerContext, outcome: Outcome): void {
  const { state } = context;
  context.broadcast({ message: doneMessage(state, outcome), isRepeated: false, ...addresseesOf(state.terms) });
}

export function doneMessage({ terms, award }: MakerState, outcome: Outcome): OfferDone {
  return {
    cmd: 'offer:done',
    offerId: terms.offerId,
    maker: terms.maker,
    outcome,
    winner: award?.taker.id ?? null,
    epoch: award?.epoch ?? null,
    ...(award !== null && bidOf(award)),
  };
}

function addresseesOf({ to }: OfferTerms): Pick<Broadcast, 'to'> {
  return to === undefined ? {} : { to };
}
