/**
 * The API of a desk for programs: commands, queries and events. Start and stop are in `desk-lifecycle.ts`; `desk-parts.ts`
 * creates its parts and connects them.
 */
import { EventEmitter } from 'node:events';
import type { Receipt } from '../identity/receipt.ts';
import { GrapevineError, type ErrorCode } from '../protocol/errors.ts';
import type { OfferId, PeerId } from '../protocol/ids.ts';
import type { DealResult, OfferTerms } from '../protocol/messages.ts';
import { detailsFromValue, type DetailsValue } from '../wire/details.ts';
import type { AccessLists } from './access-list.ts';
import type { DealSnapshot } from './deal-snapshot.ts';
import type { DeskComponents } from './desk-components.ts';
import type { DeskEvents, DeskNotice } from './desk-events.ts';
import { DeskLifecycle } from './desk-lifecycle.ts';
import type { DeskParts } from './desk-parts.ts';
import type { Interest } from './interest-runner.ts';
import type { PeerSnapshot } from './neighbours.ts';
import { NoticeStream, type WaitOptions } from './notice-stream.ts';
import { offerAndWait, type DealReported } from './offer-and-wait.ts';
import type { MakerActor, TakerActor } from './offer-book.ts';
import { decimalOf, type OfferDraft } from './offer-draft.ts';
import { OfferLookup } from './offer-lookup.ts';
import { snapshotOfOther, type OfferSnapshot, type TakenOffer } from './offer-snapshot.ts';
import type { DealsPage, DealsPageQuery, DealsQuery, PastOffer } from './past-offers.ts';

export interface AcceptOptions {
  /** The id of the maker; needed only if several makers use this offer id. */
  readonly maker?: string | undefined;
  /** Our bid; by default the maker's price. A number has the value that JavaScript prints; a text is exact. */
  readonly unitPrice?: string | number | undefined;
}

export class Desk extends EventEmitter<DeskEvents> {
  readonly #lifecycle: DeskLifecycle;
  readonly #parts: DeskParts;
  readonly #lookup: OfferLookup;

  constructor(components: DeskComponents) {
    super();
    this.#lifecycle = new DeskLifecycle(components, this);
    this.#parts = this.#lifecycle.parts;
    this.#lookup = new OfferLookup(this.#parts);
  }

  get id(): PeerId {
    return this.#parts.components.identity.id;
  }

  /**
   * Reads the journal, continues the deals in progress, and resolves when other desks can find this one. Waits for
   * grapes that are not up yet. `stop` and the signal end the wait and stop the desk. A desk can be started only once.
   * @throws GrapevineError ERR_PORT_IN_USE, ERR_LISTEN, ERR_JOURNAL, ERR_DESK_STOPPED; ERR_WRONG_STATE on a second call
   */
  start({ signal }: WaitOptions = {}): Promise<{ readonly port: number }> {
    return this.#lifecycle.start(signal);
  }

  /**
   * An async iterator over all notices from now on: `for await (const notice of desk.notices())`. The loop
   * ends when the desk stops.
   * @throws (in the loop) the signal's reason; GrapevineError ERR_OVERLOADED when the loop is too slow
   */
  notices(options: WaitOptions = {}): NoticeStream {
    return new NoticeStream(this.#parts.publisher.subscribe, options);
  }

  /**
   * Waits for the next notice for which `is` returns true.
   * @throws as {@link notices}; ERR_DESK_STOPPED
   */
  async until<N extends DeskNotice>(is: (notice: DeskNotice) => notice is N, options?: WaitOptions): Promise<N>;
  async until(is: (notice: DeskNotice) => boolean, options?: WaitOptions): Promise<DeskNotice>;
  async until(is: (notice: DeskNotice) => boolean, options: WaitOptions = {}): Promise<DeskNotice> {
    for await (const notice of this.notices(options)) if (is(notice)) return notice;
    throw new GrapevineError('ERR_DESK_STOPPED', 'the desk has stopped, so there are no more notices');
  }

  /**
   * Stores a new offer on the disk, announces it to all peers in the background (see `offer.announced`), and returns
   * its terms.
   *
   * If an offer with this reference exists, it is returned instead, even if it ended long ago; if it was renewed, the
   * latest renewal. So a program can safely repeat the call.
   * @throws GrapevineError ERR_INVALID_OFFER, ERR_DETAILS, ERR_REFERENCE; ERR_REFERENCE_USED when the existing offer
   * has other terms; ERR_OVERLOADED, ERR_JOURNAL, ERR_DESK_STOPPED
   */
  async announce(draft: OfferDraft): Promise<OfferTerms> {
    this.#lifecycle.assertRunning();
    return this.#parts.ownOffers.announce(draft);
  }

  /**
   * Accepts another desk's offer. The outcome arrives as events. Repeating the call has no effect: the price of the
   * first call stays.
   * @returns the offer in its present state
   * @throws GrapevineError ERR_OFFER_UNKNOWN; ERR_USAGE when several makers use this id and `maker` is missing; the
   * reason when it is too late
   */
  async accept(offerId: string, options: AcceptOptions = {}): Promise<TakenOffer> {
    const { maker, unitPrice } = options;
    const bid = unitPrice === undefined ? {} : { unitPrice: decimalOf(unitPrice) };
    const actor = await this.#other(offerId, maker);
    this.#lifecycle.assertDone(await actor.submit({ kind: 'accept', ...bid }));
    if (actor.state === null) throw new GrapevineError('ERR_OFFER_UNKNOWN', `no offer ${offerId} is known here`);
    return snapshotOfOther(actor.state, this.#parts.neighbours);
  }

  /**
   * Withdraws our acceptance.
   * @param maker needed only if several makers use this offer id
   * @throws GrapevineError as `accept`; ERR_OFFER_IN_DOUBT after we have confirmed
   */
  async withdraw(offerId: string, maker?: string): Promise<void> {
    this.#lifecycle.assertDone(await (await this.#other(offerId, maker)).submit({ kind: 'withdraw' }));
  }

  /**
   * Cancels one of our offers.
   * @throws GrapevineError ERR_OFFER_UNKNOWN; ERR_OFFER_TAKEN, ERR_OFFER_EXPIRED or ERR_OFFER_IN_DOUBT when it is too
   * late
   */
  async cancel(offerId: string): Promise<void> {
    this.#lifecycle.assertDone(await (await this.#own(offerId)).submit({ kind: 'cancel' }));
  }

  /**
   * Chooses a taker for one of our offers with the award policy `manual`. The taker is then asked to confirm.
   * @throws GrapevineError ERR_OFFER_UNKNOWN; ERR_WRONG_STATE; the reason when it is too late
   */
  async award(offerId: string, taker: string): Promise<void> {
    this.#lifecycle.assertDone(await (await this.#own(offerId)).submit({ kind: 'choose', taker: taker as PeerId }));
  }

  /**
   * Makes the same offer again, with a new id and a new validity. For an offer that expired, was cancelled, is still
   * open, or whose deal failed or is overdue. An open offer is cancelled first; if that is too late, no new offer is
   * made. Repeating the call returns the new offer.
   * @param options `validForMs`: by default as long as before
   * @throws GrapevineError ERR_OFFER_UNKNOWN; ERR_INVALID_OFFER (the old offer is unchanged); ERR_OFFER_TAKEN or
   * ERR_OFFER_IN_DOUBT when it is too late
   */
  async renew(offerId: string, options: { readonly validForMs?: number | undefined } = {}): Promise<OfferTerms> {
    this.#lifecycle.assertRunning();
    return this.#parts.ownOffers.renew(offerId as OfferId, options.validForMs);
  }

  /**
   * Announces an offer and waits for the winner's report. If the offer is renewed after a failure, it waits for the
   * report on the last attempt. With a reference, it can be called again after a crash: it continues to wait, or
   * returns the report that has arrived.
   * @throws the signal's reason; GrapevineError as `announce`; ERR_OFFER_EXPIRED when nobody took it,
   * ERR_OFFER_CANCELLED, ERR_TIMEOUT when the report is overdue and the offer is not renewed, ERR_DESK_STOPPED
   */
  offerAndWait(draft: OfferDraft, options: WaitOptions = {}): Promise<DealReported> {
    return offerAndWait(this, draft, options);
  }

  /**
   * Reports the result of a deal; the maker and the taker can both do so. A report is final. It is sent until the other
   * side acknowledges it. The reports of both sides are events: `deal.done`, `deal.failed`.
   * @param details for example a result, a transaction id or a reason: a text or another JSON value, up to 4 KB
   * @param maker needed only if several makers use this offer id
   * @throws GrapevineError ERR_DETAILS; ERR_OFFER_UNKNOWN; ERR_NO_DEAL when there is no deal (yet); ERR_REPORTED when
   * we have sent a different report
   */
  async report(offerId: string, result: DealResult, details?: DetailsValue, maker?: string): Promise<void> {
    const report = {
      kind: 'report',
      result,
      ...(details !== undefined && { details: detailsFromValue(details) }),
    } as const;
    this.#lifecycle.assertRunning();
    const actor = await this.#lookup.either(offerId, maker);
    this.#lifecycle.assertDone(await actor.submit(report));
  }

  /**
   * Reads all records of one offer from the journal, in order.
   * @param maker needed only if several makers use this offer id
   * @throws GrapevineError ERR_OFFER_UNKNOWN when there are none; ERR_USAGE when several makers use this id
   */
  history(offerId: string, maker?: string): Promise<PastOffer> {
    return this.#parts.past.find(offerId, maker);
  }

  /**
   * The offers in the journal whose id has this prefix, including those that ended long ago.
   * @throws GrapevineError ERR_USAGE when there are more than 100, unless one of them has exactly this id
   */
  offersStartingWith(idPrefix: string): Promise<readonly OfferSnapshot[]> {
    return this.#parts.past.startingWith(idPrefix);
  }

  /** All deals, and offers in doubt that may be deals, the latest first. */
  async deals(query: DealsQuery = {}): Promise<readonly DealSnapshot[]> {
    return (await this.dealsPage(query)).deals;
  }

  /** One page of {@link deals}. @throws GrapevineError ERR_USAGE for an invalid cursor */
  dealsPage(query: DealsPageQuery): Promise<DealsPage> {
    const held = [...this.#parts.book.own.running()].filter(({ state }) => state?.reservation?.inDoubt === true);
    return this.#parts.past.deals(
      query,
      held.map(({ offer }) => offer),
    );
  }

  /** All offers in the journal that have ended, the latest first. */
  endedOffers(): Promise<readonly OfferSnapshot[]> {
    return this.#parts.past.ended();
  }

  /**
   * Returns a receipt, which proves a deal to anybody; see `verifyProof`.
   * @param maker needed only if several makers use this offer id
   * @throws GrapevineError ERR_OFFER_UNKNOWN; ERR_RECEIPT when there is no deal, or a signature of one side is missing
   */
  receipt(offerId: string, maker?: string): Promise<Receipt> {
    return this.#parts.past.receipt(offerId, maker);
  }

  /** Sets the function that decides which offers are accepted automatically. It is called for every open offer. */
  setInterest(interest: Interest | undefined): void {
    this.#parts.interest.set(interest);
    void this.#parts.interest.reconsider();
  }

  /**
   * Calls the function of `setInterest` again for every open offer that we have not accepted. For a program whose
   * answers have changed, for example because a busy worker is free again. All calls during a pass together cause one
   * more pass.
   * @returns when the function has been called for all offers; promises that it returned may still be pending
   */
  reconsider(): Promise<void> {
    return this.#parts.interest.reconsider();
  }

  /** Sets which desks we do new business with. Deals in progress continue. */
  setAccess(lists: AccessLists): void {
    this.#parts.access.set(lists);
    this.#parts.neighbours.onAccessChange();
    void this.#parts.interest.reconsider();
  }

  /** How many requests were refused since the start, by code. */
  get refusals(): ReadonlyMap<ErrorCode, number> {
    return this.#parts.refusals.counts;
  }

  /**
   * Decides an offer in doubt by hand, and records that in the journal: one of our offers as `awarded` or `released`,
   * another desk's offer as `won` or `lost`.
   * @param maker needed only if several makers use this offer id
   * @throws GrapevineError ERR_OFFER_UNKNOWN; ERR_WRONG_STATE when the offer is not in doubt
   */
  async resolve(offerId: string, as: 'awarded' | 'released' | 'won' | 'lost', maker?: string): Promise<void> {
    const answer =
      as === 'awarded' || as === 'released'
        ? (await this.#own(offerId)).submit({ kind: 'resolve', as })
        : (await this.#other(offerId, maker)).submit({ kind: 'resolve', as });
    this.#lifecycle.assertDone(await answer);
  }

  /** The offers in memory whose id has this prefix: all active ones, and the latest ones that have ended. */
  offers(idPrefix = ''): readonly OfferSnapshot[] {
    return this.#lookup.snapshots(idPrefix);
  }

  /**
   * One offer in memory, ours or another desk's; undefined if there is none. The cost does not grow with the number of
   * offers.
   * @param maker needed only if several makers use this offer id
   * @throws GrapevineError ERR_USAGE when several makers use this id
   */
  offer(offerId: string, maker?: string): OfferSnapshot | undefined {
    return this.#lookup.snapshot(offerId, maker);
  }

  /** The number of active offers. */
  get openOffers(): { readonly own: number; readonly others: number } {
    return { own: this.#parts.book.own.runningCount, others: this.#parts.book.others.runningCount };
  }

  /** The known desks, ordered by their latest message, the newest last. */
  peers(): readonly PeerSnapshot[] {
    return this.#parts.neighbours.snapshots();
  }

  /** Answers the requests in progress, flushes the journal, and closes timers and sockets. Can be called twice. */
  stop(): Promise<void> {
    return this.#lifecycle.stop();
  }

  async #own(offerId: string): Promise<MakerActor> {
    this.#lifecycle.assertRunning();
    return this.#lookup.own(offerId);
  }

  async #other(offerId: string, maker?: string): Promise<TakerActor> {
    this.#lifecycle.assertRunning();
    return this.#lookup.other(offerId, maker);
  }
}
