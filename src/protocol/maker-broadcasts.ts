/** The maker's broadcasts about an offer: the announcement and the outcome. */
import { bidOf } from './acceptance.ts';
import { backOffMs } from './back-off.ts';
import { LIMITS } from './limits.ts';
import type { MakerContext } from './maker-context.ts';
import type { MakerState } from './maker-state.ts';
import type { OfferDone, OfferTerms, Outcome } from './messages.ts';
import type { Effect } from './step.ts';

type Broadcast = Extract<Effect, { kind: 'broadcast' }>;

/**
 * Announces the offer, and schedules the next announcement. The first one is sent before the offer is durable. If a
 * crash loses the offer, its takers only learn that it is unknown, because an approval waits until the offer is
 * durable.
 */
export function announce(context: MakerContext, isRepeated: boolean): void {
  const { terms, announceAgain } = context.state;
  const attempt = announceAgain.attempt + 1;
  const { announceAgainMinMs, announceAgainMaxMs } = LIMITS;
  const wait = backOffMs(attempt, announceAgainMinMs, announceAgainMaxMs, terms.offerId);
  context.set({ announceAgain: { attempt, dueAt: context.monotonicMs + wait } });
  const message = { cmd: 'offer:new', terms } as const;
  context.broadcast({ message, isRepeated, ...addresseesOf(terms), ...(!isRepeated && { isImmediate: true }) });
}

/**
 * Never while acceptances wait: a queued taker that sees an announcement knows that it has lost its place, and asks.
 */
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
