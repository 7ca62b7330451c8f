/** Finds an offer by its id or a prefix. Never guesses: if several match, the refusal names them. */
import { GrapevineError } from '../../protocol/errors.ts';
import type { Offer } from '../contract.ts';
import { CONTROL_LIMITS } from '../limits.ts';
import type { ControlledDesk } from './desk-adapter.ts';

export interface OfferName {
  readonly offerId: string;
  readonly maker?: string | undefined;
  /** Only own offers, or only offers of others. */
  readonly role?: Offer['role'] | undefined;
}

/** The most offers that a refusal names. */
const NAMED_MAX = 8;
/** The ids of our offers have 32 characters. */
const FULL_OFFER_ID = 32;
/** Ids of clients of the original have 16 characters, those of desks 64. */
const FULL_PEER_ID = 16;

/** @throws GrapevineError ERR_OFFER_UNKNOWN; ERR_USAGE when several match; ERR_WRONG_STATE when it has the other role */
export async function findOffer(
  desk: Pick<ControlledDesk, 'offersStartingWith'>,
  { offerId, maker, role }: OfferName,
): Promise<Offer> {
  const matching = (await desk.offersStartingWith(offerId)).filter((offer) => isNamedBy(offer.offerId, offerId));
  const named = matching.filter((offer) => maker === undefined || isNamedBy(offer.maker, maker));
  const fitting = named.filter((offer) => role === undefined || offer.role === role);
  const candidates = exactOr(fitting, offerId);
  const [found, second] = candidates;
  if (second !== undefined) throw ambiguous(offerId, candidates);
  if (found !== undefined) return found;
  if (matching.length === 0 && offerId.length < CONTROL_LIMITS.idPrefixMinLength) throw tooShort(offerId);
  if (named.length === 0) throw new GrapevineError('ERR_OFFER_UNKNOWN', `no offer ${offerId} is known here`);
  const whose = role === 'maker' ? "another desk's offer" : 'your own offer';
  throw new GrapevineError('ERR_WRONG_STATE', `${named[0]?.offerId ?? offerId} is ${whose}`);
}

/** An id can be shorter than a prefix may be; it is then named in full. */
function isNamedBy(id: string, text: string): boolean {
  return text.length < CONTROL_LIMITS.idPrefixMinLength ? id === text : id.startsWith(text);
}

/**
 * The offers with exactly this id, if there are any. But an id can be short: another maker could take the shortened form of an id,
 * as tables print it, for an offer with other terms. Then all remain.
 */
function exactOr(offers: readonly Offer[], offerId: string): readonly Offer[] {
  const exact = offers.filter((offer) => offer.offerId === offerId);
  const isUnmistakable = offerId.length >= FULL_OFFER_ID || new Set(offers.map(({ maker }) => maker)).size === 1;
  return exact.length > 0 && isUnmistakable ? exact : offers;
}

function tooShort(offerId: string): GrapevineError {
  const how = `give the whole id, or its first ${CONTROL_LIMITS.idPrefixMinLength} or more characters`;
  return new GrapevineError('ERR_USAGE', `no offer has the id ${offerId}; ${how}`);
}

function ambiguous(offerId: string, offers: readonly Offer[]): GrapevineError {
  const named = offers.slice(0, NAMED_MAX).map((offer) => `${offer.offerId} of ${offer.maker}`);
  const more = offers.length > NAMED_MAX ? ` and ${offers.length - NAMED_MAX} more` : '';
  return new GrapevineError('ERR_USAGE', `${offerId} may be ${named.join(', ')}${more}: say which, and whose`);
}

/**
 * Finds a taker in the queue of an offer by its id or a prefix.
 * @throws GrapevineError ERR_USAGE when several match
 */
export function findTaker({ acceptances, offerId }: Offer, taker: string): string {
  const waiting = [...new Set(acceptances.map((acceptance) => acceptance.taker))];
  const isFull = taker.length >= FULL_PEER_ID && waiting.includes(taker);
  const fitting = isFull ? [taker] : waiting.filter((id) => isNamedBy(id, taker));
  if (fitting.length <= 1) return fitting[0] ?? taker;
  throw new GrapevineError('ERR_USAGE', `several takers of ${offerId} begin with ${taker}: ${fitting.join(', ')}`);
}
