/** Adapts a desk to the control server, in the contract's terms. */
import type { AcceptOptions, Desk } from '../../desk/desk.ts';
import type { DeskNotice } from '../../desk/desk-events.ts';
import { journalError } from '../../desk/offer-actor.ts';
import type { OfferSnapshot } from '../../desk/offer-snapshot.ts';
import type { Journal } from '../../ports/journal.ts';
import { GrapevineError, hasCode } from '../../protocol/errors.ts';
import type { DealsPageQuery, PastOffer } from '../../desk/past-offers.ts';
import { offerKey, type OfferKey, type PeerId } from '../../protocol/ids.ts';
import type { DetailsValue } from '../../wire/details.ts';
import type { BodyOf, DeskView, Offer, PeerView, Readiness, Receipt, ResponseOf, Story } from '../contract.ts';
import { hasEnded } from '../contract/ended-phases.ts';
import type { DeskLoads } from '../metrics.ts';
import { dealViews, offerOf, peerView } from './contract-views.ts';
import { storyOf } from './story-of.ts';

/** Constant while the desk runs. */
type DeskFacts = Omit<DeskView, 'id' | 'port' | 'cursor' | 'counts'>;

interface DeskAdapterInit {
  readonly desk: Desk;
  readonly journal: Pick<Journal, 'sync'>;
  readonly facts: DeskFacts;
  /** The configured port, until the real one is known. */
  readonly port: number;
  /** @throws GrapevineError ERR_INVALID_OFFER for an offer that the operator's settings do not allow */
  readonly assertDraft: (draft: BodyOf<'announce'>) => void;
}

/** What the control server needs of a desk; tests use a fake. Methods reject with `GrapevineError`s. */
export type ControlledDesk = Pick<DeskAdapter, keyof DeskAdapter>;

export class DeskAdapter {
  readonly #init: DeskAdapterInit;
  #port: number;
  /** Null if it is ready. */
  #notReady: string | null = 'it can not be found yet: it waits for a grape that shows it to others';

  constructor(init: DeskAdapterInit) {
    this.#init = init;
    this.#port = init.port;
    init.desk.on('desk.ready', ({ port }) => {
      this.#port = port;
      this.#notReady = null;
    });
    init.desk.on('desk.failed', ({ text }) => {
      this.#notReady = text;
    });
  }

  get id(): string {
    return this.#init.desk.id;
  }

  describe(): Omit<DeskView, 'cursor'> {
    const { openOwn, openOthers, inDoubt, peers } = this.loads();
    return { id: this.id, port: this.#port, ...this.#init.facts, counts: { openOwn, openOthers, inDoubt, peers } };
  }

  /** Checks the journal now: a desk may not have noticed yet that its files are gone. */
  async readiness(): Promise<Readiness> {
    const reason = this.#notReady ?? (await journalProblem(this.#init.journal))?.message ?? null;
    return { ready: reason === null, reasons: reason === null ? [] : [reason] };
  }

  /** Calls the listener with each notice. @returns a function that ends this */
  listen(listener: (notice: DeskNotice) => void): () => void {
    const { desk } = this.#init;
    desk.on('notice', listener);
    return () => desk.off('notice', listener);
  }

  /** All active offers, and the latest ended ones. */
  offers(): readonly Offer[] {
    return this.#init.desk.offers().map(offerOf);
  }

  /**
   * Offers whose id has this prefix: first those in memory, with data that is not in the journal (queues, offers that were only
   * seen), then those that are only in the journal.
   */
  async offersStartingWith(prefix: string): Promise<readonly Offer[]> {
    const { desk } = this.#init;
    const present = desk.offers(prefix);
    const known = new Set(present.map(keyOf));
    const others = (await desk.offersStartingWith(prefix)).filter((offer) => !known.has(keyOf(offer)));
    return [...present, ...others].map(offerOf);
  }

  async announce(draft: BodyOf<'announce'>): Promise<Offer> {
    this.#init.assertDraft(draft);
    const { details, ...rest } = draft;
    const { offerId } = await this.#init.desk.announce({ ...rest, details: detailsOf(details) });
    return this.#offer(offerId, this.id);
  }

  async accept(offerId: string, how: AcceptOptions): Promise<void> {
    await this.#init.desk.accept(offerId, how);
  }

  async withdraw(offerId: string, maker: string): Promise<void> {
    await this.#init.desk.withdraw(offerId, maker);
  }

  async cancel(offerId: string): Promise<void> {
    await this.#init.desk.cancel(offerId);
  }

  async award(offerId: string, taker: string): Promise<void> {
    await this.#init.desk.award(offerId, taker);
  }

  /** @returns the new offer */
  async renew(offerId: string, how: { readonly validForMs?: number | undefined }): Promise<Offer> {
    const { offerId: again } = await this.#init.desk.renew(offerId, how);
    return this.#offer(again, this.id);
  }

  async report(
    offerId: string,
    { result, details, maker }: BodyOf<'report'> & { readonly maker: string },
  ): Promise<void> {
    await this.#init.desk.report(offerId, result, detailsOf(details), maker);
  }

  async resolve(offerId: string, as: BodyOf<'resolve'>['as'], maker: string): Promise<void> {
    await this.#init.desk.resolve(offerId, as, maker);
  }

  async story(offerId: string, maker: string): Promise<Story> {
    const snapshot = await this.#snapshot(offerId, maker);
    return storyOf(snapshot, await this.#records(offerId, maker), this.id as PeerId);
  }

  async receipt(offerId: string, maker: string): Promise<Receipt> {
    return { ...(await this.#init.desk.receipt(offerId, maker)) };
  }

  /** All ended offers of the journal, the latest first. */
  async endedOffers(): Promise<readonly Offer[]> {
    return (await this.#init.desk.endedOffers()).map(offerOf);
  }

  /** The latest first; all of them without a `limit`. */
  async deals(which: DealsPageQuery): Promise<ResponseOf<'deals'>> {
    const { deals, ...page } = await this.#init.desk.dealsPage(which);
    return { deals: dealViews(deals, this.id), ...page };
  }

  peers(): PeerView[] {
    return this.#init.desk.peers().map(peerView);
  }

  loads(): DeskLoads {
    const offers = this.#init.desk.offers();
    const own = offers.filter((offer) => offer.role === 'maker');
    const open = offers.filter((offer) => !hasEnded(offer));
    return {
      openOwn: open.filter(({ role }) => role === 'maker').length,
      openOthers: open.filter(({ role }) => role === 'taker').length,
      inDoubt: offers.filter(({ inDoubt }) => inDoubt).length,
      peers: this.#init.desk.peers().length,
      queues: { acceptances: own.reduce((sum, { acceptancesWaiting }) => sum + acceptancesWaiting, 0) },
    };
  }

  async #offer(offerId: string, maker: string): Promise<Offer> {
    return offerOf(await this.#snapshot(offerId, maker));
  }

  async #snapshot(offerId: string, maker: string): Promise<OfferSnapshot> {
    const present = this.#init.desk.offer(offerId, maker);
    if (present !== undefined) return present;
    const found = await this.#init.desk.offersStartingWith(offerId);
    const offer = found.find(({ terms }) => terms.offerId === offerId && terms.maker === maker);
    if (offer !== undefined) return offer;
    throw new GrapevineError('ERR_OFFER_UNKNOWN', `no offer ${offerId} is known here`);
  }

  /** Empty for an offer that was only seen. */
  async #records(offerId: string, maker: string): Promise<PastOffer['records']> {
    try {
      return (await this.#init.desk.history(offerId, maker)).records;
    } catch (error) {
      if (hasCode(error, 'ERR_OFFER_UNKNOWN')) return [];
      throw error;
    }
  }
}

/** Parsed JSON; null means none. */
function detailsOf(details: unknown): DetailsValue | undefined {
  return details == null ? undefined : (details as DetailsValue);
}

/** Null if all appended entries are on the disk, in the file where they belong. */
export async function journalProblem(journal: Pick<Journal, 'sync'>): Promise<GrapevineError | null> {
  try {
    await journal.sync();
    return null;
  } catch (error) {
    return journalError(error);
  }
}

function keyOf({ terms }: OfferSnapshot): OfferKey {
  return offerKey(terms.maker, terms.offerId);
}
