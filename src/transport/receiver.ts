/**
 * Handles the incoming requests of a network: at most `requestsInProgressMax` at the same time, broadcasts in turn, and
 * a failing handler affects only its own request.
 */
import type { Log } from '../ports/log.ts';
import type { IncomingRequest, Reply, RequestHandler } from '../ports/network.ts';
import { TRANSPORT_LIMITS } from './limits.ts';
import { TurnQueue } from './turn-queue.ts';

export class Receiver {
  readonly #handler: RequestHandler;
  readonly #log: Log;
  /**
   * Incoming broadcasts, one group per connection. Only a few start in a turn of the event loop, while direct messages
   * start at once: a flood of offers must not delay deals in progress.
   */
  readonly #broadcasts = new TurnQueue(TRANSPORT_LIMITS.broadcastsPerTurn, TRANSPORT_LIMITS.broadcastsWaitingMax);
  #inProgress = 0;

  constructor(handler: RequestHandler, log: Log) {
    this.#handler = handler;
    this.#log = log;
  }

  get inProgress(): number {
    return this.#inProgress;
  }

  /** Never throws, never rejects. */
  receive(request: IncomingRequest): Reply | Promise<Reply> {
    if (this.#inProgress >= TRANSPORT_LIMITS.requestsInProgressMax) {
      return { error: 'ERR_OVERLOADED: too many requests at once', result: null };
    }
    this.#inProgress++;
    const mayStart = request.service !== 'broadcast' || this.#broadcasts.tryStart();
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
