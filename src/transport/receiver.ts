/**
 * What a network does with a request that has come in, whatever it came over: so many are worked on at the same time, broadcasts
 * wait for their turn, and a handler that fails costs its own request alone.
 */
import type { Log } from '../ports/log.ts';
import type { IncomingRequest, Reply, RequestHandler } from '../ports/network.ts';
import { TRANSPORT_LIMITS } from './limits.ts';
import { TurnQueue } from './turn-queue.ts';

export class Receiver {
  readonly #handler: RequestHandler;
  readonly #log: Log;
  /**
   * Broadcasts of others, a group for each connection: a flood of offers must not hold up the deals that are under way. So few are
   * begun in a turn of the event loop, while what is said to us alone is taken as it comes.
   */
  readonly #broadcasts = new TurnQueue(TRANSPORT_LIMITS.broadcastsPerTurn, TRANSPORT_LIMITS.broadcastsWaitingMax);
  #inProgress = 0;

  constructor(handler: RequestHandler, log: Log) {
    this.#handler = handler;
    this.#log = log;
  }

  /** Requests that are not answered yet. */
  get inProgress(): number {
    return this.#inProgress;
  }

  /** Never throws, never rejects. */
  receive(request: IncomingRequest): Reply | Promise<Reply> {
    if (this.#inProgress >= TRANSPORT_LIMITS.requestsInProgressMax) {
      return { error: 'ERR_OVERLOADED: too many requests at once', result: null };
    }
    this.#inProgress++;
    const mayStart = request.service !== 'broadcast' || this.#broadcasts.mayStart();
    const reply = mayStart ? this.#handle(request) : this.#inTurn(request);
    if (reply instanceof Promise) return reply.then(this.#done);
    return this.#done(reply);
  }

  readonly #done = (reply: Reply): Reply => {
    this.#inProgress--;
    return reply;
  };

  #inTurn(request: IncomingRequest): Reply | Promise<Reply> {
    return new Promise((resolve) => {
      const isWaiting = this.#broadcasts.wait(request.from, () => resolve(this.#handle(request)));
      if (!isWaiting) resolve({ error: 'ERR_OVERLOADED: too many broadcasts are waiting', result: null });
    });
  }

  #handle(request: IncomingRequest): Reply | Promise<Reply> {
    try {
      const reply = this.#handler(request);
      return reply instanceof Promise ? reply.catch(this.#failed) : reply;
    } catch (error) {
      return this.#failed(error);
    }
  }

  readonly #failed = (error: unknown): Reply => {
    this.#log.write('error', 'rpc.handler.failed', { reason: String(error) });
    return { error: 'ERR_INTERNAL: the request could not be handled', result: null };
  };
}
