/** A payload as it travels: what the simulator reads of it without trusting the code that it is checking. */
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
  // of a report
  readonly by?: string;
  readonly result?: string;
  readonly details?: string;
}

/** Null for what a client of the original says without a name. */
export function keyOf({ source, offerId }: WireBody): OfferKey | null {
  return source === undefined || offerId === undefined ? null : (`${source}/${offerId}` as OfferKey);
}

export function makerOfKey(offer: OfferKey): PeerId {
  return offer.slice(0, offer.indexOf('/')) as PeerId;
}

export function offerIdOfKey(offer: OfferKey): string {
  return offer.slice(offer.indexOf('/') + 1);
}

/** A desk of ours has a public key for a name; whoever has not is a client of the original. */
export function isOurs(id: string): boolean {
  return id.length === 64 && !isLiar(id);
}

/** Whose word is worth nothing; no promise is made to it, or asked of it. */
export function isLiar(id: string): boolean {
  return id.startsWith(LIAR_PREFIX);
}

/** No desk's id begins so but by a chance of one in four billion. */
export const LIAR_PREFIX = 'bad0bad0';
