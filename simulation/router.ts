/**
 * The network of a world: listeners and messages in transit. A request in transit is text. A life that has ended sends and receives
 * nothing. A result without a waiting sender is dropped.
 */
import type { Reply, RequestResult, ServiceKind } from '../src/ports/network.ts';
import type { ErrorCode } from '../src/protocol/errors.ts';
import type { PeerId } from '../src/protocol/ids.ts';
import { LIMITS } from '../src/composition/limits.ts';
import { parseJson } from '../src/wire/parse-json.ts';
import type { Fates, Leg } from './fates.ts';
import type { Planned, Timeline } from './timeline.ts';
import { claimedSpeaker } from './lies.ts';
import type { WirePayload } from './wire-payload.ts';
import type { Witness } from './witness.ts';

/** One life of a peer. */
export interface Life {
  readonly peer: PeerId;
  readonly alive: boolean;
  /** Ends it at once. */
  crash(why: string): void;
}

export interface Arrival {
  /** Grenache's request id: a counter of the sender, so two senders can use the same number. */
  readonly rid: number;
  readonly from: PeerId;
  readonly service: ServiceKind;
  readonly payload: WirePayload;
}

/** Never resolves if the life ends meanwhile. */
export type Listener = (arrival: Arrival) => Promise<Reply>;

export interface Sending {
  readonly rid: number;
  readonly service: ServiceKind;
  readonly text: string;
  readonly payload: WirePayload;
  readonly timeoutMs: number;
  readonly once: boolean;
  /** Whether an answer is from the receiver; default: always. */
  readonly isGenuine?: ((result: RequestResult) => boolean) | undefined;
  /** For requests of a liar. `repeated`: an unchanged message of another peer. */
  readonly lie?: 'forged' | 'repeated' | undefined;
}

/** Answers instead of the receiver; null: no impostor. */
export type Impostor = (leg: Leg, payload: WirePayload) => RequestResult | null;

export class Router {
  readonly timeline: Timeline;
  readonly fates: Fates;
  readonly #witness: Witness;
  readonly #listeners = new Map<PeerId, { readonly life: Life; readonly listen: Listener }>();
  messages = 0;
  /** Answers at an old address of the receiver. */
  impostor: Impostor = () => null;

  constructor(timeline: Timeline, fates: Fates, witness: Witness) {
    this.timeline = timeline;
    this.fates = fates;
    this.#witness = witness;
  }

  join(life: Life, listen: Listener): void {
    this.#listeners.set(life.peer, { life, listen });
  }

  leave(life: Life): void {
    if (this.#listeners.get(life.peer)?.life === life) this.#listeners.delete(life.peer);
  }

  get peers(): readonly PeerId[] {
    return [...this.#listeners.keys()];
  }

  /** Calls `settle` at most once, and not at all if the sender crashes. */
  send(life: Life, to: PeerId, sending: Sending, settle: (result: RequestResult) => void): Sent | null {
    const fate = this.fates.send(life.peer);
    if (fate === 'crash before') {
      life.crash(fate);
      return null;
    }
    const { payload, once } = sending;
    this.messages += 1;
    this.#witness.sent?.(life.peer, to, payload);
    const leg = { from: life.peer, to, cmd: payload.cmd, once };
    const { arrivals, told, addresses = 1 } = this.fates.request(leg);
    const sent = new Sent(this, life, { to, sending, timeoutMs: addresses * sending.timeoutMs }, settle);
    for (const afterMs of arrivals) {
      this.timeline.after(afterMs, () => {
        this.#arrive(sent, leg);
      });
    }
    if (told !== null) sent.settleAfter(told.afterMs, told.kind === 'unsent' ? NOT_CONNECTED : CONNECTION_LOST);
    if (fate === 'crash after') life.crash(fate);
    return sent;
  }

  #arrive(sent: Sent, leg: Leg): void {
    if (this.#isAnsweredByImpostor(sent, leg)) return;
    const listener = this.#listeners.get(sent.to);
    if (listener === undefined) {
      if (this.fates.absenceIsCertain(leg)) sent.settleAfter(1, NOT_CONNECTED);
      return;
    }
    const { life, listen } = listener;
    const { rid, service, text } = sent.sending;
    const payload = parseJson(text) as WirePayload;
    this.#witness.received?.(sent.to, leg.from, payload);
    void listen({ rid, from: leg.from, service, payload }).then((reply) => {
      if (life.alive) this.#reply(sent, leg, life, reply);
    });
  }

  /** As in the real network, an answer of another desk does not count, and the next address is tried. */
  #isAnsweredByImpostor(sent: Sent, leg: Leg): boolean {
    const { isGenuine, service, payload } = sent.sending;
    if (isGenuine === undefined || service === 'broadcast') return false;
    const result = this.impostor(leg, payload);
    if (result === null || !isGenuine(result)) return false;
    sent.settleAfter(1, result);
    return true;
  }

  #witnessReply(sending: Sending, from: PeerId, to: PeerId, reply: Reply): void {
    const { lie, payload } = sending;
    if (lie === 'forged') this.#witness.lied?.(from, payload, reply);
    else this.#witness.replied?.(from, lie === undefined ? to : (claimedSpeaker(payload) ?? to), payload, reply);
  }

  #reply(sent: Sent, leg: Leg, life: Life, reply: Reply): void {
    const fate = this.fates.send(life.peer);
    if (fate === 'crash before') {
      life.crash(fate);
      return;
    }
    this.#witnessReply(sent.sending, life.peer, leg.from, reply);
    const back = { ...leg, from: leg.to, to: leg.from };
    const answer = this.fates.answer(back);
    if (answer.afterMs !== null) {
      const result = 'garbled' in answer ? { kind: 'answer' as const, result: answer.garbled } : resultOf(reply);
      sent.settleAfter(answer.afterMs, result);
    }
    if (fate === 'crash after') life.crash(fate);
  }
}

/** A request that waits for its answer or its time-out. */
export class Sent {
  readonly to: PeerId;
  readonly sending: Sending;
  readonly #router: Router;
  readonly #life: Life;
  readonly #timeout: Planned;
  #settle: ((result: RequestResult) => void) | null;

  constructor(
    router: Router,
    life: Life,
    { to, sending, timeoutMs }: { readonly to: PeerId; readonly sending: Sending; readonly timeoutMs: number },
    settle: (result: RequestResult) => void,
  ) {
    this.to = to;
    this.sending = sending;
    this.#router = router;
    this.#life = life;
    this.#settle = settle;
    this.#timeout = router.timeline.after(timeoutMs, () => {
      this.settle(TIMED_OUT);
    });
  }

  settleAfter(ms: number, result: RequestResult): void {
    if (this.#settle === null) return;
    this.#router.timeline.after(ms, () => {
      this.settle(result);
    });
  }

  settle(result: RequestResult): void {
    const settle = this.#settle;
    if (settle === null) return;
    this.#settle = null;
    this.#timeout.cancel();
    if (this.#life.alive) settle(result);
  }
}

function resultOf({ error, result }: Reply): RequestResult {
  return error === null ? { kind: 'answer', result: result ?? null } : { kind: 'error', error, result: result ?? null };
}

const NOT_CONNECTED = failure('unsent', 'ERR_CONNECT');
const CONNECTION_LOST = failure('unknown', 'ERR_CONNECTION_LOST');
const TIMED_OUT = failure('unknown', 'ERR_TIMEOUT');

function failure(kind: 'unsent' | 'unknown', code: ErrorCode): RequestResult {
  return { kind, code, text: 'simulated' };
}

export const REQUEST_TIMEOUT_MS = LIMITS.requestTimeoutMs;
