/** A taker's wish to have an offer, as it waits in the maker's queue; and the bid that goes along with all that comes of it. */
import type { Decimal } from './ids.ts';
import type { Auth, OfferAccept, Peer } from './messages.ts';
import type { Received } from './step.ts';

export interface Acceptance {
  readonly taker: Peer;
  /** Its bid; absent: the maker's price. */
  readonly unitPrice?: Decimal;
  readonly auth?: Auth;
  /** Its signature has not been looked at yet. */
  readonly unproven?: true;
}

export function acceptanceOf({ from, auth, unproven }: Received, message: OfferAccept): Acceptance {
  return {
    taker: from,
    ...bidOf(message),
    ...(auth !== undefined && { auth }),
    ...(unproven !== undefined && { unproven }),
  };
}

export function bidOf({ unitPrice }: { readonly unitPrice?: Decimal }): { readonly unitPrice?: Decimal } {
  return unitPrice === undefined ? {} : { unitPrice };
}

/** Whether two are one message: the same words under the same signature. Either alone anybody could copy. */
export function isSameAcceptance(a: Acceptance, b: Acceptance): boolean {
  return (
    a.taker.id === b.taker.id &&
    a.unitPrice === b.unitPrice &&
    a.auth?.sig === b.auth?.sig &&
    a.auth?.nonce === b.auth?.nonce
  );
}
