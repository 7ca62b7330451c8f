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
import { silentLog, type Log } from '../ports/log.ts';
import type { Network } from '../ports/network.ts';
import type { Randomness } from '../ports/randomness.ts';
import { unlimited, type RateLimit } from '../ports/rate-limit.ts';
import { GrapevineError, type ErrorCode } from '../protocol/errors.ts';
import type { OfferId, OfferKey, PeerId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Answer, OfferTerms } from '../protocol/messages.ts';
import type { Notice } from '../protocol/notices.ts';
import type { Effect } from '../protocol/step.ts';
import type { DealSnapshot } from './deal-snapshot.ts';
import { AccessList, type AccessLists } from './access-list.ts';
import { Outbox } from './outbox.ts';
import type { DeskEvents, DeskNotice } from './desk-events.ts';
import { EquivocationWatch } from './equivocation-watch.ts';
import { foldMaker, foldTaker, STEPS, type Steps } from './machines.ts';
import { Neighbours, type PeerSnapshot } from './neighbours.ts';
import { logNotice } from './notice-log.ts';
import { journalError } from './offer-actor.ts';
import { OfferBook, type MakerActor, type TakerActor } from './offer-book.ts';
import { NoticeStream, type WaitOptions } from './notice-stream.ts';
import { decimalOf, draftOf, termsOf, type OfferDraft } from './offer-draft.ts';
import { isDeskId } from '../wire/desk-id.ts';
import { snapshotOfOther, snapshotOfOwn, type OfferSnapshot } from './offer-snapshot.ts';
import { PastOffers, type DealsQuery, type PastOffer } from './past-offers.ts';
import { RequestHandler } from './request-handler.ts';
import { Tally } from './tally.ts';

/** Whether this desk wants an offer of somebody else. Errors count as no, and are logged. */
export type Interest = (offer: OfferTerms) => boolean | Promise<boolean>;

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
  /** Told of every refusal, to measure them. */
  readonly refused?: ((code: ErrorCode) => void) | undefined;
  /** The rules; the simulator replaces them by mutants. */
  readonly steps?: Steps;
}

/** Who has acknowledged receipt to us, and who has not. */
interface BroadcastCounts {
  readonly reached: readonly unknown[];
  readonly unreached: readonly unknown[];
}

type Life = 'new' | 'starting' | 'running' | 'stopped';

export class Desk extends EventEmitter<DeskEvents> {
  readonly #components: DeskComponents;
  readonly #book: OfferBook;
  readonly #outbox: Outbox;
  readonly #requests: RequestHandler;
  readonly #neighbours: Neighbours;
  readonly #past: PastOffers;
  readonly #access: AccessList;
  readonly #refusals: Tally<ErrorCode>;
  #interest: Interest | undefined;
  #life: Life = 'new';
  #stopping: Promise<void> | null = null;

  constructor(components: DeskComponents) {
    super();
    const { identity, network, journal, clock } = components;
    this.#components = components;
    this.#outbox = new Outbox(network, identity, (by, result) => {
      this.#neighbours.answered(by, result);
    });
    const services = { journal, clock, spoken: this.#spoken.bind(this), failed: this.#failed.bind(this) };
    this.#book = new OfferBook(identity, services, components.steps ?? STEPS);
    this.#access = new AccessList(components.access);
    this.#interest = components.interest;
    this.#neighbours = new Neighbours({
      self: identity.id,
      identity,
      clock,
      outbox: this.#outbox,
      book: this.#book,
      access: this.#access,
      take: (offer) => this.#requests.takeListed(offer),
      failed: (error) => {
        this.#logError('neighbours.failed', error);
      },
    });
    this.#refusals = new Tally(components.refused);
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
      failed: (error) => {
        this.#logError('broadcast.failed', error);
      },
      equivocated: ({ maker, offerId }, statements) => this.#equivocated(maker, offerId, statements),
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
    return new NoticeStream(this, options);
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
      throw error;
    }
  }

  async #goUp(): Promise<{ readonly port: number }> {
    await this.#readEvidence();
    const recovered = await this.#readJournal();
    if (this.#components.journal.restored) await this.#voidCopy(recovered);
    const { port } = await this.#components.network.start((request) => {
      // Until the journal's offers are under way again, an answer could contradict them. This one is tried again.
      if (this.#life === 'running') return this.#requests.handle(request);
      return Promise.resolve({ error: 'ERR_STOPPING: this desk is not up', result: null });
    });
    // `stop` may have come while we waited.
    if (this.#life === 'stopped') throw new GrapevineError('ERR_DESK_STOPPED', 'stopped before it was up');
    this.#life = 'running';
    this.#publish({ event: 'desk.ready', id: this.id, port });
    for (const actor of recovered) void actor.tell({ kind: 'recover' });
    if (this.#components.presence !== false) this.#neighbours.start();
    return { port };
  }

  /**
   * Makes an offer durable, tells everybody, and gives its terms. Telling goes on in the background: see `offer.announced`.
   * @throws GrapevineError ERR_INVALID_OFFER, ERR_OVERLOADED, ERR_JOURNAL, ERR_DESK_STOPPED
   */
  async announce(draft: OfferDraft): Promise<OfferTerms> {
    this.#assertRunning();
    if (this.#book.own.runningCount >= LIMITS.ownOffersMax) {
      throw new GrapevineError('ERR_OVERLOADED', `${LIMITS.ownOffersMax} own offers are open already`);
    }
    const { clock, randomness } = this.#components;
    const offerId = randomness.hex(16) as OfferId;
    const terms = termsOf(draft, offerId, this.id, clock.now());
    const actor = this.#book.own.add(this.#book.keyOfOwn(offerId), null);
    assertDone(await actor.tell({ kind: 'open', terms }));
    return terms;
  }

  /**
   * Wants an offer of somebody else. What becomes of it is told by events.
   * @throws GrapevineError ERR_OFFER_UNKNOWN, ERR_USAGE when ambiguous, or why it is too late
   */
  async accept(offerId: string, options: AcceptOptions = {}): Promise<void> {
    const { maker, unitPrice } = options;
    const bid = unitPrice === undefined ? {} : { unitPrice: decimalOf(unitPrice) };
    assertDone(await this.#other(offerId, maker).tell({ kind: 'accept', ...bid }));
  }

  /**
   * Does not want it any more. Too late once it was confirmed: ERR_OFFER_IN_DOUBT.
   * @param maker needed only when two makers use the same id
   * @throws GrapevineError as `accept`
   */
  async withdraw(offerId: string, maker?: string): Promise<void> {
    assertDone(await this.#other(offerId, maker).tell({ kind: 'withdraw' }));
  }

  /**
   * Takes an own offer back.
   * @throws GrapevineError ERR_OFFER_UNKNOWN; ERR_OFFER_TAKEN, ERR_OFFER_EXPIRED, ERR_OFFER_IN_DOUBT when it is too late
   */
  async cancel(offerId: string): Promise<void> {
    assertDone(await (await this.#own(offerId)).tell({ kind: 'cancel' }));
  }

  /**
   * Awards an own offer whose policy is `manual` to one of those who have accepted it: it is asked to confirm.
   * @throws GrapevineError ERR_OFFER_UNKNOWN; ERR_WRONG_STATE; why it is too late
   */
  async award(offerId: string, taker: string): Promise<void> {
    assertDone(await (await this.#own(offerId)).tell({ kind: 'award', taker: taker as PeerId }));
  }

  /**
   * Offers once more what was offered before, under a new id and with a fresh validity. An offer that is still open is
   * cancelled first; if that comes too late, nothing is offered.
   * @param options `validForMs`: as long as before by default
   * @throws GrapevineError ERR_OFFER_UNKNOWN; ERR_OFFER_TAKEN, ERR_OFFER_IN_DOUBT when it is too late
   */
  async renew(offerId: string, options: { readonly validForMs?: number | undefined } = {}): Promise<OfferTerms> {
    const actor = await this.#own(offerId);
    const { state } = actor;
    if (state === null) throw new GrapevineError('ERR_OFFER_UNKNOWN', `no offer ${offerId} of ours is known here`);
    if (state.phase !== 'expired' && state.phase !== 'cancelled') assertDone(await actor.tell({ kind: 'cancel' }));
    return this.announce(draftOf(state.terms, options.validForMs));
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

  /** Deals, and what may be deals; the latest first. */
  deals(query: DealsQuery = {}): Promise<readonly DealSnapshot[]> {
    const held = [...this.#book.own.running()].filter(({ state }) => state?.reservation?.inDoubt === true);
    return this.#past.deals(
      query,
      held.map(({ offer }) => offer),
    );
  }

  /**
   * The proof of a deal, for anybody: see `verifyProof`.
   * @throws GrapevineError ERR_OFFER_UNKNOWN; ERR_RECEIPT when there is no deal, or not both have signed it
   */
  receipt(offerId: string, maker?: string): Promise<Receipt> {
    return this.#past.receipt(offerId, maker);
  }

  /** From now on this decides which offers are taken by themselves. */
  setInterest(interest: Interest | undefined): void {
    this.#interest = interest;
  }

  /** From now on new business is done with these alone; what is under way goes on. */
  setAccess(lists: AccessLists): void {
    this.#access.set(lists);
    this.#neighbours.admittedAnew();
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
      : await this.#other(offerId, maker).tell({ kind: 'resolve', as });
    assertDone(answer);
  }

  /** The offers that are in memory: all that are running, and the latest that have ended. */
  offers(): readonly OfferSnapshot[] {
    const own = this.#book.own.all().map(({ state }) => state && snapshotOfOwn(state));
    const others = this.#book.others.all().map(({ state }) => state && snapshotOfOther(state, this.#neighbours));
    return [...own, ...others].filter((snapshot) => snapshot !== null);
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
    this.#book.stop();
    await this.#components.network.stop();
    await this.#components.journal.close();
  }

  async #readJournal(): Promise<readonly (MakerActor | TakerActor)[]> {
    try {
      const stored = await this.#components.journal.readUnfinished();
      return stored.map(({ offer, records }) => {
        if (records[0]?.role === 'maker') return this.#book.own.add(offer, foldMaker(records));
        const state = foldTaker(records);
        const actor = this.#book.others.add(offer, state);
        if (state !== null) this.#book.count(offer, state.terms, state.dialect === 'original');
        return actor;
      });
    } catch (error) {
      throw journalError(error);
    }
  }

  /** Before anybody can hear us: a copy may have forgotten awards, and must not make them again. */
  async #voidCopy(recovered: readonly (MakerActor | TakerActor)[]): Promise<void> {
    const { journal } = this.#components;
    const answers = await Promise.all(recovered.map((actor) => actor.tell({ kind: 'void' })));
    for (const answer of answers) assertDone(answer);
    await journal.beginGeneration();
    this.#components.log.write('warn', 'journal.restored', { voided: answers.length });
  }

  #assertRunning(): void {
    if (this.#life === 'running') return;
    throw new GrapevineError('ERR_DESK_STOPPED', `the desk is not running but ${this.#life}`);
  }

  // ---- finding offers ---------------------------------------------------------------------------------------------------

  async #own(offerId: string): Promise<MakerActor> {
    this.#assertRunning();
    return this.#book.own.find(this.id, offerId as OfferId);
  }

  #other(offerId: string, maker?: string): TakerActor {
    this.#assertRunning();
    const all = this.#book.withId(offerId as OfferId);
    const [found, second] = maker === undefined ? all : all.filter(({ state }) => state?.terms.maker === maker);
    if (found === undefined) throw new GrapevineError('ERR_OFFER_UNKNOWN', `no offer ${offerId} is known here`);
    if (second !== undefined)
      throw new GrapevineError('ERR_USAGE', `several makers have an offer ${offerId}: say which`);
    return found;
  }

  // ---- what steps want --------------------------------------------------------------------------------------------------

  #spoken(offer: OfferKey, effects: readonly Effect[], notices: readonly Notice[]): void {
    for (const effect of effects) {
      if (effect.kind === 'send') void this.#send(offer, effect);
      else void this.#broadcast(effect);
    }
    for (const notice of notices) {
      this.#publish({ ...notice, verified: this.#isVerified(offer, notice) });
      if (notice.event === 'offer.received') void this.#decide(offer, notice.terms);
    }
  }

  async #send(offer: OfferKey, effect: Extract<Effect, { kind: 'send' }>): Promise<void> {
    const result = await this.#outbox.send(effect, this.#book.own.inMemory(offer)?.state?.terms);
    const actor = this.#book.own.inMemory(offer) ?? this.#book.others.inMemory(offer);
    await actor?.tell(result);
  }

  async #broadcast(effect: Extract<Effect, { kind: 'broadcast' }>): Promise<void> {
    const { message, again, to } = effect;
    // Among many, those who came late have the whole book from their links.
    if (again && to === undefined && this.#neighbours.areMany) return;
    const { reached, unreached } = await this.#sendToAll(effect);
    if (message.cmd !== 'offer:new') return;
    const { offerId } = message.terms;
    const counts = { offerId, reached: reached.length, unreachable: unreached.length };
    if (again) this.#components.log.write('debug', 'offer.announced_again', counts);
    else this.#publish({ event: 'offer.announced', ...counts });
  }

  async #sendToAll(effect: Extract<Effect, { kind: 'broadcast' }>): Promise<BroadcastCounts> {
    const { message, to } = effect;
    if (to !== undefined || !this.#neighbours.areMany) return this.#outbox.broadcast(effect);
    const { taken, missed } = await this.#neighbours.spread(message, await this.#components.identity.signFact(message));
    // Nobody to pass it on: those whom a lookup finds have to do.
    if (taken.length === 0) return this.#outbox.broadcast(effect);
    return { reached: taken, unreached: missed };
  }

  async #decide(offer: OfferKey, terms: OfferTerms): Promise<void> {
    const interest = this.#interest;
    if (interest === undefined || !this.#access.admits(terms.maker)) return;
    try {
      if (await interest(terms)) await this.#book.others.inMemory(offer)?.tell({ kind: 'accept' });
    } catch (error) {
      this.#logError('interest.failed', error);
    }
  }

  #publish(notice: DeskNotice): void {
    if (this.#components.log !== silentLog) logNotice(this.#components.log, notice);
    // A program's listener must not be able to stop a desk in the middle of what it does.
    try {
      const emitter = this as unknown as EventEmitter;
      emitter.emit('notice', notice);
      emitter.emit(notice.event, notice);
    } catch (error) {
      this.#logError('listener.failed', error);
    }
  }

  /** Whether the peers that it is about have proven who they are. */
  #isVerified(offer: OfferKey, notice: Notice): boolean {
    const own = this.#book.own.inMemory(offer);
    if (own === undefined) return this.#book.others.inMemory(offer)?.state?.auth !== undefined;
    // A name that is a key is proven in everything else.
    return !('taker' in notice) || isDeskId(notice.taker);
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
    this.#publish({ event: 'peer.equivocated', maker, offerId });
  }

  #failed(error: unknown): void {
    if (this.#life === 'stopped') return;
    this.#publish({ event: 'desk.failed', code: 'ERR_JOURNAL', text: journalError(error).message });
    void this.stop().catch((reason: unknown) => {
      this.#logError('desk.stop_failed', reason);
    });
  }

  #logError(event: string, error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#components.log.write('error', event, { text: text.slice(0, LIMITS.errorTextMaxLength) });
  }
}

function assertDone(answer: Answer | null): void {
  if (answer?.kind === 'refused') throw new GrapevineError(answer.code, answer.text);
}
