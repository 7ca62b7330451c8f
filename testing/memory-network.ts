/**
 * A network in memory, for tests of desks. Payloads and answers are copied as JSON, and each delivery is asynchronous. A test can
 * observe each leg of each message, and deliver, drop, duplicate or hold it. With a manual clock, runs are repeatable.
 */
import { systemClock } from '../src/host/system-clock.ts';
import type { Alarm, Clock } from '../src/ports/clock.ts';
import type {
  BroadcastOptions,
  BroadcastResult,
  IncomingRequest,
  Network,
  Reply,
  RequestHandler,
  RequestOptions,
  RequestResult,
  ServiceKind,
  Unreached,
} from '../src/ports/network.ts';
import { GrapevineError, type ErrorCode } from '../src/protocol/errors.ts';
import { hashOf } from '../src/protocol/back-off.ts';
import { LIMITS } from '../src/composition/limits.ts';

/** A message in transit: a request to `to`, or the answer to `to`. */
export interface Leg {
  readonly kind: 'request' | 'answer';
  readonly from: string;
  readonly to: string;
  readonly service: ServiceKind;
  /** The payload of the request, on both legs. */
  readonly payload: unknown;
  /** Only on the leg of the answer. */
  readonly reply?: Reply;
}

/** `duplicate` of a request: the receiver handles it twice, and the first answer counts. A {@link Hold} delays the leg. */
type Verdict = 'deliver' | 'drop' | 'duplicate' | Hold;

export type Intercept = (leg: Leg) => Verdict;

/** Delays the legs for which it is returned until it is released. */
export class Hold {
  readonly #waiting: (() => void)[] = [];
  #released = false;

  get count(): number {
    return this.#waiting.length;
  }

  release(): void {
    this.#released = true;
    for (const go of this.#waiting.splice(0)) go();
  }

  whenReleased(go: () => void): void {
    if (this.#released) go();
    else this.#waiting.push(go);
  }
}

export interface MemoryHubInit {
  /** Default: the system's clock. */
  readonly clock?: Clock;
  readonly intercept?: Intercept;
  /** `at-once`: the sender of a dropped message does not wait for the time-out. Default: `after-timeout`. */
  readonly reportDrops?: 'at-once' | 'after-timeout';
}

const FIRST_PORT = 40_000;

export class MemoryHub {
  readonly clock: Clock;
  readonly reportDrops: 'at-once' | 'after-timeout';
  /** Can be replaced at any time. */
  intercept: Intercept;
  /** The most desks that a lookup returns. Each lookup returns others, as with a grape. */
  lookupMax = Infinity;
  #lookups = 0;
  readonly #networks = new Map<string, MemoryNetwork>();
  readonly #down = new Set<string>();
  #nextPort = FIRST_PORT;

  constructor(init: MemoryHubInit = {}) {
    this.clock = init.clock ?? systemClock;
    this.reportDrops = init.reportDrops ?? 'after-timeout';
    this.intercept = init.intercept ?? (() => 'deliver');
  }

  /** The network of the desk with this id. A second one with the same id replaces the first when it starts. */
  network(deskId: string): MemoryNetwork {
    return new MemoryNetwork(this, deskId);
  }

  /** From now on, requests to this desk are `unsent`. It may still answer earlier requests. */
  takeDown(deskId: string): void {
    this.#down.add(deskId);
  }

  bringUp(deskId: string): void {
    this.#down.delete(deskId);
  }

  /** @internal for MemoryNetwork, like the methods below */
  join(network: MemoryNetwork): number {
    this.#networks.set(network.deskId, network);
    return this.#nextPort++;
  }

  leave(network: MemoryNetwork): void {
    if (this.#networks.get(network.deskId) === network) this.#networks.delete(network.deskId);
  }

  find(deskId: string): MemoryNetwork | null {
    return this.#down.has(deskId) ? null : (this.#networks.get(deskId) ?? null);
  }

  get others(): readonly string[] {
    return [...this.#networks.keys()];
  }

  lookup(by: string): readonly string[] {
    const others = this.others.filter((deskId) => deskId !== by);
    if (others.length <= this.lookupMax) return others;
    this.#lookups += 1;
    const order = new Map(others.map((id) => [id, hashOf(`${id} ${this.#lookups.toString()}`)]));
    return others.sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0)).slice(0, this.lookupMax);
  }
}

export class MemoryNetwork implements Network {
  readonly deskId: string;
  readonly #hub: MemoryHub;
  readonly #pending = new Set<Pending>();
  #handler: RequestHandler | null = null;
  #state: 'new' | 'running' | 'stopped' = 'new';

  constructor(hub: MemoryHub, deskId: string) {
    this.#hub = hub;
    this.deskId = deskId;
  }

  start(handler: RequestHandler): Promise<{ readonly port: number }> {
    if (this.#state === 'running') return Promise.reject(new GrapevineError('ERR_WRONG_STATE', 'started before'));
    if (this.#state === 'stopped') return Promise.reject(new GrapevineError('ERR_DESK_STOPPED', 'stopped before'));
    this.#state = 'running';
    this.#handler = handler;
    return Promise.resolve({ port: this.#hub.join(this) });
  }

  request(to: string, payload: unknown, options: RequestOptions = {}): Promise<RequestResult> {
    if (options.service === 'relay') return Promise.resolve(unsent('ERR_NO_ADDRESS', 'nobody relays here'));
    return this.#send(to, options.service ?? 'direct', payload, options.timeoutMs ?? LIMITS.requestTimeoutMs);
  }

  async broadcast(payload: unknown, { select, onAnswer }: BroadcastOptions = {}): Promise<BroadcastResult> {
    const found = this.#hub.lookup(this.deskId);
    const others = select?.(found) ?? found;
    if (this.#state !== 'running') return { reached: [], unreached: [] };
    const reached: string[] = [];
    const unreached: Unreached[] = [];
    await Promise.all(
      others.map(async (deskId) => {
        const result = await this.#send(deskId, 'broadcast', payload, LIMITS.requestTimeoutMs);
        const code = unreachedCode(result);
        if (result.kind === 'answer' && result.result !== null) onAnswer?.(deskId, result.result);
        if (code === null) reached.push(deskId);
        else unreached.push({ address: deskId, code });
      }),
    );
    return { reached, unreached };
  }

  stop(): Promise<void> {
    this.#state = 'stopped';
    this.#hub.leave(this);
    for (const pending of [...this.#pending]) pending.settle(lost('ERR_STOPPING', 'this desk is stopping'));
    return Promise.resolve();
  }

  #send(to: string, service: ServiceKind, payload: unknown, timeoutMs: number): Promise<RequestResult> {
    if (this.#state !== 'running') return Promise.resolve(unsent('ERR_STOPPING', 'this desk is not running'));
    const copy = copyJson(payload);
    if (copy === null) return Promise.resolve(unsent('ERR_INTERNAL', 'the payload can not be written as JSON'));
    return new Promise((resolve) => {
      const pending = new Pending(this.#hub.clock, timeoutMs, (result) => {
        this.#pending.delete(pending);
        resolve(result);
      });
      this.#pending.add(pending);
      const leg: Leg = { kind: 'request', from: this.deskId, to, service, payload: copy.value };
      this.#travel(leg, pending, () => {
        this.#arrive(leg, pending);
      });
    });
  }

  /** Asks the interceptor. Then the leg arrives in a later turn, or not at all. */
  #travel(leg: Leg, pending: Pending, arrive: () => void): void {
    const verdict = this.#hub.intercept(leg);
    if (verdict === 'drop') {
      if (this.#hub.reportDrops === 'at-once') {
        queueMicrotask(() => {
          pending.settle(lost('ERR_TIMEOUT', 'lost'));
        });
      }
      return;
    }
    const deliver = (): void => {
      queueMicrotask(arrive);
    };
    if (verdict instanceof Hold) {
      verdict.whenReleased(deliver);
      return;
    }
    deliver();
    if (verdict === 'duplicate') deliver();
  }

  #arrive(leg: Leg, pending: Pending): void {
    const addressee = this.#hub.find(leg.to);
    if (addressee === null) {
      pending.settle(unsent('ERR_CONNECT', 'nobody is there'));
      return;
    }
    void addressee.handle({ service: leg.service, payload: copyJson(leg.payload)?.value }).then((reply) => {
      const answer: Leg = { ...leg, kind: 'answer', from: leg.to, to: leg.from, reply };
      this.#travel(answer, pending, () => {
        pending.settle(resultOf(reply));
      });
    });
  }

  /** @internal for the network of the sender; never rejects */
  async handle(request: IncomingRequest): Promise<Reply> {
    try {
      if (this.#handler === null) return { error: 'ERR_STOPPING: not running', result: null };
      const reply = copyJson(await this.#handler(request));
      if (reply !== null) return { error: reply.value.error, result: reply.value.result ?? null };
      return { error: 'ERR_INTERNAL: the answer can not be written as JSON', result: null };
    } catch {
      return { error: 'ERR_INTERNAL: the request could not be handled', result: null };
    }
  }
}

/** A request that waits for its answer or its time-out. */
class Pending {
  readonly #resolve: (result: RequestResult) => void;
  readonly #alarm: Alarm;
  #settled = false;

  constructor(clock: Clock, timeoutMs: number, resolve: (result: RequestResult) => void) {
    this.#resolve = resolve;
    this.#alarm = clock.wakeAtMonotonic(clock.monotonicNow() + timeoutMs, () => {
      this.settle(lost('ERR_TIMEOUT', `no answer within ${timeoutMs} ms`));
    });
  }

  settle(result: RequestResult): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#alarm.cancel();
    this.#resolve(result);
  }
}

function copyJson<Value>(value: Value): { readonly value: Value } | null {
  try {
    return { value: JSON.parse(JSON.stringify(value ?? null)) as Value };
  } catch {
    return null;
  }
}

function resultOf({ error, result }: Reply): RequestResult {
  return error === null ? { kind: 'answer', result } : { kind: 'error', error, result };
}

function unreachedCode(result: RequestResult): ErrorCode | null {
  if (result.kind === 'answer') return null;
  return result.kind === 'error' ? 'ERR_REFUSED' : result.code;
}

function unsent(code: ErrorCode, text: string): RequestResult {
  return { kind: 'unsent', code, text };
}

function lost(code: ErrorCode, text: string): RequestResult {
  return { kind: 'unknown', code, text };
}
