/**
 * What a desk can tell of offers from its journal, long after they have ended: their records, the deals among them, and the
 * receipts of those.
 */
import { receiptOf, type Receipt } from '../identity/receipt.ts';
import type { Archive } from '../ports/archive.ts';
import type { Identity } from '../ports/identity.ts';
import type { Journal, StoredOffer } from '../ports/journal.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { offerKey, type OfferId, type OfferKey, type PeerId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { JournalRecord } from '../protocol/records.ts';
import { dealOf, type DealSnapshot } from './deal-snapshot.ts';
import { foldMaker, foldTaker } from './machines.ts';
import type { Neighbours } from './neighbours.ts';
import { snapshotOfOther, snapshotOfOwn, type OfferSnapshot } from './offer-snapshot.ts';

/** An offer as its journal tells it. */
export interface PastOffer {
  readonly snapshot: OfferSnapshot;
  readonly records: readonly JournalRecord[];
}

export interface DealsQuery {
  /** Milliseconds since 1970, by this desk's clock; all by default. */
  readonly sinceMs?: number | undefined;
  /** Only those of which nobody here knows whether they are deals. */
  readonly inDoubt?: boolean | undefined;
}

export class PastOffers {
  readonly #identity: Identity;
  readonly #journal: Journal & Partial<Archive>;
  readonly #neighbours: Neighbours;

  constructor(identity: Identity, journal: Journal & Partial<Archive>, neighbours: Neighbours) {
    this.#identity = identity;
    this.#journal = journal;
    this.#neighbours = neighbours;
  }

  /**
   * @param maker needed only when two makers use the same id
   * @throws GrapevineError ERR_OFFER_UNKNOWN; ERR_USAGE when ambiguous
   */
  async find(offerId: string, maker?: string): Promise<PastOffer> {
    const found = await this.#stored(offerId, maker);
    const snapshot = snapshotOf(found.records, this.#neighbours);
    if (snapshot === null) throw unknown(offerId);
    return { snapshot, records: found.records };
  }

  /** Those whose ids begin so, also ended ones. */
  async startingWith(idPrefix: string): Promise<readonly OfferSnapshot[]> {
    const found = (await this.#journal.findOffers?.(idPrefix, LIMITS.offersFoundMax)) ?? [];
    return found.flatMap(({ records }) => snapshotOf(records, this.#neighbours) ?? []);
  }

  /**
   * The latest first.
   * @param held own offers held for clients of the original, which may have taken them: no record says so
   */
  async deals({ sinceMs = 0, inDoubt }: DealsQuery, held: readonly OfferKey[]): Promise<readonly DealSnapshot[]> {
    const stored = (await this.#journal.readDeals?.({ sinceMs, limit: LIMITS.dealsReadMax }))?.offers ?? [];
    const all = [
      ...stored.map(({ records }) => records),
      ...(await Promise.all(held.map((key) => this.#records(key)))),
    ];
    const deals = all.flatMap((records) => dealOf(records) ?? []).sort((a, b) => b.at - a.at);
    return deals.filter(({ state }) => inDoubt === undefined || (state === 'in-doubt') === inDoubt);
  }

  /** @throws as `find`, and ERR_RECEIPT when there is none */
  async receipt(offerId: string, maker?: string): Promise<Receipt> {
    const { offer, records } = await this.#stored(offerId, maker);
    return receiptOf(offer, records, this.#identity);
  }

  #records(offer: OfferKey): Promise<readonly JournalRecord[]> {
    return this.#journal.readOffer(offer);
  }

  async #stored(offerId: string, maker?: string): Promise<StoredOffer> {
    if (maker !== undefined) return this.#read(offerKey(maker as PeerId, offerId as OfferId));
    const own = await this.#journal.readOffer(offerKey(this.#identity.id, offerId as OfferId));
    if (own.length > 0) return { offer: offerKey(this.#identity.id, offerId as OfferId), records: own };
    const found = ((await this.#journal.findOffers?.(offerId, 2)) ?? []).filter(({ offer }) =>
      offer.endsWith(`/${offerId}`),
    );
    const [first, second] = found;
    if (first === undefined) throw unknown(offerId);
    if (second !== undefined)
      throw new GrapevineError('ERR_USAGE', `several makers have an offer ${offerId}: say which`);
    return first;
  }

  async #read(offer: OfferKey): Promise<StoredOffer> {
    const records = await this.#journal.readOffer(offer);
    if (records.length === 0) throw unknown(offer);
    return { offer, records };
  }
}

function snapshotOf(records: readonly JournalRecord[], neighbours: Neighbours): OfferSnapshot | null {
  if (records[0]?.role === 'maker') {
    const state = foldMaker(records);
    return state && snapshotOfOwn(state);
  }
  const state = foldTaker(records);
  return state && snapshotOfOther(state, neighbours);
}

function unknown(offer: string): GrapevineError {
  return new GrapevineError('ERR_OFFER_UNKNOWN', `the journal knows no offer ${offer}`);
}
