/**
 * One running desk: takes what comes in, journals, speaks, and tells its program what happens. It knows its surroundings
 * only as ports; `create-desk.ts` gives it real ones, the tests and the simulator give it others.
 */
import { EventEmitter } from 'node:events';
import type { Receipt } from '../identity/receipt.ts';
import type { Clock } from '../ports/clock.ts';
import type { Evidence } from '../ports/evidence.ts';
import type { Identity } from '../ports/identity.ts';
import type { Archive } from '../ports/archive.ts';
import type { Journal } from '../ports/journal.ts';
import type { Log } from '../ports/log.ts';
import type { Network } from '../ports/network.ts';
import type { Randomness } from '../ports/randomness.ts';
import { unlimited, type RateLimit } from '../ports/rate-limit.ts';
import { GrapevineError, type ErrorCode } from '../protocol/errors.ts';
import type { OfferId, PeerId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Answer, DealResult, OfferTerms } from '../protocol/messages.ts';
import type { DealSnapshot } from './deal-snapshot.ts';
import { AccessList, type AccessLists } from './access-list.ts';
import { Outbox } from './outbox.ts';
import type { DeskEvents, DeskNotice } from './desk-events.ts';
import { EffectRunner } from './effect-runner.ts';
import { EquivocationWatch } from './equivocation-watch.ts';
import { STEPS, type Steps } from './machines.ts';
import { InterestRunner, type Interest } from './interest-runner.ts';
import { Neighbours, type PeerSnapshot } from './neighbours.ts';
import { NoticePublisher } from './notice-publisher.ts';
import { journalError } from './offer-actor.ts';
import { OfferBook, type MakerActor, type TakerActor } from './offer-book.ts';
import { NoticeStream, type WaitOptions } from './notice-stream.ts';
import { isDeskId } from '../wire/desk-id.ts';
import { detailsOf, type DetailsValue } from '../wire/details.ts';
import { decimalOf, type OfferDraft } from './offer-draft.ts';
import { offerAndWait, type DealReported } from './offer-and-wait.ts';
import { OwnOffers } from './own-offers.ts';
import { snapshotOfOther, snapshotOfOwn, type OfferSnapshot, type TakenOffer } from './offer-snapshot.ts';
import { PastOffers, type DealsPage, type DealsPageQuery, type DealsQuery, type PastOffer } from './past-offers.ts';
import { recoverOffers, voidCopy } from './recovery.ts';
import { RequestHandler } from './request-handler.ts';
import { Counter } from './counter.ts';

export interface AcceptOptions {
  /** Needed only when two makers use the same id. */
  readonly maker?: string | undefined;
  /** A bid; the maker's price by default. A number is taken as JavaScript prints it. */
  readonly unitPrice?: string | number | undefined;
}

/** What a desk is made of. */
export interface DeskComponents {
  readonly identity: Identity;
  readonly network: Network;
  /** One that is an archive as well can tell of offers that are not in memory any more. */
  readonly journal: Journal & Partial<Archive>;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** By default nothing is accepted by itself. */
  readonly interest?: Interest | undefined;
  /** With whom it deals; with everybody by default. */
  readonly access?: AccessLists | undefined;
  /** Messages in the name of each peer; unlimited by default. */
  readonly rateLimit?: RateLimit | undefined;
  /** Pages of our list for each peer; unlimited by default. */
  readonly listLimit?: RateLimit | undefined;
  /**
   * Says that it is there, asks others for their offers, and keeps its book in step with theirs; true by default. Without
   * it, it hears of what is announced while it is up, and answers what it is asked.
   */
  readonly presence?: boolean | undefined;
  /** Where proofs against others are kept; by default only as long as the desk lives. */
  readonly evidence?: Evidence | undefined;
  /** Offers of others that are kept; `seenOffersMax` by default. */
  readonly bookCapacity?: number | undefined;
  /** Own offers that may be open at once; the limit of the same name by default. */
  readonly ownOffersMax?: number | undefined;
  /** Told of every refusal, to measure them. */
  readonly refused?: ((code: ErrorCode) => void) | undefined;
  /** The rules; the simulator replaces them by mutants. */
  readonly steps?: Steps;
}

type Life = 'new' | 'starting' | 'running' | 'stopped';

export class Desk extends EventEmitter<DeskEvents> {
  readonly #components: DeskComponents;
  readonly #book: OfferBook;
  readonly #outbox: Outbox;
  readonly #requests: RequestHandler;
  readonly #ownOffers: OwnOffers;
  readonly #neighbours: Neighbours;
  readonly #past: PastOffers;
  readonly #access: AccessList;
  readonly #refusals: Counter<ErrorCode>;
  readonly #interest: InterestRunner;
  readonly #publisher: NoticePublisher;
  #life: Life = 'new';
  /** Why nothing is said any more. */
  #failure: GrapevineError | null = null;
  #stopping: Promise<void> | null = null;

  constructor(components: DeskComponents) {
    super();
    const { identity, network, journal, clock, log } = components;
    this.#components = components;
    this.#publisher = new NoticePublisher(this, log, this.#logger('listener.failed'));
    this.#access = new AccessList(components.access);
    this.#refusals = new Counter(components.refused);
    this.#outbox = new Outbox(network, identity, (by, result) => {
      this.#neighbours.answered(by, result);
    });
    this.#book = new OfferBook({
      identity,
      services: {
        journal,
        clock,
        random: () => Number.parseInt(components.randomness.hex(6), 16) / 2 ** 48,
        spoken: (...step) => {
          effects.run(...step);
        },
        failed: this.#failed.bind(this),
      },
      steps: components.steps ?? STEPS,
      capacity: components.bookCapacity,
      isNamed: (maker) => this.#access.names(maker),
      dropped: ({ offerId, maker }) => {
        this.#publisher.publish({ event: 'offer.gone', offerId, maker, outcome: null, verified: isDeskId(maker) });
      },
    });
    const admits = (id: PeerId): boolean => this.#access.admits(id) && !this.#access.isBanned(id);
    this.#interest = new InterestRunner({
      interest: components.interest,
      book: this.#book,
      clock,
      admits,
      failed: this.#logger('interest.failed'),
    });
    const effects = new EffectRunner({
      book: this.#book,
      outbox: this.#outbox,
      identity,
      many: {
        areMany: () => this.#neighbours.areMany,
        spread: (fact, auth) => this.#neighbours.spread(fact, auth),
      },
      log,
      publish: (notice) => {
        this.#publisher.publish(notice);
        this.#ownOffers.onNotice(notice);
      },
      received: (offer) => void this.#interest.ask(offer),
    });
    this.#neighbours = new Neighbours({
      self: identity.id,
      identity,
      clock,
      outbox: this.#outbox,
      book: this.#book,
      access: this.#access,
      take: (offer) => this.#requests.takeListed(offer),
      failed: this.#logger('neighbours.failed'),
    });
    this.#ownOffers = new OwnOffers({
      self: identity.id,
      book: this.#book,
      journal,
      clock,
      randomness: components.randomness,
      openMax: components.ownOffersMax,
      assertDone: this.#assertDone.bind(this),
      failed: this.#logger('renewal.failed'),
    });
    this.#past = new PastOffers(identity, journal, this.#neighbours);
    this.#requests = new RequestHandler({
      identity,
      book: this.#book,
      access: this.#access,
      rateLimit: components.rateLimit ?? unlimited,
      listLimit: components.listLimit ?? unlimited,
      neighbours: this.#neighbours,
      watch: new EquivocationWatch(),
      now: () => clock.now(),
      refusals: this.#refusals,
      failed: this.#logger('broadcast.failed'),
      equivocated: ({ maker, offerId }, statements) => this.#equivocated(maker, offerId, statements),
      repeated: (offer) => {
        this.#interest.onRepeated(offer);
      },
    });
  }

  get id(): PeerId {
    return this.#components.identity.id;
  }

  /**
   * Reads the journal, can be found when it resolves, and goes on with whatever was under way. Waits for grapes that are
   * not there yet; `stop` and the signal end the waiting, and the desk with it.
   * @throws GrapevineError ERR_PORT_IN_USE, ERR_LISTEN, ERR_JOURNAL, ERR_DESK_STOPPED, ERR_WRONG_STATE when started before
   */
  async start({ signal }: WaitOptions = {}): Promise<{ readonly port: number }> {
    signal?.throwIfAborted();
    const abort = (): void => void this.stop();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await this.#start();
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /**
   * Everything that it tells from now on, one after another: `for await (const notice of desk.notices())`.
   * @throws (in the loop) the signal's reason; GrapevineError ERR_OVERLOADED when the loop falls far behind
   */
  notices(options: WaitOptions = {}): NoticeStream {
    return new NoticeStream(this.#publisher.subscribe, options);
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

  async #start(): Promise<{ readonly port: number }> {
    if (this.#life !== 'new') throw new GrapevineError('ERR_WRONG_STATE', 'a desk is started once');
    this.#life = 'starting';
    // Entries that nobody waits for make a failure known here alone.
    void this.#components.journal.failed.then((error) => {
      this.#failed(error);
    });
    try {
      return await this.#goUp();
    } catch (error) {
      // Whoever tries again finds port and data folder free.
      await this.stop();
      throw this.#failure ?? error;
    }
  }

  async #goUp(): Promise<{ readonly port: number }> {
    await this.#readEvidence();
    const { journal, log } = this.#components;
    const recovered = await recoverOffers(journal, this.#book);
    if (journal.restored)
      log.write('warn', 'journal.restored', { voided: await voidCopy(journal, this.#book, recovered) });
    const { port } = await this.#components.network.start((request) => {
      // Until the journal's offers are under way again, an answer could contradict them. This one is tried again.
      if (this.#life === 'running') return this.#requests.handle(request);
      return Promise.resolve({ error: 'ERR_STOPPING: this desk is not up', result: null });
    });
    // `stop` may have come while we waited.
    if (this.#life === 'stopped') throw new GrapevineError('ERR_DESK_STOPPED', 'stopped before it was up');
    this.#life = 'running';
    this.#publisher.publish({ event: 'desk.ready', id: this.id, port });
    for (const actor of recovered) void actor.tell({ kind: 'recover' });
    for (const { state } of this.#book.own.running())
      if (state !== null) this.#ownOffers.renewIfOwed(state.terms.offerId);
    if (this.#components.presence !== false) this.#neighbours.start();
    return { port };
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
    this.#assertRunning();
    return this.#ownOffers.announce(draft);
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
    this.#assertDone(await actor.tell({ kind: 'accept', ...bid }));
    if (actor.state === null) throw new GrapevineError('ERR_OFFER_UNKNOWN', `no offer ${offerId} is known here`);
    return snapshotOfOther(actor.state, this.#neighbours);
  }

  /**
   * Does not want it any more. Too late once it was confirmed: ERR_OFFER_IN_DOUBT.
   * @param maker needed only when two makers use the same id
   * @throws GrapevineError as `accept`
   */
  async withdraw(offerId: string, maker?: string): Promise<void> {
    this.#assertDone(await (await this.#other(offerId, maker)).tell({ kind: 'withdraw' }));
  }

  /**
   * Takes an own offer back.
   * @throws GrapevineError ERR_OFFER_UNKNOWN; ERR_OFFER_TAKEN, ERR_OFFER_EXPIRED, ERR_OFFER_IN_DOUBT when it is too late
   */
  async cancel(offerId: string): Promise<void> {
    this.#assertDone(await (await this.#own(offerId)).tell({ kind: 'cancel' }));
  }

  /**
   * Awards an own offer whose policy is `manual` to one of those who have accepted it: it is asked to confirm.
   * @throws GrapevineError ERR_OFFER_UNKNOWN; ERR_WRONG_STATE; why it is too late
   */
  async award(offerId: string, taker: string): Promise<void> {
    this.#assertDone(await (await this.#own(offerId)).tell({ kind: 'award', taker: taker as PeerId }));
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
    this.#assertRunning();
    return this.#ownOffers.renew(offerId as OfferId, options.validForMs);
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
    const actor = await this.#either(offerId, maker);
    this.#assertDone(await actor.tell({ kind: 'report', result, ...said }));
  }

  /**
   * What the journal tells of one offer: everything that was written about it, in order.
   * @param maker needed only when two makers use the same id
   * @throws GrapevineError ERR_OFFER_UNKNOWN when nothing was; ERR_USAGE when ambiguous
   */
  history(offerId: string, maker?: string): Promise<PastOffer> {
    return this.#past.find(offerId, maker);
  }

  /** Offers in the journal whose ids begin so, also those that have ended long ago. */
  offersStartingWith(idPrefix: string): Promise<readonly OfferSnapshot[]> {
    return this.#past.startingWith(idPrefix);
  }

  /** Deals, and what may be deals; all of them, the latest first. */
  async deals(query: DealsQuery = {}): Promise<readonly DealSnapshot[]> {
    return (await this.dealsPage(query)).deals;
  }

  /** The same, a page at a time. @throws GrapevineError ERR_USAGE for a cursor that is none */
  dealsPage(query: DealsPageQuery): Promise<DealsPage> {
    const held = [...this.#book.own.running()].filter(({ state }) => state?.reservation?.inDoubt === true);
    return this.#past.deals(
      query,
      held.map(({ offer }) => offer),
    );
  }

  /** Offers that have ended, as the journal has them: all, the latest first. */
  endedOffers(): Promise<readonly OfferSnapshot[]> {
    return this.#past.ended();
  }

  /**
   * The proof of a deal, for anybody: see `verifyProof`.
   * @throws GrapevineError ERR_OFFER_UNKNOWN; ERR_RECEIPT when there is no deal, or not both have signed it
   */
  receipt(offerId: string, maker?: string): Promise<Receipt> {
    return this.#past.receipt(offerId, maker);
  }

  /** From now on this decides which offers are taken by themselves; it is asked about all that are open. */
  setInterest(interest: Interest | undefined): void {
    this.#interest.set(interest);
    void this.#interest.reconsider();
  }

  /**
   * Asks `interest` again about every open offer that we have not accepted: for a program whose answers have changed, as when
   * a busy worker is free again. Calls while it is being asked together cause one more pass.
   * @returns when it has been asked about all of them; what it promises later still counts
   */
  reconsider(): Promise<void> {
    return this.#interest.reconsider();
  }

  /** From now on new business is done with these alone; what is under way goes on. */
  setAccess(lists: AccessLists): void {
    this.#access.set(lists);
    this.#neighbours.admittedAnew();
    void this.#interest.reconsider();
  }

  /** What was refused since the start, by code. */
  get refusals(): ReadonlyMap<ErrorCode, number> {
    return this.#refusals.counts;
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
    this.#assertDone(answer);
  }

  /** The offers that are in memory: all that are running, and the latest that have ended. */
  offers(): readonly OfferSnapshot[] {
    const own = [...this.#book.own.all()].map(({ state }) => state && snapshotOfOwn(state));
    const others = [...this.#book.others.all()].map(({ state }) => state && snapshotOfOther(state, this.#neighbours));
    return [...own, ...others].filter((snapshot) => snapshot !== null);
  }

  /**
   * One offer that is in memory, of ours or of somebody else; undefined when there is none. Costs the same however many
   * offers there are.
   * @throws GrapevineError ERR_USAGE when several makers have one with this id
   */
  offer(offerId: string, maker?: string): OfferSnapshot | undefined {
    const own = maker === undefined || maker === this.id ? this.#book.own.withId(offerId) : [];
    const others = this.#book.others.withId(offerId);
    const found = [
      ...own.map(({ state }) => state && snapshotOfOwn(state)),
      ...others.map(({ state }) => state && snapshotOfOther(state, this.#neighbours)),
    ].filter((snapshot) => snapshot !== null && (maker === undefined || snapshot.terms.maker === maker));
    if (found.length > 1) throw new GrapevineError('ERR_USAGE', `several makers have an offer ${offerId}: say which`);
    return found[0] ?? undefined;
  }

  /** How many offers are running, without looking at each. */
  get openOffers(): { readonly own: number; readonly others: number } {
    return { own: this.#book.own.runningCount, others: this.#book.others.runningCount };
  }

  /** The desks that it has heard of, whoever was heard of last at the end. */
  peers(): readonly PeerSnapshot[] {
    return this.#neighbours.snapshots();
  }

  /** Answers what it has taken, hands the rest to the journal, leaves no timer and no socket. Can be repeated. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  // ---- life -----------------------------------------------------------------------------------------------------------

  async #stop(): Promise<void> {
    this.#life = 'stopped';
    this.#neighbours.stop();
    this.#interest.stop();
    this.#ownOffers.stop();
    this.#book.stop();
    await this.#components.network.stop();
    await this.#components.journal.close();
  }

  #assertRunning(): void {
    if (this.#life === 'running') return;
    throw this.#failure ?? new GrapevineError('ERR_DESK_STOPPED', `the desk is not running but ${this.#life}`);
  }

  /** Peers are told that the journal could not be written; our own operator is told why, and what to do. */
  #assertDone(answer: Answer | null): void {
    if (answer?.kind !== 'refused') return;
    if (answer.code === 'ERR_JOURNAL' && this.#failure !== null) throw this.#failure;
    throw new GrapevineError(answer.code, answer.text);
  }

  // ---- finding offers ---------------------------------------------------------------------------------------------------

  async #own(offerId: string): Promise<MakerActor> {
    this.#assertRunning();
    return this.#book.own.find(this.id, offerId as OfferId);
  }

  /** From memory, else from the journal: a deal is reported on long after it was made. */
  async #either(offerId: string, maker?: string): Promise<MakerActor | TakerActor> {
    this.#assertRunning();
    const { role, terms } = this.offer(offerId, maker) ?? (await this.history(offerId, maker)).snapshot;
    return this.#book[role === 'maker' ? 'own' : 'others'].find(terms.maker, terms.offerId);
  }

  /** From memory, else from the journal: what was withdrawn or given up may have left memory. */
  async #other(offerId: string, maker?: string): Promise<TakerActor> {
    this.#assertRunning();
    const all = this.#book.others.withId(offerId);
    const [found, second] = maker === undefined ? all : all.filter(({ state }) => state?.terms.maker === maker);
    if (second !== undefined)
      throw new GrapevineError('ERR_USAGE', `several makers have an offer ${offerId}: say which`);
    if (found !== undefined) return found;
    const { terms, role } = (await this.#past.find(offerId, maker)).snapshot;
    if (role !== 'taker') throw new GrapevineError('ERR_OFFER_UNKNOWN', `no offer ${offerId} is known here`);
    return this.#book.others.find(terms.maker, terms.offerId);
  }

  async #readEvidence(): Promise<void> {
    for (const { maker } of (await this.#components.evidence?.readEvidence()) ?? []) this.#access.ban(maker);
  }

  async #equivocated(
    maker: PeerId | null,
    offerId: OfferId,
    statements: Parameters<Evidence['keepEvidence']>[0]['statements'],
  ): Promise<void> {
    if (maker === null || this.#access.isBanned(maker) || !this.#access.ban(maker)) return;
    const foundAt = this.#components.clock.now();
    await this.#components.evidence?.keepEvidence({ maker, offerId, foundAt, statements });
    this.#publisher.publish({ event: 'peer.equivocated', maker, offerId });
  }

  #failed(error: unknown): void {
    if (this.#life === 'stopped') return;
    const failure = journalError(error);
    this.#failure = failure;
    this.#publisher.publish({ event: 'desk.failed', code: failure.code, text: failure.message });
    void this.stop().catch((reason: unknown) => {
      this.#logError('desk.stop_failed', reason);
    });
  }

  #logger(event: string): (error: unknown) => void {
    return (error) => {
      this.#logError(event, error);
    };
  }

  #logError(event: string, error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#components.log.write('error', event, { text: text.slice(0, LIMITS.errorTextMaxLength) });
  }
}
