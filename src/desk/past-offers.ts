/** Reads offers from the journal, also long after they ended: their records, deals and receipts. */
import { receiptOf, type Receipt } from '../identity/receipt.ts';
import { everyPage, NO_PAGE, type Archive, type Cursor, type DealsFilter, type StoredPage } from '../ports/archive.ts';
import type { Identity } from '../ports/identity.ts';
import type { Journal, StoredOffer } from '../ports/journal.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { offerKey, type OfferId, type OfferKey, type PeerId } from '../protocol/ids.ts';
import { DESK_LIMITS } from './limits.ts';
import type { JournalRecord } from '../protocol/records.ts';
import { dealOf, type DealSnapshot } from './deal-snapshot.ts';
import { foldMaker, foldTaker } from './protocol-roles.ts';
import type { Neighbours } from './neighbours.ts';
import { snapshotOfOther, snapshotOfOwn, type OfferSnapshot } from './offer-snapshot.ts';

/** An offer as it is in the journal. */
export interface PastOffer {
  readonly snapshot: OfferSnapshot;
  readonly records: readonly JournalRecord[];
}

/**
 * Which deals to return. Times are milliseconds since 1970 on this desk's clock; for `result` see {@link
 * DealSnapshot.result}.
 */
export type DealsQuery = DealsFilter;

export interface DealsPageQuery extends DealsQuery {
  /** `next` of the previous page. */
  readonly after?: Cursor | undefined;
  readonly limit?: number | undefined;
}

/** A page of deals. A new deal between two pages does not repeat or hide other deals. */
export interface DealsPage {
  readonly deals: readonly DealSnapshot[];
  /** The number of matching deals in all; null on a page that was requested with `after`. */
  readonly total: number | null;
  /** Null on the last page. */
  readonly next: Cursor | null;
}

/** Signs the parts of a receipt that are statements of this desk. */
type Signer = Pick<Identity, 'id' | 'signFact' | 'signConfirmation'>;
type ReadableJournal = Pick<Journal, 'readOffer'> & Partial<Archive>;
/** How lately each maker was active. */
type MakerActivities = Pick<Neighbours, 'activityOf'>;

export class PastOffers {
  readonly #identity: Signer;
  readonly #journal: ReadableJournal;
  readonly #neighbours: MakerActivities;

  constructor(identity: Signer, journal: ReadableJournal, neighbours: MakerActivities) {
    this.#identity = identity;
    this.#journal = journal;
    this.#neighbours = neighbours;
  }

  /**
   * @param maker needed only if two makers use the same id
   * @throws GrapevineError ERR_OFFER_UNKNOWN; ERR_USAGE when several makers use this id
   */
  async find(offerId: string, maker?: string): Promise<PastOffer> {
    const found = await this.#stored(offerId, maker);
    const snapshot = snapshotOf(found.records, this.#neighbours);
    if (snapshot === null) throw unknown(offerId);
    return { snapshot, records: found.records };
  }

  /**
   * Offers whose id has this prefix, including those that have ended.
   * @throws GrapevineError ERR_USAGE when there are more than `offersFoundMax`, unless an offer has exactly this id
   */
  async startingWith(idPrefix: string): Promise<readonly OfferSnapshot[]> {
    const all = (await this.#journal.findOffers?.(idPrefix, DESK_LIMITS.offersFoundMax + 1)) ?? [];
    const found =
      all.length > DESK_LIMITS.offersFoundMax ? all.filter(({ offer }) => offer.endsWith(`/${idPrefix}`)) : all;
    if (found.length === 0 && all.length > 0) throw tooMany(idPrefix);
    return found.flatMap(({ records }) => snapshotOf(records, this.#neighbours) ?? []);
  }

  /** All offers that have ended, the latest first. Other work runs between two pages of the journal. */
  async ended(): Promise<readonly OfferSnapshot[]> {
    const ended: OfferSnapshot[] = [];
    const read = (after: Cursor | undefined): Promise<StoredPage> =>
      this.#journal.readFinished?.({ after, limit: DESK_LIMITS.journalPageMax }) ?? Promise.resolve(NO_PAGE);
    for await (const page of everyPage(read)) {
      ended.push(...page.flatMap(({ records }) => snapshotOf(records, this.#neighbours) ?? []));
      await yieldToOtherWork();
    }
    return ended;
  }

  /**
   * The latest first; all of them without a `limit`.
   * @param held our offers in doubt: clients of the original may have taken them. No record says so. They come first
   * @throws GrapevineError ERR_USAGE for an invalid cursor
   */
  async deals({ after, limit = Infinity, ...filter }: DealsPageQuery, held: readonly OfferKey[]): Promise<DealsPage> {
    const first = after === undefined ? await Promise.all(held.map((key) => this.#journal.readOffer(key))) : [];
    const deals = first.flatMap((records) => dealOf(records) ?? []).filter((deal) => matches(deal, filter));
    const heldCount = deals.length;
    const total = async (): Promise<number> => heldCount + ((await this.#journal.countDeals?.(filter)) ?? 0);
    let next = after;
    if (limit === 0) return { deals: [], total: after === undefined ? await total() : null, next: after ?? null };
    do {
      const chunk = Math.min(DESK_LIMITS.journalPageMax, Math.max(1, limit - deals.length));
      const page = (await this.#journal.readDeals?.({ ...filter, after: next, limit: chunk })) ?? NO_PAGE;
      const found = page.offers.flatMap(({ records }) => dealOf(records) ?? []);
      // Filtered again: the state may have changed since the journal chose these offers.
      deals.push(...found.filter((deal) => matches(deal, filter)));
      next = page.next ?? undefined;
      await yieldToOtherWork();
    } while (next !== undefined && deals.length < limit);
    return {
      deals: deals.sort((a, b) => b.at - a.at),
      total: after !== undefined ? null : next === undefined ? deals.length : await total(),
      next: next ?? null,
    };
  }

  /** @throws GrapevineError as `find`; ERR_RECEIPT when there is no deal, or a signature is missing */
  async receipt(offerId: string, maker?: string): Promise<Receipt> {
    const { offer, records } = await this.#stored(offerId, maker);
    return receiptOf(offer, records, this.#identity);
  }

  async #stored(offerId: string, maker?: string): Promise<StoredOffer> {
    if (maker !== undefined) return this.#read(offerKey(maker as PeerId, offerId as OfferId));
    const offer = offerKey(this.#identity.id, offerId as OfferId);
    const records = await this.#journal.readOffer(offer);
    if (records.length > 0) return { offer, records };
    const found = ((await this.#journal.findOffers?.(offerId, 2)) ?? []).filter(({ offer }) =>
      offer.endsWith(`/${offerId}`),
    );
    const [first, second] = found;
    if (first === undefined) throw unknown(offerId);
    if (second !== undefined) throw ambiguous(offerId);
    return first;
  }

  async #read(offer: OfferKey): Promise<StoredOffer> {
    const records = await this.#journal.readOffer(offer);
    if (records.length === 0) throw unknown(offer);
    return { offer, records };
  }
}

function matches(deal: DealSnapshot, { sinceMs = 0, untilMs = Infinity, inDoubt, result }: DealsQuery): boolean {
  const { at, state } = deal;
  if (at < sinceMs || at >= untilMs) return false;
  if (result !== undefined && deal.result !== result) return false;
  return inDoubt === undefined || (state === 'in-doubt') === inDoubt;
}

/** Lets pending messages and timers run. */
function yieldToOtherWork(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export function snapshotOf(records: readonly JournalRecord[], neighbours: MakerActivities): OfferSnapshot | null {
  if (records[0]?.role === 'maker') {
    const state = foldMaker(records);
    return state && snapshotOfOwn(state);
  }
  const state = foldTaker(records);
  return state && snapshotOfOther(state, neighbours);
}

export function ambiguous(offerId: string): GrapevineError {
  return new GrapevineError('ERR_USAGE', `several makers have an offer ${offerId}: name the maker`);
}

function tooMany(idPrefix: string): GrapevineError {
  const text = `more than ${DESK_LIMITS.offersFoundMax} offers begin with ${idPrefix}: give more digits of the id`;
  return new GrapevineError('ERR_USAGE', text);
}

function unknown(offer: string): GrapevineError {
  return new GrapevineError('ERR_OFFER_UNKNOWN', `the journal has no offer ${offer}`);
}
