/**
 * Desks on pure steps, joined by a network that does what it is told: one maker, some takers, any number of offers. Nothing
 * in here happens by itself. The holder of a `World` decides what arrives, how often and when, what becomes of each
 * request, whose clock goes how, and who crashes at which point of which step.
 *
 * It keeps to the contract of `step.ts`: the records of a step that says `mustSync` are durable before anything else of it leaves; if
 * they are not, the step has not happened. Other records are written and nobody waits: a crash loses as many of the latest of
 * them as `tailKept` says. A violated promise is thrown as a `Violation`.
 */
import { isDeepStrictEqual } from 'node:util';
import type { OfferId, PeerId } from '../../src/protocol/ids.ts';
import {
  hasStopped,
  isFinal,
  MAKER_LIFECYCLE,
  TAKER_LIFECYCLE,
  type MakerPhase,
  type TakerPhase,
} from '../../src/protocol/lifecycle.ts';
import { applyMaker, durableMaker, makerDeadline, type MakerState } from '../../src/protocol/maker-state.ts';
import { stepMaker } from '../../src/protocol/maker.ts';
import {
  refusal,
  type Answer,
  type Message,
  type OfferTerms,
  type Peer,
  type SendResult,
} from '../../src/protocol/messages.ts';
import type { Notice } from '../../src/protocol/notices.ts';
import type { MakerRecord, OfferPlan, TakerRecord } from '../../src/protocol/records.ts';
import type {
  Correlation,
  Deadline,
  Effect,
  MakerInput,
  StepEnvironment,
  TakerInput,
  StepResult,
} from '../../src/protocol/step.ts';
import { applyTaker, durableTaker, takerDeadline, type TakerState } from '../../src/protocol/taker-state.ts';
import { stepTaker } from '../../src/protocol/taker.ts';
import { deepFreeze, dueAt, envAt, START } from './values.ts';

/** Where in a step a desk dies, if it does. */
export type Crash = 'none' | 'before-durable' | 'after-durable';

/** How an original's application takes an approval. */
export type Mood = 'takes' | 'errs';

export class Violation extends Error {
  override readonly name = 'Violation';
}

/** A message on its way, and what is known about it at either end. */
export interface Request {
  readonly id: number;
  readonly from: Peer;
  /** The life of the sender in which it was sent: a later one does not get its result. */
  readonly life: number;
  readonly to: Peer;
  readonly offerId: OfferId;
  readonly message: Message;
  /** Null: nobody waits for what becomes of it. */
  readonly correlation: Correlation | null;
  readonly once: boolean;
  readonly sentAt: number;
  deliveries: number;
  answer: SendResult | null;
  settled: boolean;
  /** Will not arrive any more. */
  gone: boolean;
}

export interface Observer {
  wrote?(desk: PeerId, offer: OfferId, record: MakerRecord | TakerRecord): void;
  noticed?(desk: PeerId, notice: Notice): void;
  sent?(request: Request): void;
  arriving?(request: Request): void;
  arrived?(request: Request, answer: SendResult | null): void;
  settled?(request: Request, result: SendResult): void;
  crashed?(desk: PeerId, when: Crash | 'idle'): void;
  restarted?(desk: PeerId): void;
}

export interface WorldInit {
  readonly maker: Peer;
  readonly takers: readonly Peer[];
  /** How far each clock is from the world's, by the name of the desk. */
  readonly skewMs?: ReadonlyMap<PeerId, number>;
  readonly stepMaker?: typeof stepMaker;
  readonly stepTaker?: typeof stepTaker;
  /** A defect on purpose: what a step says leaves even when its records never became durable. */
  readonly speaksBeforePersisting?: boolean;
  /** Lets a desk die in the step that writes something. */
  readonly crashWhen?: (desk: PeerId, records: readonly (MakerRecord | TakerRecord)[]) => Crash;
  /** A defect on purpose: what must be durable is only written. */
  readonly forgetsToSync?: (record: MakerRecord | TakerRecord) => boolean;
  readonly observer?: Observer;
}

interface Desk<State, Record> {
  readonly peer: Peer;
  skewMs: number;
  life: number;
  down: boolean;
  readonly states: Map<OfferId, State>;
  readonly journal: Map<OfferId, Record[]>;
  /** The fold of the journal so far. */
  readonly folded: Map<OfferId, State>;
  /** Steps that were written and are not durable yet, in order: whose they are, how many records, and what became final. */
  tail: { readonly offerId: OfferId; readonly records: number; readonly finals: readonly string[] }[];
}

export type MakerDesk = Desk<MakerState, MakerRecord>;
export type TakerDesk = Desk<TakerState, TakerRecord>;

/** An unmodified client of the original as a taker: takes any approval for the deal, and remembers only in memory. */
export interface OriginalTaker {
  readonly peer: Peer;
  readonly knows: Set<OfferId>;
  /** Offers that it has told its user are his. Nothing ever takes that back. */
  readonly took: Set<OfferId>;
}

/** Old requests beyond this many are dropped for good. */
const REQUESTS_KEPT = 60;
const HEALING_STEPS_MAX = 3_000;

export class World {
  now = START;
  readonly maker: MakerDesk;
  readonly takers: readonly TakerDesk[];
  readonly originals: readonly OriginalTaker[];
  requests: Request[] = [];
  /** How often what happened, to see that a model is not idle. */
  readonly counts = new Map<string, number>();
  /** Set when a clock was turned back: what was planned on the old time then comes that much later. */
  clockWentBack = false;
  /** The part of what was written and is not durable that the next crash leaves. */
  tailKept = 1;
  readonly #init: WorldInit;
  readonly #stepMaker: typeof stepMaker;
  readonly #stepTaker: typeof stepTaker;
  readonly #finals = new Map<string, string>();
  #requestsSent = 0;

  constructor(init: WorldInit) {
    this.#init = init;
    this.#stepMaker = init.stepMaker ?? stepMaker;
    this.#stepTaker = init.stepTaker ?? stepTaker;
    this.maker = this.#desk(init.maker);
    this.takers = init.takers.filter(({ dialect }) => dialect === 'grapevine').map((each) => this.#desk(each));
    this.originals = init.takers
      .filter(({ dialect }) => dialect === 'original')
      .map((each) => ({ peer: each, knows: new Set(), took: new Set() }));
  }

  #desk<State, Record>(peer: Peer): Desk<State, Record> {
    const skewMs = this.#init.skewMs?.get(peer.id) ?? 0;
    return { peer, skewMs, life: 1, down: false, states: new Map(), journal: new Map(), folded: new Map(), tail: [] };
  }

  clockOf(desk: { readonly skewMs: number }): number {
    return this.now + desk.skewMs;
  }

  envOf({ skewMs, life }: { readonly skewMs: number; readonly life: number }): StepEnvironment {
    return envAt(this.now, { wallOffsetMs: skewMs, life });
  }

  /** When something is due, on the world's clock. */
  #dueAt({ wallMs, monotonicMs }: Deadline, { skewMs }: { readonly skewMs: number }): number | null {
    return dueAt({ wallMs: wallMs === null ? null : wallMs - skewMs, monotonicMs });
  }

  taker(id: PeerId): TakerDesk | null {
    return this.takers.find(({ peer }) => peer.id === id) ?? null;
  }

  original(id: PeerId): OriginalTaker | null {
    return this.originals.find(({ peer }) => peer.id === id) ?? null;
  }

  // ---- what people do -------------------------------------------------------------------------------------------------

  open(terms: OfferTerms, crash: Crash = 'none', plan?: OfferPlan): Answer | null {
    return this.inputToMaker(terms.offerId, { kind: 'open', terms, ...(plan !== undefined && { plan }) }, crash);
  }

  inputToMaker(offerId: OfferId, input: MakerInput, crash: Crash = 'none'): Answer | null {
    return this.#step(this.maker, offerId, crash, {
      step: (state, env) => this.#stepMaker(state, input, env),
      apply: applyMaker,
      durable: durableMaker,
    });
  }

  inputToTaker(desk: TakerDesk, offerId: OfferId, input: TakerInput, crash: Crash = 'none'): Answer | null {
    return this.#step(desk, offerId, crash, {
      step: (state, env) => this.#stepTaker(state, input, env, desk.peer.id),
      apply: applyTaker,
      durable: durableTaker,
    });
  }

  /** An original wants each offer that is announced to it; here it is told when. */
  originalAccepts(taker: OriginalTaker, offerId: OfferId): void {
    if (!taker.knows.has(offerId)) return;
    const maker = this.maker.peer;
    const message = { cmd: 'offer:accept', offerId, maker: maker.id, taker: taker.peer.id } as const;
    this.#post({ from: taker.peer, life: 1, to: maker, offerId, message, correlation: null, once: false });
  }

  // ---- one step, with the disk between thinking and speaking ------------------------------------------------------------

  #step<State extends object, Record extends MakerRecord | TakerRecord>(
    desk: Desk<State, Record>,
    offerId: OfferId,
    wanted: Crash,
    core: {
      readonly step: (state: State | null, env: StepEnvironment) => StepResult<State, Record>;
      readonly apply: (state: State | null, record: Record) => State;
      readonly durable: (state: State) => unknown;
    },
  ): Answer | null {
    const before = desk.states.get(offerId) ?? null;
    const result = core.step(deepFreeze(before), this.envOf(desk));
    const crash = wanted === 'none' ? (this.#init.crashWhen?.(desk.peer.id, result.records) ?? 'none') : wanted;
    if (crash === 'before-durable') {
      if (this.#init.speaksBeforePersisting === true) this.#perform(desk, offerId, result.effects);
      this.#die(desk, crash);
      return null;
    }
    for (const record of result.records) this.#persist(desk, offerId, record, core.apply);
    const finalsBefore = new Set(this.#finals.keys());
    this.#checkDecisions(offerId);
    if (result.records.length > 0) {
      const finals = [...this.#finals.keys()].filter((key) => !finalsBefore.has(key));
      desk.tail.push({ offerId, records: result.records.length, finals });
      const forgets = result.records.some((record) => this.#init.forgetsToSync?.(record) === true);
      if (result.mustSync && !forgets) desk.tail = [];
    }
    if (crash === 'after-durable') {
      this.#die(desk, crash);
      return null;
    }
    if (result.state !== null) {
      desk.states.set(offerId, result.state);
      this.#checkFold(desk, offerId, core.durable);
    }
    for (const notice of result.notices) this.#init.observer?.noticed?.(desk.peer.id, notice);
    this.#perform(desk, offerId, result.effects);
    return result.answer;
  }

  #persist<State, Record extends MakerRecord | TakerRecord>(
    desk: Desk<State, Record>,
    offerId: OfferId,
    record: Record,
    apply: (state: State | null, record: Record) => State,
  ): void {
    const journal = desk.journal.get(offerId);
    if (journal === undefined) desk.journal.set(offerId, [record]);
    else journal.push(record);
    const before = desk.folded.get(offerId) ?? null;
    desk.folded.set(offerId, deepFreeze(apply(before, record)));
    this.count(record.type);
    if (record.type === 'accepting' && before !== null) this.count('accepted anew');
    this.#init.observer?.wrote?.(desk.peer.id, offerId, record);
  }

  #perform(desk: { readonly peer: Peer; readonly life: number }, offerId: OfferId, effects: readonly Effect[]): void {
    const { peer: from, life } = desk;
    for (const effect of effects) {
      const { message } = effect;
      if (effect.kind === 'send') {
        const { to, correlation, once } = effect;
        this.#post({ from, life, to, offerId, message, correlation, once });
        continue;
      }
      for (const { peer: to } of [...this.takers, ...this.originals]) {
        this.#post({ from, life, to, offerId, message, correlation: null, once: false });
      }
    }
  }

  /** What a maker of the original says: it is no desk of ours and is played by hand. */
  originalMakerSays(to: TakerDesk, offerId: OfferId, message: Message): void {
    const { peer: from, life } = this.maker;
    this.#post({ from, life, to: to.peer, offerId, message, correlation: null, once: false });
  }

  #post(sent: Omit<Request, 'id' | 'sentAt' | 'deliveries' | 'answer' | 'settled' | 'gone'>): void {
    this.#requestsSent += 1;
    const state = { deliveries: 0, answer: null, settled: sent.correlation === null, gone: false };
    const request: Request = { ...sent, id: this.#requestsSent, sentAt: this.now, ...state };
    this.requests.push(request);
    this.#init.observer?.sent?.(request);
    if (this.requests.length > 2 * REQUESTS_KEPT) this.#forgetOldRequests();
  }

  /** Only what has its result and went lost long ago, so that no sender waits for ever. */
  #forgetOldRequests(): void {
    const waiting = this.requests.filter((each) => !each.settled && each.life === this.#lifeOf(each.from.id));
    this.requests = [...waiting, ...this.requests.slice(-REQUESTS_KEPT).filter((each) => !waiting.includes(each))];
    this.requests = this.requests.filter((each) => !each.gone || !each.settled);
  }

  #lifeOf(id: PeerId): number {
    if (id === this.maker.peer.id) return this.maker.life;
    return this.taker(id)?.life ?? 1;
  }

  // ---- what the network does --------------------------------------------------------------------------------------------

  /** The request reaches its addressee, for the first time or once more; its answer waits until it is settled. */
  deliver(request: Request, crash: Crash = 'none', mood: Mood = 'takes'): void {
    if (request.gone || (request.once && request.deliveries > 0)) return;
    request.deliveries += 1;
    this.#init.observer?.arriving?.(request);
    const answer = this.#arrive(request, crash, mood);
    if (answer !== null) request.answer ??= answer;
    this.#init.observer?.arrived?.(request, answer);
  }

  #arrive({ to, from, message, offerId }: Request, crash: Crash, mood: Mood): SendResult | null {
    const input = { kind: 'message', from, message } as const;
    if (to.dialect === 'original' && to.id === this.maker.peer.id) return { kind: 'accepted' };
    if (to.id === this.maker.peer.id) return this.maker.down ? null : this.inputToMaker(offerId, input, crash);
    const taker = this.taker(to.id);
    if (taker !== null) return taker.down ? null : this.inputToTaker(taker, offerId, input, crash);
    return this.#arriveAtOriginal(to.id, offerId, message, mood);
  }

  #arriveAtOriginal(id: PeerId, offerId: OfferId, message: Message, mood: Mood): SendResult {
    const taker = this.original(id);
    if (message.cmd === 'offer:new') taker?.knows.add(offerId);
    if (message.cmd !== 'offer:accept:approved') return { kind: 'accepted' };
    // It may err although it took the offer before: it has restarted since and remembers nothing.
    if (mood === 'errs') return refusal('ERR_REFUSED', 'something went wrong');
    taker?.took.add(offerId);
    this.#checkOriginals(offerId);
    return { kind: 'accepted' };
  }

  /** Tells the sender what became of its request. `unsent` only where nothing ever arrived, and then nothing will. */
  settle(request: Request, how: 'answer' | 'unsent' | 'unknown', crash: Crash = 'none'): void {
    if (request.settled) return;
    const result = resultOf(request, how);
    if (result === null) return;
    request.settled = true;
    if (how === 'unsent') request.gone = true;
    if (request.correlation === null || request.life !== this.#lifeOf(request.from.id)) return;
    this.count(`result ${result.kind}`);
    this.#init.observer?.settled?.(request, result);
    const input = { kind: 'result', to: request.to, correlation: request.correlation, result } as const;
    const taker = this.taker(request.from.id);
    if (taker !== null) this.inputToTaker(taker, request.offerId, input, crash);
    else this.inputToMaker(request.offerId, input, crash);
  }

  // ---- time and death -----------------------------------------------------------------------------------------------

  /** Wakes everybody who has something to do by now. */
  tickWhoIsDue(): void {
    for (const [offerId, state] of this.maker.states) {
      const deadline = this.maker.down ? null : this.#dueAt(makerDeadline(state), this.maker);
      if (deadline !== null && deadline <= this.now) this.tickMaker(offerId);
    }
    for (const taker of this.takers) {
      for (const [offerId, state] of taker.states) {
        const deadline = taker.down ? null : this.#dueAt(takerDeadline(state), taker);
        if (deadline !== null && deadline <= this.now) this.tickTaker(taker, offerId);
      }
    }
  }

  tickMaker(offerId: OfferId, crash: Crash = 'none'): void {
    this.inputToMaker(offerId, { kind: 'tick' }, crash);
    const state = this.maker.states.get(offerId);
    if (crash === 'none' && state !== undefined) this.#checkDeadline(makerDeadline(state), this.maker);
  }

  tickTaker(desk: TakerDesk, offerId: OfferId, crash: Crash = 'none'): void {
    this.inputToTaker(desk, offerId, { kind: 'tick' }, crash);
    const state = desk.states.get(offerId);
    if (crash === 'none' && state !== undefined) this.#checkDeadline(takerDeadline(state), desk);
  }

  /** A tick does all that is due; otherwise its desk would spin. */
  #checkDeadline(when: Deadline, desk: { readonly peer: Peer; readonly skewMs: number }): void {
    const deadline = this.#dueAt(when, desk);
    if (deadline === null || deadline > this.now) return;
    throw new Violation(`a tick left ${desk.peer.id} with something that was due already`);
  }

  /** The next time, on the world's clock, at which somebody has something to do; null: never. */
  nextDeadline(): number | null {
    const times = this.maker.down ? [] : this.#deadlinesOf(this.maker, makerDeadline);
    for (const taker of this.takers) if (!taker.down) times.push(...this.#deadlinesOf(taker, takerDeadline));
    return times.length === 0 ? null : Math.min(...times);
  }

  #deadlinesOf<State>(
    desk: { readonly states: ReadonlyMap<OfferId, State>; readonly skewMs: number },
    deadlineOf: (state: State) => Deadline,
  ): number[] {
    return [...desk.states.values()].flatMap((state) => this.#dueAt(deadlineOf(state), desk) ?? []);
  }

  crash(desk: MakerDesk | TakerDesk): void {
    this.#die(desk, 'idle');
  }

  #die(desk: MakerDesk | TakerDesk | Desk<object, MakerRecord | TakerRecord>, when: Crash | 'idle'): void {
    desk.life += 1;
    desk.down = true;
    desk.states.clear();
    this.#loseTail(desk);
    this.count(`crash ${when}`);
    this.#init.observer?.crashed?.(desk.peer.id, when);
  }

  #loseTail(desk: Desk<object, MakerRecord | TakerRecord>): void {
    const lost = desk.tail.slice(Math.floor(desk.tail.length * this.tailKept));
    desk.tail = [];
    for (const { offerId, records, finals } of lost.reverse()) {
      const left = desk.journal.get(offerId)?.slice(0, -records) ?? [];
      if (left.length === 0) desk.journal.delete(offerId);
      else desk.journal.set(offerId, left);
      for (const key of finals) this.#finals.delete(key);
      this.count('step forgotten');
    }
    desk.folded.clear();
    const apply = (desk as unknown) === this.maker ? applyMaker : applyTaker;
    for (const [offerId, records] of desk.journal) {
      desk.folded.set(offerId, deepFreeze(foldOf(records, apply as Parameters<typeof foldOf<object, unknown>>[1])));
    }
  }

  /** Folds every journal through the code that wrote it, then lets each offer go on. */
  restart(desk: MakerDesk | TakerDesk): void {
    if (!desk.down) return;
    desk.down = false;
    this.#init.observer?.restarted?.(desk.peer.id);
    if (desk === this.maker) this.#restartMaker(this.maker);
    else this.#restartTaker(desk as TakerDesk);
  }

  #restartMaker(desk: MakerDesk): void {
    for (const [offerId, records] of desk.journal) {
      desk.states.set(offerId, foldOf(records, applyMaker));
      this.#checkFold(desk, offerId, durableMaker);
      this.inputToMaker(offerId, { kind: 'recover' });
    }
  }

  #restartTaker(desk: TakerDesk): void {
    for (const [offerId, records] of desk.journal) {
      desk.states.set(offerId, foldOf(records, applyTaker));
      this.#checkFold(desk, offerId, durableTaker);
      this.inputToTaker(desk, offerId, { kind: 'recover' });
    }
  }

  restartWhoIsDown(): void {
    for (const desk of [this.maker, ...this.takers]) this.restart(desk);
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  // ---- the promises -----------------------------------------------------------------------------------------------------

  #checkFold<State>(
    desk: Desk<State, MakerRecord | TakerRecord>,
    offerId: OfferId,
    durable: (state: State) => unknown,
  ): void {
    const live = desk.states.get(offerId);
    const folded = desk.folded.get(offerId);
    // Without a record nothing was promised: an offer that was only seen.
    if (live === undefined || folded === undefined || live === folded) return;
    if (isDeepStrictEqual(durable(live), durable(folded))) return;
    throw new Violation(`the journal of ${desk.peer.id} does not give back what it knows`);
  }

  /** After every record: what is decided, what is believed, and what is final. */
  #checkDecisions(offerId: OfferId): void {
    const records = this.maker.journal.get(offerId) ?? [];
    const awards = records.filter((record) => record.type === 'awarded');
    if (awards.length > 1) throw new Violation(`S1: ${offerId} was awarded ${awards.length.toString()} times`);
    const award = awards[0] ?? null;
    const makerPhase = this.maker.folded.get(offerId)?.phase ?? null;
    if (makerPhase !== null && isFinal<MakerPhase>(MAKER_LIFECYCLE, makerPhase)) {
      this.#checkFinal(`maker/${offerId}`, makerPhase);
    } else if (this.#finals.has(`maker/${offerId}`)) throw new Violation(`S4: ${offerId} was final`);
    for (const taker of this.takers) this.#checkTaker(taker, offerId, award);
    this.#checkOriginals(offerId);
  }

  #checkTaker(taker: TakerDesk, offerId: OfferId, award: Extract<MakerRecord, { type: 'awarded' }> | null): void {
    const state = taker.folded.get(offerId);
    if (state === undefined) return;
    const key = `${taker.peer.id}/${offerId}`;
    if (isFinal<TakerPhase>(TAKER_LIFECYCLE, state.phase)) this.#checkFinal(key, state.phase);
    else if (this.#finals.has(key)) throw new Violation(`S4: ${key} was final`);
    const isWinner = award?.taker.id === taker.peer.id;
    // The original keeps no journal that could be looked at: to its taker, its approval was the deal.
    if (this.maker.peer.dialect === 'original') return;
    if (state.phase === 'won' && !(isWinner && award.epoch === state.epoch)) {
      throw new Violation(`S2: ${key} believes that it has won`);
    }
    if (!isWinner) return;
    const records = taker.journal.get(offerId) ?? [];
    if (!records.some((record) => record.type === 'confirmed' && record.epoch === award.epoch)) {
      throw new Violation(`S3: ${key} was awarded, and had not confirmed`);
    }
    const price = this.maker.folded.get(offerId)?.award?.unitPrice;
    if (price !== state.unitPrice) throw new Violation(`S3: ${key} was awarded at a price that it had not confirmed`);
    if (['lost', 'gaveUp', 'withdrawn'].includes(state.phase)) {
      throw new Violation(`L1: ${key} was awarded, and believes ${state.phase}`);
    }
  }

  /** S2 and S3 for those to whom the approval is the deal: the one that took it has it, or is being asked whether it does. */
  #checkOriginals(offerId: OfferId): void {
    const state = this.maker.folded.get(offerId) ?? null;
    const held = state?.award?.taker.id ?? state?.reservation?.taker.id ?? null;
    for (const { peer, took } of this.originals) {
      if (took.has(offerId) && held !== peer.id) {
        throw new Violation(`S2: ${peer.id} of the original took ${offerId}, which is ${held ?? 'nobody'}'s`);
      }
      if (state?.award?.taker.id === peer.id && !took.has(offerId)) {
        throw new Violation(`S3: ${peer.id} of the original was awarded ${offerId}, and never took it`);
      }
    }
  }

  #checkFinal(key: string, phase: string): void {
    const before = this.#finals.get(key) ?? phase;
    if (before !== phase) throw new Violation(`S4: ${key} was ${before} and is ${phase}`);
    this.#finals.set(key, phase);
  }

  // ---- healing ----------------------------------------------------------------------------------------------------------

  /**
   * From here on everybody is up, nothing is lost and time goes by. Within a bounded number of steps everything has to come
   * to its end, and everybody who took part has to know it.
   */
  heal(): void {
    this.restartWhoIsDown();
    const promised = [...this.maker.states.keys()].filter((offerId) => this.#mustBeAwarded(offerId));
    let steps = 0;
    while (!this.#isQuiet()) {
      this.#deliverAll();
      this.#chooseByHand();
      if (this.#isQuiet()) break;
      const next = this.nextDeadline();
      if (next === null) break;
      this.now = Math.max(this.now, next);
      this.tickWhoIsDue();
      steps += 1;
      if (steps > HEALING_STEPS_MAX) throw new Violation('L1: no end in sight');
    }
    for (const offerId of this.maker.states.keys()) this.#checkOutcome(offerId);
    for (const offerId of promised) {
      if (this.maker.states.get(offerId)?.phase === 'awarded') continue;
      throw new Violation(`L1: ${offerId} had a willing, reachable taker and time enough, and was not awarded`);
    }
  }

  /** From here on the operator takes the first that waits, where it is his to choose. */
  #chooseByHand(): void {
    for (const [offerId, { phase, queue, terms }] of this.maker.states) {
      const [first] = queue;
      if (phase !== 'open' || terms.award !== 'manual' || first === undefined) continue;
      this.inputToMaker(offerId, { kind: 'choose', taker: first.taker.id });
      this.#deliverAll();
    }
  }

  #deliverAll(): void {
    for (let delivered = 0; this.requests.length > 0; delivered += 1) {
      if (delivered > HEALING_STEPS_MAX) throw new Violation('L1: messages without end');
      const request = this.requests.shift();
      if (request === undefined) return;
      if (request.deliveries === 0 || request.answer === null) this.deliver(request);
      this.settle(request, request.answer === null ? 'unknown' : 'answer');
    }
  }

  #isQuiet(): boolean {
    if (this.requests.length > 0) return false;
    for (const [offerId, { phase, outcomeRecipient }] of this.maker.states) {
      if (!isFinal<MakerPhase>(MAKER_LIFECYCLE, phase) && (phase !== 'open' || this.#endsByItself(offerId)))
        return false;
      if (outcomeRecipient !== null) return false;
    }
    return this.takers.every((taker) =>
      [...taker.states.values()].every(({ phase }) => phase === 'seen' || isOver(phase)),
    );
  }

  #endsByItself(offerId: OfferId): boolean {
    return this.maker.states.get(offerId)?.terms.expiresAt !== null;
  }

  /** Somebody wants it, and both sides have time for the longest waits of the protocol. */
  #mustBeAwarded(offerId: OfferId): boolean {
    if (this.clockWentBack) return false;
    const state = this.maker.states.get(offerId);
    if (state === undefined || isFinal<MakerPhase>(MAKER_LIFECYCLE, state.phase)) return false;
    const enoughMs = 90_000;
    const { expiresAt } = state.terms;
    if (expiresAt !== null && expiresAt - this.clockOf(this.maker) < enoughMs) return false;
    return this.takers.some((taker) => {
      const wish = taker.states.get(offerId);
      if (wish === undefined || !['accepting', 'queued', 'confirmed'].includes(wish.phase)) return false;
      return (expiresAt ?? wish.seenAt + 600_000) - this.clockOf(taker) > enoughMs;
    });
  }

  #checkOutcome(offerId: OfferId): void {
    const { phase, award } = this.maker.states.get(offerId) ?? { phase: 'open', award: null };
    if (!isFinal<MakerPhase>(MAKER_LIFECYCLE, phase) && this.#endsByItself(offerId)) {
      throw new Violation(`L1: ${offerId} is still ${phase}`);
    }
    for (const taker of this.takers) {
      const state = taker.states.get(offerId);
      // A taker that only saw it took no part.
      if (state === undefined || !taker.journal.has(offerId)) continue;
      this.count(`ends ${state.phase} ${state.reason ?? ''}`.trim());
      const key = `${taker.peer.id}/${offerId}`;
      if (!isOver(state.phase)) throw new Violation(`L1: ${key} is left ${state.phase}`);
      const { reason } = state;
      if (state.phase === 'lost' || state.phase === 'gaveUp') {
        if (reason === null) throw new Violation(`L1: ${key} ${state.phase} without a reason`);
        if (state.phase === 'lost' && reason !== (phase === 'awarded' ? 'taken' : phase)) {
          throw new Violation(`L1: ${key} was told ${reason} of an offer that is ${phase}`);
        }
      }
      if (award?.taker.id === taker.peer.id && state.phase !== 'won' && state.phase !== 'closed') {
        throw new Violation(`L1: ${key} was awarded, and ended as ${state.phase}`);
      }
    }
  }
}

/** Nothing is under way any more. */
function isOver(phase: TakerPhase): boolean {
  return hasStopped(phase) || isFinal<TakerPhase>(TAKER_LIFECYCLE, phase);
}

function resultOf(request: Request, how: 'answer' | 'unsent' | 'unknown'): SendResult | null {
  if (how === 'answer') return request.answer;
  if (how === 'unknown') return { kind: 'unknown', code: 'ERR_TIMEOUT' };
  return request.deliveries > 0 ? null : { kind: 'unsent', code: 'ERR_CONNECT' };
}

function foldOf<State, Record>(
  records: readonly Record[],
  apply: (state: State | null, record: Record) => State,
): State {
  const state = records.reduce<State | null>((before, record) => apply(before, record), null);
  if (state === null) throw new Violation('an empty journal');
  return state;
}
