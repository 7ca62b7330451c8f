/** An acceptance in the maker's queue, and the bid that it carries into reservation and award. */
import type { Decimal } from './ids.ts';
import type { OfferAccept, Peer } from './messages.ts';
import type { Received } from './step.ts';

export interface Acceptance {
  readonly taker: Peer;
  /** Its bid; absent: the maker's price. */
  readonly unitPrice?: Decimal;
  /** Present for a taker of an earlier deal, or one that our operator has allowed; absent for strangers. */
  readonly isKnown?: true;
}

export function acceptanceOf({ from, isKnown }: Received, message: OfferAccept): Acceptance {
  return { taker: from, ...bidOf(message), ...(isKnown === true && { isKnown }) };
}

export function bidOf({ unitPrice }: { readonly unitPrice?: Decimal | undefined }): { readonly unitPrice?: Decimal } {
  return unitPrice === undefined ? {} : { unitPrice };
}
