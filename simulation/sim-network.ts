/** The network port of one life of a desk, on the router of the world. */
import type {
  BroadcastOptions,
  BroadcastResult,
  Network,
  Reply,
  RequestHandler,
  RequestOptions,
  RequestResult,
} from '../src/ports/network.ts';
import { GrapevineError } from '../src/protocol/errors.ts';
import type { PeerId } from '../src/protocol/ids.ts';
import { REQUEST_TIMEOUT_MS, type Router, type Life, type Listener, type Sending, type Sent } from './router.ts';
import type { WirePayload } from './wire-payload.ts';

/** Wraps the listener of a desk, for mutants. */
export type Edge = (listen: Listener) => Listener;

export interface SimNetworkInit {
  readonly router: Router;
  readonly life: Life;
  /** The time from the open port to the announced desk. */
  readonly startMs: number;
  readonly edge?: Edge | undefined;
}

const STOPPING: RequestResult = { kind: 'unknown', code: 'ERR_STOPPING', text: 'this desk is stopping' };
const NOT_RUNNING: RequestResult = { kind: 'unsent', code: 'ERR_STOPPING', text: 'this desk is not running' };

export class SimNetwork implements Network {
  readonly #init: SimNetworkInit;
  readonly #pending = new Set<Sent>();
  #running = false;
  #rid = 0;

  constructor(init: SimNetworkInit) {
    this.#init = init;
  }

  /** The number of our pending requests. */
  get pending(): number {
    return this.#pending.size;
  }

  start(handler: RequestHandler): Promise<{ readonly port: number }> {
    const { router, life, startMs, edge } = this.#init;
    const listen = listenerOf(handler);
    // As in the real network: peers with an old address can send requests as soon as the port is open. The desk is announced later.
    this.#running = true;
    router.join(life, edge === undefined ? listen : edge(listen));
    return new Promise((resolve, reject) => {
      router.timeline.after(startMs, () => {
        if (!life.alive) return;
        if (this.#stopped) reject(new GrapevineError('ERR_DESK_STOPPED', 'stopped before it was up'));
        else resolve({ port: 1 });
      });
    });
  }

  request(to: string, payload: unknown, options: RequestOptions = {}): Promise<RequestResult> {
    const { timeoutMs, once = false, isGenuine, service = 'direct' } = options;
    const sending = this.#sending(payload, service, timeoutMs ?? REQUEST_TIMEOUT_MS, once);
    return this.#send(to as PeerId, { ...sending, isGenuine });
  }

  async broadcast(payload: unknown, { select, onAnswer }: BroadcastOptions = {}): Promise<BroadcastResult> {
    const { router, life } = this.#init;
    const found = router.peers.filter((peer) => peer !== life.peer);
    const others = (select?.(found) ?? found) as readonly PeerId[];
    const sending = this.#sending(payload, 'broadcast', REQUEST_TIMEOUT_MS, false);
    const results = await Promise.all(
      others.map(async (to) => {
        const result = await this.#send(to, { ...sending, rid: this.#nextRid() });
        if (result.kind === 'answer' && result.result !== null) onAnswer?.(to, result.result);
        return result;
      }),
    );
    const reached = others.filter((_, index) => results[index]?.kind === 'answer');
    const unreached = others.filter((_, index) => results[index]?.kind !== 'answer');
    return { reached, unreached: unreached.map((address) => ({ address, code: 'ERR_TIMEOUT' })) };
  }

  stop(): Promise<void> {
    this.#running = false;
    this.#stopped = true;
    this.#init.router.leave(this.#init.life);
    for (const sent of [...this.#pending]) sent.settle(STOPPING);
    return Promise.resolve();
  }

  #stopped = false;

  #sending(payload: unknown, service: Sending['service'], timeoutMs: number, once: boolean): Sending {
    const text = JSON.stringify(payload);
    return { rid: this.#nextRid(), service, text, payload: payload as WirePayload, timeoutMs, once };
  }

  #nextRid(): number {
    this.#rid += 1;
    return this.#rid;
  }

  #send(to: PeerId, sending: Sending): Promise<RequestResult> {
    const { router, life } = this.#init;
    return new Promise((resolve) => {
      // After a crash, nothing is sent or received.
      if (!life.alive) return;
      if (!this.#running) {
        resolve(NOT_RUNNING);
        return;
      }
      const sent = router.send(life, to, sending, (result) => {
        if (sent !== null) this.#pending.delete(sent);
        resolve(result);
      });
      if (sent !== null) this.#pending.add(sent);
    });
  }
}

export function listenerOf(handler: RequestHandler): Listener {
  return ({ service, payload }) => answered(handler, service, payload);
}

/** Answers are copied as JSON, like all messages. */
async function answered(handler: RequestHandler, service: Sending['service'], payload: unknown): Promise<Reply> {
  try {
    return JSON.parse(JSON.stringify(await handler({ service, payload }))) as Reply;
  } catch {
    return { error: 'ERR_INTERNAL: the request could not be handled', result: null };
  }
}
