/**
 * A malicious peer. It receives every message of its world, and has only its own key. It forges, changes, truncates, repeats and redirects
 * messages, announces offers with two texts or two outcomes, accepts and then refuses, confirms twice, and answers at old addresses of
 * other desks.
 */
import type { Reply, RequestResult } from '../src/ports/network.ts';
import { offerKey, type OfferId, type OfferKey, type PeerId } from '../src/protocol/ids.ts';
import { LIMITS } from '../src/composition/limits.ts';
import type { Answer, Message, OfferTerms } from '../src/protocol/messages.ts';
import { encodeAnswer } from '../src/wire/answer-codec.ts';
import { readAuth } from '../src/wire/auth-codec.ts';
import { encodeMessage, parsePayload } from '../src/wire/message-codec.ts';
import { answerStatement, speakerOf } from '../src/wire/statement.ts';
import { keyedIdentity, keyedScheme, type SyncIdentity } from '../testing/keyed-scheme.ts';
import type { Dice } from './dice.ts';
import { REQUEST_TIMEOUT_MS, type Arrival, type Router, type Impostor, type Sending } from './router.ts';
import { isWorthKeeping, LIES, lieAbout, type Overheard } from './lies.ts';
import { EPOCH_MS } from './sim-clock.ts';
import { isOurs, keyOf, type WireBody, type WirePayload } from './wire-payload.ts';
import type { Witness } from './witness.ts';

export interface LiarInit {
  readonly id: PeerId;
  readonly router: Router;
  readonly witness: Witness;
  readonly dice: Dice;
  readonly desks: readonly PeerId[];
}

/** The number of latest messages, and of latest answers, that it remembers. */
const REMEMBERED = 200;

export class Liar implements Witness {
  readonly id: PeerId;
  readonly #init: LiarInit;
  readonly #identity: SyncIdentity;
  readonly #life: { readonly peer: PeerId; alive: boolean; crash: () => void };
  readonly #overheard: Overheard[] = [];
  readonly #answers: { readonly cmd: string; readonly reply: Reply }[] = [];
  readonly #denied = new Set<string>();
  readonly #offersHeard = new Map<OfferKey, OfferTerms>();
  #rid = 0;
  #offers = 0;

  constructor(init: LiarInit) {
    this.#init = init;
    this.id = init.id;
    this.#identity = keyedIdentity(init.id);
    this.#life = { peer: init.id, alive: true, crash: () => undefined };
  }

  /** @param untilMs the end of its activity */
  start(untilMs: number): void {
    const { router, dice } = this.#init;
    router.join(this.#life, (arrival) => Promise.resolve(this.#answer(arrival)));
    const acts = dice.whole(10, 60);
    for (let act = 0; act < acts; act += 1) {
      router.timeline.after(dice.whole(10, untilMs), () => {
        this.#act();
      });
    }
  }

  healed(): void {
    this.#life.alive = false;
    this.#init.router.leave(this.#life);
  }

  // ---- messages that it receives ----------------------------------------------------------------------------------------------------

  sent(from: PeerId, to: PeerId, payload: WirePayload): void {
    if (isWorthKeeping(from, payload)) keep(this.#overheard, { to, payload });
  }

  replied(_desk: PeerId, _to: PeerId, { cmd }: WirePayload, reply: Reply): void {
    keep(this.#answers, { cmd, reply });
  }

  // ---- its own messages -----------------------------------------------------------------------------------------------------

  #act(): void {
    const { dice } = this.#init;
    if (!this.#life.alive) return;
    if (dice.chance(0.1)) this.#announceTwice();
    else if (dice.chance(0.4)) this.#repeat();
    else this.#lie();
  }

  /** Mostly a recent message, as old ones have no effect. */
  #recent(): Overheard | undefined {
    if (this.#overheard.length === 0) return undefined;
    return this.#overheard.at(-this.#init.dice.spread(1, this.#overheard.length));
  }

  #lie(): void {
    const { dice, desks, witness } = this.#init;
    const overheard = this.#recent();
    if (overheard === undefined) return;
    const lie = dice.pick(LIES);
    const victim = dice.chance(0.7) ? overheard.to : (dice.pick(desks) ?? overheard.to);
    const payload = lieAbout(lie, overheard, lie === 'other recipient' ? victim : this.id, dice);
    if (payload === null || JSON.stringify(payload) === JSON.stringify(overheard.payload)) return;
    witness.fault?.('forgery', `${lie}: ${payload.cmd} to ${victim}`);
    this.#send(victim, payload, 'forged');
  }

  /** Repeats a message unchanged, late, and sometimes to another peer. */
  #repeat(): void {
    const { dice, desks, witness } = this.#init;
    const overheard = this.#recent();
    if (overheard === undefined) return;
    const { cmd } = overheard.payload;
    const to = dice.chance(0.4) ? (dice.pick(desks) ?? overheard.to) : overheard.to;
    const isForIt = to === overheard.to || cmd === 'offer:new' || cmd === 'offer:done';
    witness.fault?.(isForIt ? 'replay' : 'forgery', `${cmd} to ${to}`);
    this.#send(to, overheard.payload, isForIt ? 'repeated' : 'forged');
  }

  /** An offer with two texts, or with two outcomes. Some peers receive the first, some the second, some both. */
  #announceTwice(): void {
    const { dice, router, witness } = this.#init;
    this.#offers += 1;
    const offerId = `lie-${this.#offers}` as OfferId;
    const issuedAt = EPOCH_MS + router.timeline.now;
    const times = { issuedAt, expiresAt: issuedAt + dice.whole(5_000, 100_000) };
    const body = { offerId, source: this.id, type: 'sell', ...times };
    const texts = [1, dice.chance(0.5) ? 1 : 2].map((amount) => this.#signed('offer:new', { ...body, amount }));
    witness.fault?.('equivocation', offerId);
    this.#sendToSome(texts);
    router.timeline.after(dice.whole(1_000, 20_000), () => {
      const end = { offerId, source: this.id, outcome: 'awarded', epoch: 1 };
      this.#sendToSome([0, 1].map(() => this.#signed('offer:done', { ...end, winner: dice.pick(this.#init.desks) })));
    });
  }

  #sendToSome(statements: readonly WirePayload[]): void {
    const { desks, dice } = this.#init;
    for (const desk of desks) {
      for (const statement of statements) if (dice.chance(0.7)) this.#send(desk, statement, undefined, 'broadcast');
    }
  }

  #signed(cmd: string, body: object): WirePayload {
    const { message } = parsePayload({ cmd, body });
    return encodeMessage(message, this.#identity.sign(message));
  }

  #send(to: PeerId, payload: WirePayload, lie?: Sending['lie'], service: Sending['service'] = 'direct'): void {
    // Messages between liars prove nothing.
    if (!isOurs(to)) return;
    this.#rid += 1;
    const sending = { rid: this.#rid, service, text: JSON.stringify(payload), payload, timeoutMs: REQUEST_TIMEOUT_MS };
    this.#init.router.send(this.#life, to, { ...sending, once: true, lie }, () => undefined);
  }

  // ---- its answers --------------------------------------------------------------------------------------------------

  #answer({ payload, service }: Arrival): Reply {
    const { dice } = this.#init;
    const { cmd, body } = payload;
    if (cmd === 'offer:new') this.#remember(payload);
    if (cmd === 'offer:new' && body.source !== this.id && dice.chance(0.5)) this.#acceptLater(body);
    if (cmd === 'offer:accept:approved') return this.#answerApproval(payload);
    if (cmd === 'offer:accept') this.#approveLater(body);
    if (cmd === 'offer:done' && body.winner === this.id && service === 'direct') this.#reportTwice(body);
    return this.#signedAnswer(payload, dice.pick(lyingAnswers(body, dice)));
  }

  #remember(payload: WirePayload): void {
    const { message } = parsePayload(payload);
    if (message.cmd !== 'offer:new') return;
    const { maker, offerId } = message.terms;
    this.#offersHeard.set(offerKey(maker, offerId), message.terms);
  }

  #acceptLater({ offerId = '', source = '' }: WireBody): void {
    const { dice, router } = this.#init;
    const bid = dice.chance(0.5) ? { unitPrice: dice.whole(1, 1_000_000) } : {};
    const accept = this.#signed('offer:accept', { offerId, source, destination: this.id, ...bid });
    router.timeline.after(dice.spread(1, 2_000), () => {
      this.#send(source as PeerId, accept);
    });
  }

  /** For a deal that it has won: first reports `done`, and later `failed`. */
  #reportTwice({ offerId = '', source = '' }: WireBody): void {
    const { dice, router, witness } = this.#init;
    const names = { offerId, source, destination: this.id, by: 'taker' };
    for (const [index, result] of ['done', 'failed'].entries()) {
      router.timeline.after(index * 5_000 + dice.spread(1, 4_000), () => {
        if (!this.#life.alive) return;
        if (index > 0) witness.fault?.('second report', offerId);
        this.#send(
          source as PeerId,
          this.#signed('deal:report', { ...names, result, at: EPOCH_MS + router.timeline.now }),
        );
      });
    }
  }

  /** Approves every taker of its offer. */
  #approveLater({ offerId = '', destination = '' }: WireBody): void {
    const { dice, router } = this.#init;
    router.timeline.after(dice.spread(1, 5_000), () => {
      const names = { offerId, source: this.id, destination };
      const until = EPOCH_MS + router.timeline.now + LIMITS.reservationMs;
      this.#send(destination as PeerId, this.#signed('offer:accept:approved', { ...names, epoch: 1, until }));
    });
  }

  /** Confirms, refuses, confirms and later refuses, or confirms something else. */
  #answerApproval(payload: WirePayload): Reply {
    const { dice, witness } = this.#init;
    const { epoch = 1 } = payload.body;
    const offer = keyOf(payload.body);
    const no: Answer = { kind: 'refused', code: 'ERR_NOT_INTERESTED', text: 'no' };
    if (offer === null || this.#denied.has(`${offer} ${epoch}`)) return this.#signedAnswer(payload, no);
    if (dice.chance(0.3)) return this.#signedAnswer(payload, { kind: 'confirmed', epoch: epoch + dice.whole(1, 3) });
    if (dice.chance(0.4)) return this.#signedAnswer(payload, no);
    if (dice.chance(0.5)) this.#denied.add(`${offer} ${epoch}`);
    // A MAC proves nothing to others, so this confirmation does not count.
    if (dice.chance(0.3)) return this.#answerWithMac(payload, { kind: 'confirmed', epoch });
    witness.signedConfirmation?.(this.id, offer, epoch);
    return this.#signedAnswer(payload, { kind: 'confirmed', epoch });
  }

  #answerWithMac(request: WirePayload, answer: Answer): Reply {
    const { message, auth } = parsePayload(request);
    const to = speakerOf(message);
    const sent = readAuth(auth);
    const nonce = sent !== null && 'mac' in sent ? sent.nonce : undefined;
    const text = answerStatement(message, nonce, { by: this.id, to, answer });
    const mac = to === null ? null : keyedScheme(this.id).mac(to, text);
    return mac === null ? this.#signedAnswer(request, answer) : encodeAnswer(answer, { mac });
  }

  #signedAnswer(request: WirePayload, answer: Answer): Reply {
    const { message, auth } = parsePayload(request);
    const sender = this.#identity.authenticate(message, auth);
    if ('kind' in sender) return encodeAnswer(answer);
    const terms = answer.kind === 'confirmed' ? this.#termsOf(message) : undefined;
    return encodeAnswer(answer, this.#identity.signAnswer(message, sender, answer, terms));
  }

  /** The announced terms of the offer. */
  #termsOf(request: Message): OfferTerms | undefined {
    if (request.cmd !== 'offer:accept:approved') return undefined;
    return this.#offersHeard.get(offerKey(request.maker, request.offerId));
  }

  /** Answers at an old address of another desk, with a wrong signature. */
  answerFor(payload: WirePayload): RequestResult {
    const { dice } = this.#init;
    const former = dice.pick(this.#answers.filter(({ cmd }) => cmd === payload.cmd));
    if (former !== undefined && dice.chance(0.4)) return resultOf(former.reply);
    const answer = dice.pick(lyingAnswers(payload.body, dice));
    if (dice.chance(0.5)) return resultOf(encodeAnswer(answer));
    return resultOf(this.#signedAnswer(payload, answer));
  }
}

function lyingAnswers({ epoch }: WireBody, dice: Dice): readonly [Answer, ...Answer[]] {
  const status = { kind: 'status', epoch: dice.whole(0, 3) } as const;
  return [
    { kind: 'queued', position: 0 },
    { kind: 'confirmed', epoch: epoch ?? 1 },
    { kind: 'acknowledged' },
    { ...status, phase: 'awarded', standing: 'won' },
    { ...status, phase: 'awarded', standing: 'lost' },
    { ...status, phase: 'open', standing: 'none' },
    { kind: 'refused', code: 'ERR_OFFER_TAKEN', text: 'gone' },
    { kind: 'refused', code: 'ERR_NOT_INTERESTED', text: 'no' },
  ];
}

function resultOf({ error, result }: Reply): RequestResult {
  return error === null ? { kind: 'answer', result } : { kind: 'error', error, result };
}

function keep<Item>(items: Item[], item: Item): void {
  items.push(item);
  if (items.length > REMEMBERED) items.shift();
}

/** How often a request reaches a liar at an old address of the receiver. */
const IMPOSTORS = 0.05;

/** A liar that answers at addresses of other desks. */
export function impostorOf(liars: readonly Liar[], dice: Dice, witness: Witness): Impostor {
  return ({ from, to }, payload) => {
    if (!isOurs(from) || !isOurs(to) || !dice.chance(IMPOSTORS)) return null;
    const liar = dice.pick(liars);
    if (liar === undefined) return null;
    witness.fault?.('impostor', `${liar.id} for ${to}: ${payload.cmd}`);
    return liar.answerFor(payload);
  };
}
