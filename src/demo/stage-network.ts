/**
 * The network of one desk of the theatre: in front of the real one, so that every message really travels. Messages about offers are
 * held back for the time that they are seen flying, and may be lost, come twice, or find nobody, as the stage decides. A desk
 * that has crashed says nothing and hears nothing any more.
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
import type { Leg, ShownCommand, Stage } from './stage.ts';

const LOST: RequestResult = { kind: 'unknown', code: 'ERR_TIMEOUT', text: 'lost on the way' };
const DEAD: RequestResult = { kind: 'unknown', code: 'ERR_STOPPING', text: 'this desk has crashed' };
const NOBODY_REACHED: BroadcastResult = { reached: [], unreached: [] };

/** How much later than the first one the copy of a message leaves, in flights. */
const COPY_AFTER_FLIGHTS = 0.35;

const SHOWN: ReadonlySet<string> = new Set<ShownCommand>([
  'offer:new',
  'offer:accept',
  'offer:accept:approved',
  'offer:accept:released',
  'offer:done',
  'offer:status',
]);

/** Said by the taker; the others are said by the maker. */
const OF_THE_TAKER: ReadonlySet<string> = new Set(['offer:accept', 'offer:status']);

interface Said {
  readonly command: ShownCommand;
  readonly offer: number;
  readonly as?: string;
}

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

  /** From now on it is silent, in both directions. */
  kill(): void {
    this.#isDead = true;
  }

  async start(handler: RequestHandler): Promise<{ readonly port: number }> {
    const started = await this.#inner.start(async (request) => {
      const reply = this.#isDead ? null : await handler(request);
      // What is answered after the crash never leaves.
      return reply !== null && !this.#isDead ? reply : new Promise(() => undefined);
    });
    this.#stage.listens(this.#name, `127.0.0.1:${started.port}`);
    return started;
  }

  async request(to: string, payload: unknown, options: RequestOptions = {}): Promise<RequestResult> {
    if (this.#isDead) return DEAD;
    const name = this.#stage.nameOf(to);
    const said = this.#saidIn(payload);
    const send = (): Promise<RequestResult> => this.#inner.request(to, payload, options);
    if (name === undefined) return send();
    if (said === null) return this.#stage.areApart(this.#name, name) ? this.#lose() : send();
    return this.#show({ from: this.#name, to: name, ...said }, send);
  }

  async broadcast(payload: unknown, options: BroadcastOptions = {}): Promise<BroadcastResult> {
    if (this.#isDead) return NOBODY_REACHED;
    const said = this.#saidIn(payload);
    // What is sent to some addresses only is not drawn: their desks have it from its maker already.
    if (said === null || options.brief === true) return this.#tell(payload, options, this.#cutOff());
    const legs = this.#stage.others(this.#name).map((to): Leg => ({ from: this.#name, to, ...said }));
    for (const leg of legs) this.#stage.leaving(leg);
    if (this.#hasDied()) return NOBODY_REACHED;
    const lost = this.#fly(legs);
    if (this.#stage.isTwice) void this.#copyAll(legs, payload, options);
    await this.#stage.wait(this.#stage.flightMs);
    return this.#tell(payload, options, lost);
  }

  stop(): Promise<void> {
    return this.#inner.stop();
  }

  // ---- to one desk ------------------------------------------------------------------------------------------------------

  async #show(leg: Leg, send: () => Promise<RequestResult>): Promise<RequestResult> {
    this.#stage.leaving(leg);
    if (this.#hasDied()) return DEAD;
    if (this.#stage.isTwice) void this.#copy(leg, send);
    return this.#carry(leg, send, {});
  }

  async #copy(leg: Leg, send: () => Promise<RequestResult>): Promise<void> {
    await this.#stage.wait(this.#stage.flightMs * COPY_AFTER_FLIGHTS);
    if (!this.#isDead) await this.#carry(leg, send, { isCopy: true });
  }

  async #carry(leg: Leg, send: () => Promise<RequestResult>, more: { isCopy?: true }): Promise<RequestResult> {
    const ms = this.#stage.flightMs;
    const fate = this.#stage.fateOf(leg);
    this.#stage.record({ kind: 'message', ...leg, ms, fate, ...more });
    await this.#stage.wait(ms);
    if (this.#isDead) return DEAD;
    if (fate === 'lost') return this.#lose();
    const result = await send();
    if (this.#hasDied()) return DEAD;
    return result.kind === 'answer' || result.kind === 'error' ? this.#bringBack(leg, result, more) : result;
  }

  async #bringBack(
    leg: Leg,
    result: Extract<RequestResult, { kind: 'answer' | 'error' }>,
    more: { isCopy?: true },
  ): Promise<RequestResult> {
    const { from, to, command, offer } = leg;
    const says = meaningOf(command, result);
    const fate = this.#stage.answering(leg, says);
    const ms = this.#stage.flightMs;
    const answer = { command, offer, ms, fate, says, isAnswer: true, ...more } as const;
    this.#stage.record({ kind: 'message', from: to, to: from, ...answer });
    await this.#stage.wait(ms);
    if (this.#isDead) return DEAD;
    return fate === 'lost' ? this.#lose() : result;
  }

  /** Nobody says that a message is lost: its sender waits. */
  async #lose(): Promise<RequestResult> {
    await this.#stage.wait(this.#stage.flightMs);
    return this.#isDead ? DEAD : LOST;
  }

  // ---- to all -------------------------------------------------------------------------------------------------------------

  /** @returns the desks that it does not reach */
  #fly(legs: readonly Leg[], more: { isCopy?: true } = {}): ReadonlySet<string> {
    const lost = new Set<string>();
    for (const leg of legs) {
      const fate = this.#stage.fateOf(leg);
      if (fate === 'lost') lost.add(leg.to);
      this.#stage.record({ kind: 'message', ...leg, ms: this.#stage.flightMs, fate, ...more });
    }
    return lost;
  }

  async #copyAll(legs: readonly Leg[], payload: unknown, options: BroadcastOptions): Promise<void> {
    await this.#stage.wait(this.#stage.flightMs * COPY_AFTER_FLIGHTS);
    if (this.#isDead) return;
    const lost = this.#fly(legs, { isCopy: true });
    await this.#stage.wait(this.#stage.flightMs);
    if (!this.#hasDied()) await this.#inner.broadcast(payload, { select: without(this.#stage, lost, options) });
  }

  async #tell(payload: unknown, options: BroadcastOptions, lost: ReadonlySet<string>): Promise<BroadcastResult> {
    if (this.#isDead) return NOBODY_REACHED;
    const missed = new Map<string, Unreached>();
    const select = without(this.#stage, lost, options, (address) =>
      missed.set(address, { address, code: 'ERR_TIMEOUT' }),
    );
    const { reached, unreached } = await this.#inner.broadcast(payload, { ...options, select });
    return { reached, unreached: [...unreached, ...missed.values()] };
  }

  #cutOff(): ReadonlySet<string> {
    return new Set(this.#stage.others(this.#name).filter((name) => this.#stage.areApart(this.#name, name)));
  }

  /** Asked anew after something that may have killed it. */
  #hasDied(): boolean {
    return this.#isDead;
  }

  /** What is drawn: messages about offers. Desks also say that they are there, and compare their books. */
  #saidIn(payload: unknown): Said | null {
    const { cmd, body } = payload as { cmd?: unknown; body?: Readonly<Record<string, unknown>> };
    if (typeof cmd !== 'string' || !SHOWN.has(cmd)) return null;
    const author = this.#stage.nameOf(String(body?.[OF_THE_TAKER.has(cmd) ? 'destination' : 'source']));
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

function meaningOf(command: ShownCommand, result: Extract<RequestResult, { kind: 'answer' | 'error' }>): string {
  if (result.kind === 'answer') return decodeResult(command, result.result).kind;
  return /^ERR_[A-Z_]{1,36}/.exec(result.error)?.[0] ?? 'error';
}
