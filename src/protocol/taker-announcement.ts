/**
 * Announcements of other desks' offers: the first one creates the state of the offer, later ones may cause a status
 * query.
 */
import type { PeerId } from './ids.ts';
import { LIMITS } from './limits.ts';
import { isSameDetails, refusal, type Answer, type OfferNew, type OfferTerms } from './messages.ts';
import type { TakerRecord } from './records.ts';
import { withoutOffer, type Received, type StepEnvironment, type StepResult } from './step.ts';
import { acceptAgain } from './taker-acceptance.ts';
import { contradiction, retryWaitMs, takerContext, type TakerContext } from './taker-context.ts';
import { seenState, validityEndsAt, type TakerState } from './taker-state.ts';

/** Handles the announcement of an offer that is not known yet. */
export function onFirstAnnouncement(
  { from, message, auth }: Received<OfferNew>,
  env: StepEnvironment,
  self: PeerId,
): StepResult<TakerState, TakerRecord> {
  const { terms } = message;
  if (terms.to?.includes(self) === false) {
    return withoutOffer(refusal('ERR_NOT_ADDRESSED', 'this offer is for others'));
  }
  if (isTooFarAhead(terms, env.wallMs)) {
    const text = 'issued in the future, or valid for longer than 30 days from now';
    return withoutOffer(refusal('ERR_INVALID_MESSAGE', text));
  }
  const seen = seenState({ terms, dialect: from.dialect, ...(auth !== undefined && { auth }) }, env.wallMs);
  if (env.wallMs >= validityEndsAt(seen)) {
    return withoutOffer(refusal('ERR_OFFER_EXPIRED', 'the offer had expired when it arrived'));
  }
  const context = takerContext(seen, env, self);
  context.notice({ event: 'offer.received', terms });
  return context.finish({ kind: 'acknowledged' });
}

/** By our own clock, because a maker can send any `issuedAt`, or none. */
function isTooFarAhead({ issuedAt, expiresAt }: OfferTerms, wallMs: number): boolean {
  const latest = wallMs + LIMITS.validitySkewMs;
  return (issuedAt ?? 0) > latest || (expiresAt ?? 0) > latest + LIMITS.validityMaxMs;
}

/**
 * An offer is announced again only while nobody waits for it. So a taker that believes it waits asks for its status.
 * But any desk can replay an announcement: it changes nothing else, and the time between such status queries grows.
 */
export function onAnnouncement(context: TakerContext, { terms }: OfferNew): Answer {
  const { state, monotonicMs } = context;
  if (!isSameTerms(terms, state.terms)) return contradiction(context, 'the terms of this offer have changed');
  const { phase, dialect } = state;
  const waits = phase === 'queued' || phase === 'confirmed';
  const mayBeTriedAgain = phase === 'gaveUp' && context.wallMs < validityEndsAt(state);
  if ((!waits && !mayBeTriedAgain) || monotonicMs < state.announcedQueryAt) return { kind: 'acknowledged' };
  const announcedQueries = state.announcedQueries + 1;
  const wait = retryWaitMs(context, announcedQueries, LIMITS.confirmedStatusMinMs, LIMITS.queuedStatusMaxMs);
  context.set({ announcedQueries, announcedQueryAt: monotonicMs + wait, statusQueryAt: monotonicMs });
  // The maker seems to be back. The desk's program decides whether to accept again.
  if (mayBeTriedAgain) context.notice({ event: 'offer.received', terms: state.terms });
  // A maker of the original can't be asked.
  if (phase === 'queued' && dialect === 'original') acceptAgain(context);
  return { kind: 'acknowledged' };
}

function isSameTerms(a: OfferTerms, b: OfferTerms): boolean {
  const keys = Object.keys({ ...a, ...b }) as (keyof OfferTerms)[];
  return keys.every((key) => {
    if (key === 'to') return a.to?.join() === b.to?.join();
    return key === 'details' ? isSameDetails(a.details, b.details) : a[key] === b[key];
  });
}
