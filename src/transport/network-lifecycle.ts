/** Starts and stops a network: each once. A network that fails to start is stopped. */
import type { RequestResult } from '../ports/network.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { ConcurrencyLimiter } from './concurrency-limiter.ts';
import { TRANSPORT_LIMITS } from './limits.ts';

export const STOPPING: RequestResult = { kind: 'unsent', code: 'ERR_STOPPING', text: 'this desk is not running' };
const OVERLOADED: RequestResult = { kind: 'unsent', code: 'ERR_OVERLOADED', text: 'too many requests at once' };

export class NetworkLifecycle {
  readonly #shutDown: () => Promise<void>;
  readonly #requests = new ConcurrencyLimiter({
    concurrency: TRANSPORT_LIMITS.requestsInProgressMax,
    waitingMax: 0,
  });
  #isStarted = false;
  #stopping: Promise<void> | null = null;

  /** @param shutDown must also work while `start` is in progress */
  constructor(shutDown: () => Promise<void>) {
    this.#shutDown = shutDown;
  }

  get isRunning(): boolean {
    return this.#isStarted && this.#stopping === null;
  }

  /** @throws GrapevineError ERR_WRONG_STATE if it was started before, ERR_DESK_STOPPED if it was stopped; errors of `start` */
  async start<Result>(start: () => Promise<Result>): Promise<Result> {
    if (this.#isStarted) throw new GrapevineError('ERR_WRONG_STATE', 'this network was started before');
    this.#isStarted = true;
    try {
      this.assertNotStopped();
      return await start();
    } catch (error) {
      // A stop makes `start` fail in many ways. The caller must see only the stop.
      this.assertNotStopped();
      await this.stop();
      throw error;
    }
  }

  /** Sends a request of ours, unless the network is not running or too many requests are in progress. */
  request(send: () => Promise<RequestResult>): Promise<RequestResult> {
    if (!this.isRunning) return Promise.resolve(STOPPING);
    return this.#requests.run(send) ?? Promise.resolve(OVERLOADED);
  }

  /** @throws GrapevineError ERR_DESK_STOPPED */
  assertNotStopped(): void {
    if (this.#stopping !== null) throw new GrapevineError('ERR_DESK_STOPPED', 'stopped before it had started');
  }

  /** Safe to call twice. */
  stop(): Promise<void> {
    this.#stopping ??= this.#shutDown();
    return this.#stopping;
  }
}
