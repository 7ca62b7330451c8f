/** A payload in transit. The simulator reads it without the code that it checks. */
import type { OfferKey, PeerId } from '../src/protocol/ids.ts';

export interface WirePayload {
  readonly cmd: string;
  readonly body: WireBody;
  readonly auth?: unknown;
}

export interface WireBody {
  readonly offerId?: string;
  readonly source?: string;
  readonly destination?: string;
  readonly epoch?: number;
  readonly until?: number;
  readonly outcome?: string;
  readonly winner?: string;
  readonly expiresAt?: number;
  readonly unitPrice?: number | string;
  // Fields of a report.
  readonly by?: string;
  readonly result?: string;
  readonly details?: string;
}

/** Null if a message of a client of the original names no maker or offer. */
export function keyOf({ source, offerId }: WireBody): OfferKey | null {
  return source === undefined || offerId === undefined ? null : (`${source}/${offerId}` as OfferKey);
}

export function makerOfKey(offer: OfferKey): PeerId {
  return offer.slice(0, offer.indexOf('/')) as PeerId;
}

export function offerIdOfKey(offer: OfferKey): string {
  return offer.slice(offer.indexOf('/') + 1);
}

/** The id of our desks is a public key. Any other id belongs to a client of the original. */
export function isOurs(id: string): boolean {
  return id.length === 64 && !isLiar(id);
}

/** No promise holds for liars. */
export function isLiar(id: string): boolean {
  return id.startsWith(LIAR_PREFIX);
}

/** The probability that another desk's id begins so is one in four billion. */
export const LIAR_PREFIX = 'bad0bad0';
