/** A taker's wish to have an offer, as it waits in the maker's queue; and the bid that goes along with all that comes of it. */
import type { Decimal } from './ids.ts';
import type { OfferAccept, Peer } from './messages.ts';
import type { Received } from './step.ts';

export interface Acceptance {
  readonly taker: Peer;
  /** Its bid; absent: the maker's price. */
  readonly unitPrice?: Decimal;
  /** A taker that we have dealt with, or that our operator has named; absent for strangers. */
  readonly isKnown?: true;
}

export function acceptanceOf({ from, isKnown }: Received, message: OfferAccept): Acceptance {
  return { taker: from, ...bidOf(message), ...(isKnown === true && { isKnown }) };
}

export function bidOf({ unitPrice }: { readonly unitPrice?: Decimal | undefined }): { readonly unitPrice?: Decimal } {
  return unitPrice === undefined ? {} : { unitPrice };
}
