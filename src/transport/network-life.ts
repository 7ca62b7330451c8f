/** The life of a network: it is started once, stopped once, and one that could not start is stopped. */
import type { RequestResult } from '../ports/network.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { ConcurrencyLimiter } from './concurrency-limiter.ts';
import { TRANSPORT_LIMITS } from './limits.ts';

export const STOPPING: RequestResult = { kind: 'unsent', code: 'ERR_STOPPING', text: 'this desk is not running' };
const OVERLOADED: RequestResult = { kind: 'unsent', code: 'ERR_OVERLOADED', text: 'too many requests at once' };

export class NetworkLife {
  readonly #leave: () => Promise<void>;
  /** None waits. */
  readonly #requests = new ConcurrencyLimiter({
    concurrency: TRANSPORT_LIMITS.requestsInProgressMax,
    waitingMax: 0,
  });
  #isStarted = false;
  #stopping: Promise<void> | null = null;

  /** @param leave ends everything, also what is half started */
  constructor(leave: () => Promise<void>) {
    this.#leave = leave;
  }

  get isUp(): boolean {
    return this.#isStarted && this.#stopping === null;
  }

  /** @throws GrapevineError ERR_WRONG_STATE when started before, ERR_DESK_STOPPED when it was stopped; what `start` throws */
  async start<Result>(start: () => Promise<Result>): Promise<Result> {
    if (this.#isStarted) throw new GrapevineError('ERR_WRONG_STATE', 'this network was started before');
    this.#isStarted = true;
    try {
      this.assertNotStopped();
      return await start();
    } catch (error) {
      // Whatever failed because of it, what counts is that we were stopped.
      this.assertNotStopped();
      await this.stop();
      throw error;
    }
  }

  /** A request of ours, while the network is up and there are not too many of them. */
  request(ask: () => Promise<RequestResult>): Promise<RequestResult> {
    if (!this.isUp) return Promise.resolve(STOPPING);
    return this.#requests.run(ask) ?? Promise.resolve(OVERLOADED);
  }

  /** @throws GrapevineError ERR_DESK_STOPPED */
  assertNotStopped(): void {
    if (this.#stopping !== null) throw new GrapevineError('ERR_DESK_STOPPED', 'stopped before it had started');
  }

  /** Can be repeated. */
  stop(): Promise<void> {
    this.#stopping ??= this.#leave();
    return this.#stopping;
  }
}
