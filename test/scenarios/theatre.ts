/**
 * Plays a scenario: a text in which each line that starts with `> ` says what happens, and what comes of it stands below.
 * Messages arrive at once and in order unless the script says otherwise; a request without an answer is given up after
 * the usual time. The sentences that can be used are in `SENTENCES`.
 */
import { LIMITS } from '../../src/composition/limits.ts';
import type { Message } from '../../src/protocol/messages.ts';
import type { PeerId } from '../../src/protocol/ids.ts';
import type { MakerInput, TakerInput } from '../../src/protocol/step.ts';
import { peer, offerId, peerId, START, terms } from '../protocol/values.ts';
import { World, type Crash, type MakerDesk, type Mood, type Request, type TakerDesk } from '../protocol/world.ts';
import { Narrator } from './narrator.ts';

/** What an operator can say; the patterns below see to it that `as` fits the role. */
type Order = { readonly kind: 'accept' | 'withdraw' | 'cancel' } | { readonly kind: 'resolve'; readonly as: string };

interface Loss {
  readonly cmd: string;
  readonly to: PeerId;
  readonly part: 'request' | 'answer';
}

/** The text again, with what came of each of its sentences. */
export function perform(script: string): string {
  const theatre = new Theatre();
  const lines: string[] = [];
  for (const line of script.split('\n').filter((each) => each.startsWith('#') || each.startsWith('>'))) {
    const [before = ''] = lines.at(-1) ?? ' ';
    const isNewParagraph = before === ' ' ? lines.length > 0 : before === '>' && line.startsWith('#');
    if (isNewParagraph) lines.push('');
    lines.push(line);
    if (line.startsWith('>')) lines.push(...theatre.play(line.slice(1).trim()).map((each) => `    ${each}`));
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

const OFFER = offerId('offer-1');

class Theatre {
  readonly #narrator = new Narrator();
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
      return this.#narrator.take();
    }
    throw new Error(`no such sentence: ${sentence}`);
  }

  // ---- who there is ---------------------------------------------------------------------------------------------------

  raise(makerDialect: 'grapevine' | 'original', takers: string, originals: string): void {
    const named = (names: string): string[] => names.split(/, | and /).filter((name) => name !== '');
    this.#world = new World({
      maker: peer('maker', makerDialect),
      takers: [...named(takers).map((name) => peer(name)), ...named(originals).map((name) => peer(name, 'original'))],
      observer: this.#narrator,
      crashWhen: (desk, records) => this.#crashIn(desk, new Set(records.map(({ type }) => type))),
    });
    this.#narrator.clock = (): number => this.world.now - START;
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

  offer(validitySeconds: string): void {
    this.world.open(terms({ expiresAt: START + Number(validitySeconds) * 1_000 }));
  }

  accepts(name: string): void {
    const original = this.world.original(peerId(name));
    if (original === null) this.order(name, { kind: 'accept' });
    else this.world.originalAccepts(original, OFFER);
  }

  /** A command of the operator: a refusal of it is told. */
  order(name: string, input: Order): void {
    if (input.kind === 'cancel' || name === 'maker') {
      this.#narrator.refusedOrder('maker', this.world.inputToMaker(OFFER, input as MakerInput));
    } else {
      const desk = this.taker(name);
      this.#narrator.refusedOrder(name, this.world.inputToTaker(desk, OFFER, input as TakerInput));
    }
  }

  manyAccept(count: string): void {
    const from = this.world.takers.length;
    for (let index = 0; index < Number(count); index += 1) {
      const taker = peer(`taker-${(from + index).toString()}`);
      this.#unreachable.add(taker.id);
      const message = { cmd: 'offer:accept', offerId: OFFER, maker: peerId('maker'), taker: taker.id } as const;
      this.#narrator.silently(() => this.world.inputToMaker(OFFER, { kind: 'message', from: taker, message }));
    }
  }

  originalMakerSays(name: string, what: string): void {
    const names = { offerId: OFFER, maker: peerId('maker') };
    const messages: Readonly<Record<string, Message>> = {
      announces: { cmd: 'offer:new', terms: terms({ pair: null, unitPrice: null, issuedAt: null, expiresAt: null }) },
      approves: { cmd: 'offer:accept:approved', ...names, taker: peerId(name), epoch: null, until: null },
      done: { cmd: 'offer:done', ...names, outcome: null, winner: null, epoch: null },
    };
    const message = messages[what];
    if (message === undefined) throw new Error(`the original does not say ${what}`);
    const hearers = name === 'all' ? this.world.takers : [this.taker(name)];
    for (const hearer of hearers) this.world.originalMakerSays(hearer, OFFER, message);
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
    if (loss !== undefined) this.#narrator.lost(request, loss.part);
    if (loss?.part === 'request') this.#lost.add(request);
    else this.#arrive(request, loss === undefined);
  }

  #arrive(request: Request, withAnswer = true): void {
    const mood: Mood = this.#errs.has(request.to.id) ? 'errs' : 'takes';
    this.world.deliver(request, 'none', mood);
    if (withAnswer) this.world.settle(request, 'answer');
  }
}

type Happening = (theatre: Theatre, ...words: string[]) => void;

/** Everything that a script can say. */
const SENTENCES: readonly (readonly [pattern: RegExp, happen: Happening])[] = [
  [
    /^a maker and takers? (.+?)(?: and the original's takers? (.+))?$/,
    (t, takers = '', of = '') => {
      t.raise('grapevine', takers, of);
    },
  ],
  [
    /^a maker and the original's takers? (.+?)$/,
    (t, originals = '') => {
      t.raise('grapevine', '', originals);
    },
  ],
  [
    /^a maker of the original and takers? (.+)$/,
    (t, takers = '') => {
      t.raise('original', takers, '');
    },
  ],
  [
    /^the maker offers, valid for (\d+) s$/,
    (t, seconds = '') => {
      t.offer(seconds);
    },
  ],
  [
    /^the maker cancels$/,
    (t) => {
      t.order('maker', { kind: 'cancel' });
    },
  ],
  [
    /^the maker's operator says: (awarded|released)$/,
    (t, as = '') => {
      t.order('maker', { kind: 'resolve', as });
    },
  ],
  [
    /^(\w+) accepts$/,
    (t, name = '') => {
      t.accepts(name);
    },
  ],
  [
    /^(\d+) others accept$/,
    (t, count = '') => {
      t.manyAccept(count);
    },
  ],
  [
    /^(\w+) withdraws$/,
    (t, name = '') => {
      t.order(name, { kind: 'withdraw' });
    },
  ],
  [
    /^(\w+)'s operator says: (won|lost)$/,
    (t, name = '', as = '') => {
      t.order(name, { kind: 'resolve', as });
    },
  ],
  [
    /^the original announces its offer$/,
    (t) => {
      t.originalMakerSays('all', 'announces');
    },
  ],
  [
    /^the original approves (\w+)$/,
    (t, name = '') => {
      t.originalMakerSays(name, 'approves');
    },
  ],
  [
    /^the original says that it is done$/,
    (t) => {
      t.originalMakerSays('all', 'done');
    },
  ],
  [
    /^the next (\S+) to (\w+) is lost$/,
    (t, cmd = '', to = '') => {
      t.lose('request', cmd, to);
    },
  ],
  [
    /^the answer to the next (\S+) to (\w+) is lost$/,
    (t, cmd = '', to = '') => {
      t.lose('answer', cmd, to);
    },
  ],
  [
    /^messages to (\w+) are held back$/,
    (t, name = '') => {
      t.holdBack(name);
    },
  ],
  [
    /^messages to (\w+) arrive$/,
    (t, name = '') => {
      t.letThrough(name);
    },
  ],
  [
    /^(\w+) is unreachable$/,
    (t, name = '') => {
      t.reach(name, false);
    },
  ],
  [
    /^(\w+) is reachable$/,
    (t, name = '') => {
      t.reach(name, true);
    },
  ],
  [
    /^(\w+)'s application errs$/,
    (t, name = '') => {
      t.err(name, true);
    },
  ],
  [
    /^(\w+)'s application is well$/,
    (t, name = '') => {
      t.err(name, false);
    },
  ],
  [
    /^(?:the )?(\w+) will crash after writing (\w+)$/,
    (t, name = '', type = '') => {
      t.willCrash(name, 'after-durable', type);
    },
  ],
  [
    /^(?:the )?(\w+) will crash before writing (\w+)$/,
    (t, name = '', type = '') => {
      t.willCrash(name, 'before-durable', type);
    },
  ],
  [
    /^(?:the )?(\w+) crashes$/,
    (t, name = '') => {
      t.world.crash(t.desk(name));
    },
  ],
  [
    /^(?:the )?(\w+) starts again$/,
    (t, name = '') => {
      t.world.restart(t.desk(name));
    },
  ],
  [
    /^([\d.]+) s pass$/,
    (t, seconds = '') => {
      t.pass(seconds);
    },
  ],
];
