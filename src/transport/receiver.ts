/**
 * What a network does with a request that has come in, whatever it came over: so many are worked on at the same time, broadcasts
 * wait for their turn, and a handler that fails costs its own request alone.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Log } from '../ports/log.ts';
import type { IncomingRequest, Reply, RequestHandler } from '../ports/network.ts';
import { LIMITS } from '../protocol/limits.ts';
import { ConcurrencyLimiter } from './concurrency-limiter.ts';

export class Receiver {
  readonly #handler: RequestHandler;
  readonly #log: Log;
  /** Broadcasts of others: a group for each connection. */
  readonly #broadcasts = new ConcurrencyLimiter({
    concurrency: LIMITS.broadcastsPerTurn,
    waitingMax: LIMITS.broadcastsWaitingMax,
  });
  #inProgress = 0;

  constructor(handler: RequestHandler, log: Log) {
    this.#handler = handler;
    this.#log = log;
  }

  /** Never rejects. */
  async receive(request: IncomingRequest): Promise<Reply> {
    if (this.#inProgress >= LIMITS.requestsInProgressMax) {
      return { error: 'ERR_OVERLOADED: too many requests at once', result: null };
    }
    this.#inProgress++;
    const reply = await (request.service === 'direct' ? this.#handle(request) : this.#inTurn(request));
    this.#inProgress--;
    return reply;
  }

  /**
   * A flood of offers must not hold up the deals that are under way: so few broadcasts are taken in a turn of the event
   * loop, in turn of their connections, while what is said to us alone is taken as it comes.
   */
  async #inTurn(request: IncomingRequest): Promise<Reply> {
    const taken = this.#broadcasts.run(async () => {
      // However long it takes, its place is free in the next turn.
      const reply = this.#handle(request);
      await nextTurn();
      return { reply };
    }, request.from);
    if (taken === null) return { error: 'ERR_OVERLOADED: too many broadcasts are waiting', result: null };
    return (await taken).reply;
  }

  async #handle(request: IncomingRequest): Promise<Reply> {
    try {
      return await this.#handler(request);
    } catch (error) {
      this.#log.write('error', 'rpc.handler.failed', { reason: String(error) });
      return { error: 'ERR_INTERNAL: the request could not be handled', result: null };
    }
  }
}
