/**
 * Plays a scenario: a text in which each line that starts with `> ` says what happens, and what comes of it stands below.
 * Messages arrive at once and in order unless the script says otherwise; a request without an answer is given up after
 * the usual time. The sentences that can be used are in `SENTENCES`.
 */
import { LIMITS } from '../../src/composition/limits.ts';
import type { Decimal, OfferId, PeerId } from '../../src/protocol/ids.ts';
import type { DealResult, Message, OfferTerms } from '../../src/protocol/messages.ts';
import type { OfferPlan } from '../../src/protocol/records.ts';
import { needsRenewal, planOfRenewal } from '../../src/protocol/renewal.ts';
import type { MakerInput, TakerInput } from '../../src/protocol/step.ts';
import { peer, offerId, peerId, START, terms } from '../protocol/values.ts';
import { World, type Crash, type MakerDesk, type Mood, type Request, type TakerDesk } from '../protocol/world.ts';
import { TraceWriter } from './trace-writer.ts';

/** What an operator can say; the patterns below see to it that `as` fits the role. */
type Order =
  | { readonly kind: 'accept'; readonly unitPrice?: Decimal }
  | { readonly kind: 'withdraw' | 'cancel' }
  | { readonly kind: 'resolve'; readonly as: string }
  | { readonly kind: 'choose'; readonly taker: PeerId }
  | { readonly kind: 'report'; readonly result: DealResult };

interface Loss {
  readonly cmd: string;
  readonly to: PeerId;
  readonly part: 'request' | 'answer';
}

/** The text again, with what came of each of its sentences. */
export function runScript(script: string): string {
  const run = new ScriptRun();
  const lines: string[] = [];
  for (const line of script.split('\n').filter((each) => each.startsWith('#') || each.startsWith('>'))) {
    const [before = ''] = lines.at(-1) ?? ' ';
    const isNewParagraph = before === ' ' ? lines.length > 0 : before === '>' && line.startsWith('#');
    if (isNewParagraph) lines.push('');
    lines.push(line);
    if (line.startsWith('>')) lines.push(...run.play(line.slice(1).trim()).map((each) => `    ${each}`));
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

class ScriptRun {
  readonly #trace = new TraceWriter();
  /** The latest offer: what the sentences are about. */
  #offer: OfferId = offerId('offer-1');
  #world: World | null = null;
  #losses: Loss[] = [];
  readonly #heldBack = new Set<PeerId>();
  readonly #unreachable = new Set<PeerId>();
  readonly #errs = new Set<PeerId>();
  readonly #lost = new Set<Request>();
  #crashes: { readonly desk: string; readonly when: Crash; readonly type: string }[] = [];

  play(sentence: string): readonly string[] {
    for (const [pattern, happen] of SENTENCES) {
      const match = pattern.exec(sentence);
      if (match === null) continue;
      const [, ...words] = match;
      happen(this, ...words);
      this.#carryMessages();
      this.#renewIfOwed();
      this.#carryMessages();
      return this.#trace.take();
    }
    throw new Error(`no such sentence: ${sentence}`);
  }

  // ---- who there is ---------------------------------------------------------------------------------------------------

  raise(makerDialect: 'grapevine' | 'original', takers: string, originals: string): void {
    const named = (names: string): string[] => names.split(/, | and /).filter((name) => name !== '');
    this.#world = new World({
      maker: peer('maker', makerDialect),
      takers: [...named(takers).map((name) => peer(name)), ...named(originals).map((name) => peer(name, 'original'))],
      observer: this.#trace,
      crashWhen: (desk, records) => this.#crashIn(desk, new Set(records.map(({ type }) => type))),
    });
    this.#trace.clock = (): number => this.world.now - START;
  }

  get world(): World {
    if (this.#world === null) throw new Error('the first sentence says who there is');
    return this.#world;
  }

  taker(name: string): TakerDesk {
    const desk = this.world.taker(peerId(name));
    if (desk === null) throw new Error(`there is no taker ${name}`);
    return desk;
  }

  desk(name: string): MakerDesk | TakerDesk {
    return name === 'maker' ? this.world.maker : this.taker(name);
  }

  // ---- what is done to them ---------------------------------------------------------------------------------------------

  offer(validitySeconds: string, change: Partial<OfferTerms> = {}, plan?: OfferPlan): void {
    this.world.open(terms({ expiresAt: START + Number(validitySeconds) * 1_000, ...change }), 'none', plan);
  }

  /** A job that goes to another taker when its deal fails. */
  offerJob(validitySeconds: string, attemptsMax: string): void {
    const job = { type: 'job', pair: null, unitPrice: null, reference: 'job-7' } as const;
    this.offer(validitySeconds, job, { ifFailed: { attemptsMax: Number(attemptsMax), excludes: true } });
  }

  /** As the desk does when it is told that the deal has failed: `desk/own-offers.ts`. */
  #renewIfOwed(): void {
    const state = this.world.maker.states.get(this.#offer);
    if (state === undefined || !needsRenewal(state)) return;
    const failed = this.#offer;
    const attempt = (state.terms.attempt ?? 1) + 1;
    this.#offer = offerId(`offer-${attempt.toString()}`);
    this.world.open({ ...state.terms, offerId: this.#offer, attempt }, 'none', planOfRenewal(state));
    this.world.inputToMaker(failed, { kind: 'renewed', as: this.#offer });
  }

  accepts(name: string, price?: string): void {
    const original = this.world.original(peerId(name));
    if (original !== null) this.world.originalAccepts(original, this.#offer);
    else this.order(name, { kind: 'accept', ...(price !== undefined && { unitPrice: price as Decimal }) });
  }

  /** A command of the operator: a refusal of it is told. */
  order(name: string, input: Order): void {
    if (name === 'maker') {
      this.#trace.refusedOrder('maker', this.world.inputToMaker(this.#offer, input as MakerInput));
    } else {
      const desk = this.taker(name);
      this.#trace.refusedOrder(name, this.world.inputToTaker(desk, this.#offer, input as TakerInput));
    }
  }

  manyAccept(count: string): void {
    const from = this.world.takers.length;
    for (let index = 0; index < Number(count); index += 1) {
      const taker = peer(`taker-${(from + index).toString()}`);
      this.#unreachable.add(taker.id);
      const message = { cmd: 'offer:accept', offerId: this.#offer, maker: peerId('maker'), taker: taker.id } as const;
      this.#trace.silently(() => this.world.inputToMaker(this.#offer, { kind: 'message', from: taker, message }));
    }
  }

  originalMakerSays(name: string, what: string): void {
    const names = { offerId: this.#offer, maker: peerId('maker') };
    const messages: Readonly<Record<string, Message>> = {
      announces: { cmd: 'offer:new', terms: terms({ pair: null, unitPrice: null, issuedAt: null, expiresAt: null }) },
      approves: { cmd: 'offer:accept:approved', ...names, taker: peerId(name), epoch: null, until: null },
      done: { cmd: 'offer:done', ...names, outcome: null, winner: null, epoch: null },
    };
    const message = messages[what];
    if (message === undefined) throw new Error(`the original does not say ${what}`);
    const hearers = name === 'all' ? this.world.takers : [this.taker(name)];
    for (const hearer of hearers) this.world.originalMakerSays(hearer, this.#offer, message);
  }

  lose(part: string, cmd: string, to: string): void {
    this.#losses.push({ part: part === 'answer' ? 'answer' : 'request', cmd, to: peerId(to) });
  }

  holdBack(name: string): void {
    this.#heldBack.add(peerId(name));
  }

  letThrough(name: string): void {
    this.#heldBack.delete(peerId(name));
    // Also those that their sender has given up: a timeout does not stop what is on its way.
    for (const request of this.world.requests.slice()) {
      if (request.to.id !== name || request.deliveries > 0 || this.#lost.has(request)) continue;
      this.#arrive(request);
    }
  }

  reach(name: string, isReachable: boolean): void {
    if (isReachable) this.#unreachable.delete(peerId(name));
    else this.#unreachable.add(peerId(name));
  }

  err(name: string, doesErr: boolean): void {
    if (doesErr) this.#errs.add(peerId(name));
    else this.#errs.delete(peerId(name));
  }

  willCrash(name: string, when: Crash, type: string): void {
    this.#crashes.push({ desk: name, when, type });
  }

  #crashIn(desk: PeerId, types: ReadonlySet<string>): Crash {
    const crash = this.#crashes.find((each) => each.desk === desk && types.has(each.type));
    if (crash === undefined) return 'none';
    this.#crashes = this.#crashes.filter((each) => each !== crash);
    return crash.when;
  }

  // ---- time and messages ------------------------------------------------------------------------------------------------

  /** From one thing that is due to the next. */
  pass(seconds: string): void {
    const end = this.world.now + Number(seconds) * 1_000;
    for (;;) {
      this.#carryMessages();
      const next = Math.min(this.world.nextDeadline() ?? Infinity, this.#nextTimeout());
      if (next > end) break;
      this.world.now = Math.max(this.world.now, next);
      this.#timeOut();
      this.world.tickWhoIsDue();
    }
    this.world.now = end;
  }

  #waiting(): Request[] {
    return this.world.requests.filter((request) => !request.settled && !this.#isOrphan(request));
  }

  #isOrphan({ from, life }: Request): boolean {
    const desk = from.id === 'maker' ? this.world.maker : this.world.taker(from.id);
    return desk !== null && desk.life !== life;
  }

  #nextTimeout(): number {
    return Math.min(...this.#waiting().map(({ sentAt }) => sentAt + LIMITS.requestTimeoutMs));
  }

  #timeOut(): void {
    for (const request of this.#waiting()) {
      if (request.sentAt + LIMITS.requestTimeoutMs <= this.world.now) this.world.settle(request, 'unknown');
    }
  }

  /** What is sent while messages are carried is carried as well. */
  #carryMessages(): void {
    for (const request of this.world.requests) {
      if (request.deliveries === 0 && !request.gone) this.#carry(request);
    }
  }

  #carry(request: Request): void {
    const { to, message } = request;
    if (this.#lost.has(request) || this.#heldBack.has(to.id)) return;
    const isDown = this.world.taker(to.id)?.down ?? (to.id === 'maker' && this.world.maker.down);
    if (this.#unreachable.has(to.id) || isDown) {
      request.gone = true;
      this.world.settle(request, 'unsent');
      return;
    }
    const loss = this.#losses.find((each) => each.to === to.id && each.cmd === message.cmd);
    this.#losses = this.#losses.filter((each) => each !== loss);
    if (loss?.part === 'request') this.#lost.add(request);
    else this.#arrive(request, loss === undefined);
    if (loss !== undefined) this.#trace.lost(request, loss.part);
  }

  #arrive(request: Request, withAnswer = true): void {
    const mood: Mood = this.#errs.has(request.to.id) ? 'errs' : 'takes';
    this.world.deliver(request, 'none', mood);
    if (withAnswer) this.world.settle(request, 'answer');
  }
}

type Happening = (run: ScriptRun, ...words: string[]) => void;

/** Everything that a script can say. */
const SENTENCES: readonly (readonly [pattern: RegExp, happen: Happening])[] = [
  [
    /^a maker and takers? (.+?)(?: and the original's takers? (.+))?$/,
    (run, takers = '', of = '') => {
      run.raise('grapevine', takers, of);
    },
  ],
  [
    /^a maker and the original's takers? (.+?)$/,
    (run, originals = '') => {
      run.raise('grapevine', '', originals);
    },
  ],
  [
    /^a maker of the original and takers? (.+)$/,
    (run, takers = '') => {
      run.raise('original', takers, '');
    },
  ],
  [
    /^the maker offers, valid for (\d+) s$/,
    (run, seconds = '') => {
      run.offer(seconds);
    },
  ],
  [
    /^the maker offers, the best price after (\d+) s gets it, valid for (\d+) s$/,
    (run, windowSeconds = '', seconds = '') => {
      run.offer(seconds, { award: 'best', windowMs: Number(windowSeconds) * 1_000 });
    },
  ],
  [
    /^the maker offers, its operator chooses, valid for (\d+) s$/,
    (run, seconds = '') => {
      run.offer(seconds, { award: 'manual' });
    },
  ],
  [
    /^the maker offers a job, (\d+) attempts at most, valid for (\d+) s$/,
    (run, attempts = '', seconds = '') => {
      run.offerJob(seconds, attempts);
    },
  ],
  [
    /^the maker's operator chooses (\w+)$/,
    (run, name = '') => {
      run.order('maker', { kind: 'choose', taker: peerId(name) });
    },
  ],
  [
    /^(?:the )?(\w+) reports: (done|failed)$/,
    (run, name = '', result = '') => {
      run.order(name, { kind: 'report', result: result as DealResult });
    },
  ],
  [
    /^the maker cancels$/,
    (run) => {
      run.order('maker', { kind: 'cancel' });
    },
  ],
  [
    /^the maker's operator says: (awarded|released)$/,
    (run, as = '') => {
      run.order('maker', { kind: 'resolve', as });
    },
  ],
  [
    /^(\w+) accepts$/,
    (run, name = '') => {
      run.accepts(name);
    },
  ],
  [
    /^(\w+) accepts at ([\d.]+)$/,
    (run, name = '', price = '') => {
      run.accepts(name, price);
    },
  ],
  [
    /^(\d+) others accept$/,
    (run, count = '') => {
      run.manyAccept(count);
    },
  ],
  [
    /^(\w+) withdraws$/,
    (run, name = '') => {
      run.order(name, { kind: 'withdraw' });
    },
  ],
  [
    /^(\w+)'s operator says: (won|lost)$/,
    (run, name = '', as = '') => {
      run.order(name, { kind: 'resolve', as });
    },
  ],
  [
    /^the original announces its offer$/,
    (run) => {
      run.originalMakerSays('all', 'announces');
    },
  ],
  [
    /^the original approves (\w+)$/,
    (run, name = '') => {
      run.originalMakerSays(name, 'approves');
    },
  ],
  [
    /^the original says that it is done$/,
    (run) => {
      run.originalMakerSays('all', 'done');
    },
  ],
  [
    /^the next (\S+) to (\w+) is lost$/,
    (run, cmd = '', to = '') => {
      run.lose('request', cmd, to);
    },
  ],
  [
    /^the answer to the next (\S+) to (\w+) is lost$/,
    (run, cmd = '', to = '') => {
      run.lose('answer', cmd, to);
    },
  ],
  [
    /^messages to (\w+) are held back$/,
    (run, name = '') => {
      run.holdBack(name);
    },
  ],
  [
    /^messages to (\w+) arrive$/,
    (run, name = '') => {
      run.letThrough(name);
    },
  ],
  [
    /^(\w+) is unreachable$/,
    (run, name = '') => {
      run.reach(name, false);
    },
  ],
  [
    /^(\w+) is reachable$/,
    (run, name = '') => {
      run.reach(name, true);
    },
  ],
  [
    /^(\w+)'s application errs$/,
    (run, name = '') => {
      run.err(name, true);
    },
  ],
  [
    /^(\w+)'s application is well$/,
    (run, name = '') => {
      run.err(name, false);
    },
  ],
  [
    /^(?:the )?(\w+) will crash after writing (\w+)$/,
    (run, name = '', type = '') => {
      run.willCrash(name, 'after-durable', type);
    },
  ],
  [
    /^(?:the )?(\w+) will crash before writing (\w+)$/,
    (run, name = '', type = '') => {
      run.willCrash(name, 'before-durable', type);
    },
  ],
  [
    /^(?:the )?(\w+) crashes$/,
    (run, name = '') => {
      run.world.crash(run.desk(name));
    },
  ],
  [
    /^(?:the )?(\w+) starts again$/,
    (run, name = '') => {
      run.world.restart(run.desk(name));
    },
  ],
  [
    /^([\d.]+) s pass$/,
    (run, seconds = '') => {
      run.pass(seconds);
    },
  ],
];
