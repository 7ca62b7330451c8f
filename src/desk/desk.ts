/**
 * A desk as its program sees it: what it can be asked to do, and what it tells. It starts and stops in `desk-life.ts`; its parts
 * are connected in `desk-parts.ts`.
 */
import { EventEmitter } from 'node:events';
import type { Receipt } from '../identity/receipt.ts';
import { GrapevineError, type ErrorCode } from '../protocol/errors.ts';
import type { OfferId, PeerId } from '../protocol/ids.ts';
import type { DealResult, OfferTerms } from '../protocol/messages.ts';
import { detailsOf, type DetailsValue } from '../wire/details.ts';
import type { AccessLists } from './access-list.ts';
import type { DealSnapshot } from './deal-snapshot.ts';
import type { DeskComponents } from './desk-components.ts';
import type { DeskEvents, DeskNotice } from './desk-events.ts';
import { DeskLife } from './desk-life.ts';
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
  /** Needed only when two makers use the same id. */
  readonly maker?: string | undefined;
  /** A bid; the maker's price by default. A number is taken as JavaScript prints it. */
  readonly unitPrice?: string | number | undefined;
}

export class Desk extends EventEmitter<DeskEvents> {
  readonly #life: DeskLife;
  readonly #parts: DeskParts;
  readonly #lookup: OfferLookup;

  constructor(components: DeskComponents) {
    super();
    this.#life = new DeskLife(components, this);
    this.#parts = this.#life.parts;
    this.#lookup = new OfferLookup(this.#parts);
  }

  get id(): PeerId {
    return this.#parts.components.identity.id;
  }

  /**
   * Reads the journal, can be found when it resolves, and goes on with whatever was under way. Waits for grapes that are
   * not there yet; `stop` and the signal end the waiting, and the desk with it.
   * @throws GrapevineError ERR_PORT_IN_USE, ERR_LISTEN, ERR_JOURNAL, ERR_DESK_STOPPED, ERR_WRONG_STATE when started before
   */
  start({ signal }: WaitOptions = {}): Promise<{ readonly port: number }> {
    return this.#life.start(signal);
  }

  /**
   * Everything that it tells from now on, one after another: `for await (const notice of desk.notices())`.
   * @throws (in the loop) the signal's reason; GrapevineError ERR_OVERLOADED when the loop falls far behind
   */
  notices(options: WaitOptions = {}): NoticeStream {
    return new NoticeStream(this.#parts.publisher.subscribe, options);
  }

  /**
   * The first notice from now on that satisfies.
   * @throws as the loop over {@link notices}
   */
  async until<N extends DeskNotice>(is: (notice: DeskNotice) => notice is N, options?: WaitOptions): Promise<N>;
  async until(is: (notice: DeskNotice) => boolean, options?: WaitOptions): Promise<DeskNotice>;
  async until(is: (notice: DeskNotice) => boolean, options: WaitOptions = {}): Promise<DeskNotice> {
    for await (const notice of this.notices(options)) if (is(notice)) return notice;
    throw new GrapevineError('ERR_DESK_STOPPED', 'nothing more is told');
  }

  /**
   * Makes an offer durable, tells everybody, and gives its terms. Telling goes on in the background: see `offer.announced`.
   *
   * Under a reference that this desk's journal knows, the offer of that reference is given back as it is, also when it has ended
   * long ago: the latest one, where it was renewed. So a program that has not heard an answer asks again.
   * @throws GrapevineError ERR_INVALID_OFFER, ERR_DETAILS, ERR_REFERENCE; ERR_REFERENCE_USED when that offer has other terms;
   * ERR_OVERLOADED, ERR_JOURNAL, ERR_DESK_STOPPED
   */
  async announce(draft: OfferDraft): Promise<OfferTerms> {
    this.#life.assertRunning();
    return this.#parts.ownOffers.announce(draft);
  }

  /**
   * Wants an offer of somebody else. What becomes of it is told by events. The same again changes nothing.
   * @returns the offer as it stands, with the price at which it was accepted: that of the first time
   * @throws GrapevineError ERR_OFFER_UNKNOWN, ERR_USAGE when ambiguous, or why it is too late
   */
  async accept(offerId: string, options: AcceptOptions = {}): Promise<TakenOffer> {
    const { maker, unitPrice } = options;
    const bid = unitPrice === undefined ? {} : { unitPrice: decimalOf(unitPrice) };
    const actor = await this.#other(offerId, maker);
    this.#life.assertDone(await actor.tell({ kind: 'accept', ...bid }));
    if (actor.state === null) throw new GrapevineError('ERR_OFFER_UNKNOWN', `no offer ${offerId} is known here`);
    return snapshotOfOther(actor.state, this.#parts.neighbours);
  }

  /**
   * Does not want it any more. Too late once it was confirmed: ERR_OFFER_IN_DOUBT.
   * @param maker needed only when two makers use the same id
   * @throws GrapevineError as `accept`
   */
  async withdraw(offerId: string, maker?: string): Promise<void> {
    this.#life.assertDone(await (await this.#other(offerId, maker)).tell({ kind: 'withdraw' }));
  }

  /**
   * Takes an own offer back.
   * @throws GrapevineError ERR_OFFER_UNKNOWN; ERR_OFFER_TAKEN, ERR_OFFER_EXPIRED, ERR_OFFER_IN_DOUBT when it is too late
   */
  async cancel(offerId: string): Promise<void> {
    this.#life.assertDone(await (await this.#own(offerId)).tell({ kind: 'cancel' }));
  }

  /**
   * Awards an own offer whose policy is `manual` to one of those who have accepted it: it is asked to confirm.
   * @throws GrapevineError ERR_OFFER_UNKNOWN; ERR_WRONG_STATE; why it is too late
   */
  async award(offerId: string, taker: string): Promise<void> {
    this.#life.assertDone(await (await this.#own(offerId)).tell({ kind: 'award', taker: taker as PeerId }));
  }

  /**
   * Offers once more what was offered before, under a new id and with a fresh validity: an offer that nobody has, or whose
   * deal has failed or is overdue. One that is still open is cancelled first; if that comes too late, nothing is offered.
   * An offer is renewed once: the same again gives the offer that was made then.
   * @param options `validForMs`: as long as before by default
   * @throws GrapevineError ERR_OFFER_UNKNOWN; ERR_INVALID_OFFER, and the old offer is as it was; ERR_OFFER_TAKEN,
   * ERR_OFFER_IN_DOUBT when it is too late
   */
  async renew(offerId: string, options: { readonly validForMs?: number | undefined } = {}): Promise<OfferTerms> {
    this.#life.assertRunning();
    return this.#parts.ownOffers.renew(offerId as OfferId, options.validForMs);
  }

  /**
   * Offers something and waits until its winner has reported, through all attempts where it is offered anew when it fails.
   * Under a reference it can be asked again after a crash, and goes on waiting, or gives what was reported meanwhile.
   * @throws the signal's reason; GrapevineError as `announce`; ERR_OFFER_EXPIRED when nobody took it, ERR_OFFER_CANCELLED,
   * ERR_TIMEOUT when it is overdue and is not offered anew, ERR_DESK_STOPPED
   */
  offerAndWait(draft: OfferDraft, options: WaitOptions = {}): Promise<DealReported> {
    return offerAndWait(this, draft, options);
  }

  /**
   * Says how a deal went, once and finally; from either side. The other side is told until it has acknowledged it. Both sides'
   * reports are events: `deal.done`, `deal.failed`.
   * @param details a result, an id of a transaction, a reason: a text or another JSON value, 4 KB at most
   * @param maker needed only when two makers use the same id
   * @throws GrapevineError ERR_DETAILS; ERR_OFFER_UNKNOWN; ERR_NO_DEAL when it is no deal (yet); ERR_REPORTED when something
   * else was reported before
   */
  async report(offerId: string, result: DealResult, details?: DetailsValue, maker?: string): Promise<void> {
    const said = details === undefined ? {} : { details: detailsOf(details) };
    this.#life.assertRunning();
    const actor = await this.#lookup.either(offerId, maker);
    this.#life.assertDone(await actor.tell({ kind: 'report', result, ...said }));
  }

  /**
   * What the journal tells of one offer: everything that was written about it, in order.
   * @param maker needed only when two makers use the same id
   * @throws GrapevineError ERR_OFFER_UNKNOWN when nothing was; ERR_USAGE when ambiguous
   */
  history(offerId: string, maker?: string): Promise<PastOffer> {
    return this.#parts.past.find(offerId, maker);
  }

  /** Offers in the journal whose ids begin so, also those that have ended long ago. */
  offersStartingWith(idPrefix: string): Promise<readonly OfferSnapshot[]> {
    return this.#parts.past.startingWith(idPrefix);
  }

  /** Deals, and what may be deals; all of them, the latest first. */
  async deals(query: DealsQuery = {}): Promise<readonly DealSnapshot[]> {
    return (await this.dealsPage(query)).deals;
  }

  /** The same, a page at a time. @throws GrapevineError ERR_USAGE for a cursor that is none */
  dealsPage(query: DealsPageQuery): Promise<DealsPage> {
    const held = [...this.#parts.book.own.running()].filter(({ state }) => state?.reservation?.inDoubt === true);
    return this.#parts.past.deals(
      query,
      held.map(({ offer }) => offer),
    );
  }

  /** Offers that have ended, as the journal has them: all, the latest first. */
  endedOffers(): Promise<readonly OfferSnapshot[]> {
    return this.#parts.past.ended();
  }

  /**
   * The proof of a deal, for anybody: see `verifyProof`.
   * @throws GrapevineError ERR_OFFER_UNKNOWN; ERR_RECEIPT when there is no deal, or not both have signed it
   */
  receipt(offerId: string, maker?: string): Promise<Receipt> {
    return this.#parts.past.receipt(offerId, maker);
  }

  /** From now on this decides which offers are taken by themselves; it is asked about all that are open. */
  setInterest(interest: Interest | undefined): void {
    this.#parts.interest.set(interest);
    void this.#parts.interest.reconsider();
  }

  /**
   * Asks `interest` again about every open offer that we have not accepted: for a program whose answers have changed, as when
   * a busy worker is free again. Calls while it is being asked together cause one more pass.
   * @returns when it has been asked about all of them; what it promises later still counts
   */
  reconsider(): Promise<void> {
    return this.#parts.interest.reconsider();
  }

  /** From now on new business is done with these alone; what is under way goes on. */
  setAccess(lists: AccessLists): void {
    this.#parts.access.set(lists);
    this.#parts.neighbours.admittedAnew();
    void this.#parts.interest.reconsider();
  }

  /** What was refused since the start, by code. */
  get refusals(): ReadonlyMap<ErrorCode, number> {
    return this.#parts.refusals.counts;
  }

  /**
   * Closes a doubt by hand, recorded as such: of an own offer as `awarded` or `released`, of an offer of somebody else as
   * `won` or `lost`.
   * @throws GrapevineError ERR_OFFER_UNKNOWN; ERR_WRONG_STATE when nothing is in doubt
   */
  async resolve(offerId: string, as: 'awarded' | 'released' | 'won' | 'lost', maker?: string): Promise<void> {
    const own = as === 'awarded' || as === 'released';
    const answer = own
      ? await (await this.#own(offerId)).tell({ kind: 'resolve', as })
      : await (await this.#other(offerId, maker)).tell({ kind: 'resolve', as });
    this.#life.assertDone(answer);
  }

  /** The offers that are in memory: all that are running, and the latest that have ended. */
  offers(): readonly OfferSnapshot[] {
    return this.#lookup.snapshots();
  }

  /**
   * One offer that is in memory, of ours or of somebody else; undefined when there is none. Costs the same however many
   * offers there are.
   * @throws GrapevineError ERR_USAGE when several makers have one with this id
   */
  offer(offerId: string, maker?: string): OfferSnapshot | undefined {
    return this.#lookup.snapshot(offerId, maker);
  }

  /** How many offers are running, without looking at each. */
  get openOffers(): { readonly own: number; readonly others: number } {
    return { own: this.#parts.book.own.runningCount, others: this.#parts.book.others.runningCount };
  }

  /** The desks that it knows, the one with the latest message last. */
  peers(): readonly PeerSnapshot[] {
    return this.#parts.neighbours.snapshots();
  }

  /** Answers what it has taken, hands the rest to the journal, leaves no timer and no socket. Can be repeated. */
  stop(): Promise<void> {
    return this.#life.stop();
  }

  async #own(offerId: string): Promise<MakerActor> {
    this.#life.assertRunning();
    return this.#lookup.own(offerId);
  }

  async #other(offerId: string, maker?: string): Promise<TakerActor> {
    this.#life.assertRunning();
    return this.#lookup.other(offerId, maker);
  }
}
