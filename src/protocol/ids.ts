/**
 * The ids of the protocol, as branded types, so that one kind can't be used in place of another. Only `wire` creates
 * them from received text.
 */
declare const brand: unique symbol;
type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/**
 * Identifies a peer: a desk's ed25519 public key in 64 lower-case hex digits, or 16 random hex digits for a client of
 * the original demo. It is also the name of the service that this peer alone announces.
 */
export type PeerId = Brand<string, 'PeerId'>;

/** Identifies an offer among those of its maker. Two makers may use the same one: see {@link OfferKey}. */
export type OfferId = Brand<string, 'OfferId'>;

/**
 * `maker/offerId`: identifies an offer in the whole network, so that no desk can use up the id of another desk's offer.
 */
export type OfferKey = Brand<string, 'OfferKey'>;

/** A decimal of 0 or more in plain notation without superfluous zeros: equal text is equal value. Never a float. */
export type Decimal = Brand<string, 'Decimal'>;

/** `/` occurs in neither part. */
export function offerKey(maker: PeerId, offerId: OfferId): OfferKey {
  return `${maker}/${offerId}` as OfferKey;
}

export function makerIdOf(key: OfferKey): PeerId {
  return key.slice(0, key.indexOf('/')) as PeerId;
}

export function offerIdOf(key: OfferKey): OfferId {
  return key.slice(key.indexOf('/') + 1) as OfferId;
}
