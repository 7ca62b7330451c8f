/**
 * The ids of the protocol, as branded types, so that one kind can't be used in place of another.
 * They cost nothing at run time; `wire` is the only place that makes them out of a stranger's text.
 */
declare const brand: unique symbol;
type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/**
 * Who speaks: a desk's ed25519 public key in 64 lower-case hex digits, or, for a client of the original demo, the 16 hex
 * digits that it drew. Also the name of the service that only this peer announces.
 */
export type PeerId = Brand<string, 'PeerId'>;

/** Names an offer among the offers of its maker. Two makers may use the same one: see {@link OfferKey}. */
export type OfferId = Brand<string, 'OfferId'>;

/** `maker/offerId`: names an offer in the whole network. A stranger can't occupy somebody else's offer with it. */
export type OfferKey = Brand<string, 'OfferKey'>;

/** A positive or zero decimal in plain notation without superfluous zeros: equal text is equal value. Never a float. */
export type Decimal = Brand<string, 'Decimal'>;

/** The key of an offer; `/` occurs in neither part. */
export function offerKey(maker: PeerId, offerId: OfferId): OfferKey {
  return `${maker}/${offerId}` as OfferKey;
}

export function makerIdOf(key: OfferKey): PeerId {
  return key.slice(0, key.indexOf('/')) as PeerId;
}

export function offerIdOf(key: OfferKey): OfferId {
  return key.slice(key.indexOf('/') + 1) as OfferId;
}
