/**
 * The network of one desk of the theatre. It wraps the real network, so every message is really sent. Messages about offers are
 * delayed, so that they can be seen, and the stage decides which are lost or duplicated. A crashed desk sends and receives nothing.
 */
import type {
  BroadcastOptions,
  BroadcastResult,
  Network,
  RequestHandler,
  RequestOptions,
  RequestResult,
  Unreached,
} from '../ports/network.ts';
import { decodeResult } from '../wire/answer-codec.ts';
import type { OfferMessage, ShownCommand, Stage } from './stage.ts';

const LOST: RequestResult = { kind: 'unknown', code: 'ERR_TIMEOUT', text: 'lost on the way' };
const DEAD: RequestResult = { kind: 'unknown', code: 'ERR_STOPPING', text: 'this desk has crashed' };
const NOBODY_REACHED: BroadcastResult = { reached: [], unreached: [] };

/** The delay before a duplicate is sent, as a part of `flightMs`. */
const COPY_AFTER_FLIGHTS = 0.35;

const SHOWN: ReadonlySet<string> = new Set<ShownCommand>([
  'offer:new',
  'offer:accept',
  'offer:accept:approved',
  'offer:accept:released',
  'offer:done',
  'offer:status',
]);

/** Sent by takers; the maker sends the others. */
const FROM_TAKER: ReadonlySet<string> = new Set(['offer:accept', 'offer:status']);

type Shown = Omit<OfferMessage, 'from' | 'to'>;

export class StageNetwork implements Network {
  readonly #stage: Stage;
  readonly #name: string;
  readonly #inner: Network;
  #isDead = false;

  constructor(stage: Stage, name: string, inner: Network) {
    this.#stage = stage;
    this.#name = name;
    this.#inner = inner;
  }

  /** Simulates a crash: from now on, nothing is sent or received. */
  kill(): void {
    this.#isDead = true;
  }

  async start(handler: RequestHandler): Promise<{ readonly port: number }> {
    const started = await this.#inner.start(async (request) => {
      const reply = this.#isDead ? null : await handler(request);
      // An answer that is ready after the crash is not sent.
      return reply !== null && !this.#isDead ? reply : new Promise(() => undefined);
    });
    this.#stage.setAddress(this.#name, `127.0.0.1:${started.port}`);
    return started;
  }

  async request(to: string, payload: unknown, options: RequestOptions = {}): Promise<RequestResult> {
    if (this.#isDead) return DEAD;
    const name = this.#stage.nameOf(to);
    const shown = this.#shownIn(payload);
    const send = (): Promise<RequestResult> => this.#inner.request(to, payload, options);
    if (name === undefined) return send();
    if (shown === null) return this.#stage.areApart(this.#name, name) ? this.#lose() : send();
    return this.#sendShown({ from: this.#name, to: name, ...shown }, send);
  }

  async broadcast(payload: unknown, options: BroadcastOptions = {}): Promise<BroadcastResult> {
    if (this.#isDead) return NOBODY_REACHED;
    const shown = this.#shownIn(payload);
    // Brief broadcasts are not drawn: the maker has already sent the same message to these desks.
    if (shown === null || options.brief === true) return this.#broadcastExcept(this.#separated(), payload, options);
    const messages = this.#stage.others(this.#name).map((to): OfferMessage => ({ from: this.#name, to, ...shown }));
    for (const message of messages) this.#stage.beforeSend(message);
    if (this.#hasDied()) return NOBODY_REACHED;
    const lost = this.#recordAll(messages);
    if (this.#stage.duplicates) void this.#duplicateAll(messages, payload, options);
    await this.#stage.wait(this.#stage.flightMs);
    return this.#broadcastExcept(lost, payload, options);
  }

  stop(): Promise<void> {
    return this.#inner.stop();
  }

  // ---- to one desk ------------------------------------------------------------------------------------------------------

  async #sendShown(message: OfferMessage, send: () => Promise<RequestResult>): Promise<RequestResult> {
    this.#stage.beforeSend(message);
    if (this.#hasDied()) return DEAD;
    if (this.#stage.duplicates) void this.#duplicate(message, send);
    return this.#deliver(message, send, {});
  }

  async #duplicate(message: OfferMessage, send: () => Promise<RequestResult>): Promise<void> {
    await this.#stage.wait(this.#stage.flightMs * COPY_AFTER_FLIGHTS);
    if (!this.#isDead) await this.#deliver(message, send, { isCopy: true });
  }

  async #deliver(
    message: OfferMessage,
    send: () => Promise<RequestResult>,
    more: { isCopy?: true },
  ): Promise<RequestResult> {
    const ms = this.#stage.flightMs;
    const fate = this.#stage.fateOf(message);
    this.#stage.record({ kind: 'message', ...message, ms, fate, ...more });
    await this.#stage.wait(ms);
    if (this.#isDead) return DEAD;
    if (fate === 'lost') return this.#lose();
    const result = await send();
    if (this.#hasDied()) return DEAD;
    return result.kind === 'answer' || result.kind === 'error' ? this.#returnAnswer(message, result, more) : result;
  }

  async #returnAnswer(
    message: OfferMessage,
    result: Extract<RequestResult, { kind: 'answer' | 'error' }>,
    more: { isCopy?: true },
  ): Promise<RequestResult> {
    const { from, to, command, offer } = message;
    const says = kindOf(command, result);
    const fate = this.#stage.beforeAnswer(message, says);
    const ms = this.#stage.flightMs;
    const answer = { command, offer, ms, fate, says, isAnswer: true, ...more } as const;
    this.#stage.record({ kind: 'message', from: to, to: from, ...answer });
    await this.#stage.wait(ms);
    if (this.#isDead) return DEAD;
    return fate === 'lost' ? this.#lose() : result;
  }

  /** The sender of a lost message learns nothing and times out. */
  async #lose(): Promise<RequestResult> {
    await this.#stage.wait(this.#stage.flightMs);
    return this.#isDead ? DEAD : LOST;
  }

  // ---- to all -------------------------------------------------------------------------------------------------------------

  /** @returns the desks whose messages are lost */
  #recordAll(messages: readonly OfferMessage[], more: { isCopy?: true } = {}): ReadonlySet<string> {
    const lost = new Set<string>();
    for (const message of messages) {
      const fate = this.#stage.fateOf(message);
      if (fate === 'lost') lost.add(message.to);
      this.#stage.record({ kind: 'message', ...message, ms: this.#stage.flightMs, fate, ...more });
    }
    return lost;
  }

  async #duplicateAll(messages: readonly OfferMessage[], payload: unknown, options: BroadcastOptions): Promise<void> {
    await this.#stage.wait(this.#stage.flightMs * COPY_AFTER_FLIGHTS);
    if (this.#isDead) return;
    const lost = this.#recordAll(messages, { isCopy: true });
    await this.#stage.wait(this.#stage.flightMs);
    if (!this.#hasDied()) await this.#inner.broadcast(payload, { select: without(this.#stage, lost, options) });
  }

  async #broadcastExcept(
    lost: ReadonlySet<string>,
    payload: unknown,
    options: BroadcastOptions,
  ): Promise<BroadcastResult> {
    if (this.#isDead) return NOBODY_REACHED;
    const missed = new Map<string, Unreached>();
    const select = without(this.#stage, lost, options, (address) =>
      missed.set(address, { address, code: 'ERR_TIMEOUT' }),
    );
    const { reached, unreached } = await this.#inner.broadcast(payload, { ...options, select });
    return { reached, unreached: [...unreached, ...missed.values()] };
  }

  /** The desks on the other side of a split network. */
  #separated(): ReadonlySet<string> {
    return new Set(this.#stage.others(this.#name).filter((name) => this.#stage.areApart(this.#name, name)));
  }

  /** A method, as TypeScript believes that `#isDead` still has the value of the last check. */
  #hasDied(): boolean {
    return this.#isDead;
  }

  /** Only messages about offers are shown. Desks also send hello messages, and compare their books. */
  #shownIn(payload: unknown): Shown | null {
    const { cmd, body } = payload as { cmd?: unknown; body?: Readonly<Record<string, unknown>> };
    if (typeof cmd !== 'string' || !SHOWN.has(cmd)) return null;
    const author = this.#stage.nameOf(String(body?.[FROM_TAKER.has(cmd) ? 'destination' : 'source']));
    const isForged = author !== undefined && author !== this.#name;
    const offer = this.#stage.offerOf(String(body?.['offerId']));
    return { command: cmd as ShownCommand, offer, ...(isForged && { as: author }) };
  }
}

function without(
  stage: Stage,
  lost: ReadonlySet<string>,
  { select = (same) => same }: BroadcastOptions,
  missed: (address: string) => void = () => undefined,
): (addresses: readonly string[]) => readonly string[] {
  return (addresses) =>
    select(addresses).filter((address) => {
      const isLost = lost.has(stage.nameAt(address) ?? '');
      if (isLost) missed(address);
      return !isLost;
    });
}

function kindOf(command: ShownCommand, result: Extract<RequestResult, { kind: 'answer' | 'error' }>): string {
  if (result.kind === 'answer') return decodeResult(command, result.result).kind;
  return /^ERR_[A-Z_]{1,36}/.exec(result.error)?.[0] ?? 'error';
}
