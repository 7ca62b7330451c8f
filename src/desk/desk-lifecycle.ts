/** Starts and stops a desk; stops it when the journal fails. A desk can be started once. */
import type { EventEmitter } from 'node:events';
import { GrapevineError } from '../protocol/errors.ts';
import type { Answer } from '../protocol/messages.ts';
import type { DeskComponents } from './desk-components.ts';
import { DeskParts } from './desk-parts.ts';
import { errorLogger } from './error-logger.ts';
import { journalError } from './offer-actor.ts';
import { recoverOffers, voidRestored } from './recovery.ts';

type Stage = 'new' | 'starting' | 'running' | 'stopped';

export class DeskLifecycle {
  readonly parts: DeskParts;
  #stage: Stage = 'new';
  #failure: GrapevineError | null = null;
  #stopping: Promise<void> | null = null;

  /** @param emitter emits the desk's events */
  constructor(components: DeskComponents, emitter: EventEmitter) {
    this.parts = new DeskParts(components, {
      emitter,
      failed: (error) => this.#onFailure(error),
      assertDone: (answer) => this.assertDone(answer),
    });
  }

  /** @throws GrapevineError as `Desk.start`; the signal's reason */
  async start(signal: AbortSignal | undefined): Promise<{ readonly port: number }> {
    signal?.throwIfAborted();
    const abort = (): void => void this.stop();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await this.#start();
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** @throws GrapevineError ERR_DESK_STOPPED, or why it has stopped */
  assertRunning(): void {
    if (this.#stage === 'running') return;
    throw this.#failure ?? new GrapevineError('ERR_DESK_STOPPED', `the desk is not running: it is ${this.#stage}`);
  }

  /**
   * Peers learn only that the journal could not be written. Our own operator gets the reason, and what to do.
   * @throws GrapevineError with the refusal in the answer
   */
  assertDone(answer: Answer | null): void {
    if (answer?.kind !== 'refused') return;
    if (answer.code === 'ERR_JOURNAL' && this.#failure !== null) throw this.#failure;
    throw new GrapevineError(answer.code, answer.text);
  }

  async #start(): Promise<{ readonly port: number }> {
    if (this.#stage !== 'new')
      throw new GrapevineError('ERR_WRONG_STATE', 'this desk was started before; create a new one');
    this.#stage = 'starting';
    // Writes that no caller waits for report their failure only here.
    void this.parts.components.journal.failed.then((error) => this.#onFailure(error));
    try {
      return await this.#bringUp();
    } catch (error) {
      // The next attempt needs the port and the data folder.
      await this.stop();
      throw this.#failure ?? error;
    }
  }

  async #bringUp(): Promise<{ readonly port: number }> {
    const { components, bans, book, neighbours, ownOffers, publisher, requests } = this.parts;
    const { identity, journal, log, network, presence } = components;
    await bans.read();
    const recovered = await recoverOffers(journal, book);
    if (journal.restored)
      log.write('warn', 'journal.restored', { voided: await voidRestored(journal, book, recovered) });
    const { port } = await network.start((request) => {
      // Until the offers in the journal are active again, an answer could contradict them. The peer retries after this
      // refusal.
      if (this.#stage === 'running') return requests.handle(request);
      return { error: 'ERR_STOPPING: this desk is not up', result: null };
    });
    // `stop` may have been called during the wait.
    if (this.#stage === 'stopped')
      throw new GrapevineError('ERR_DESK_STOPPED', 'the desk was stopped during its start');
    this.#stage = 'running';
    publisher.publish({ event: 'desk.ready', id: identity.id, port });
    for (const actor of recovered) void actor.submit({ kind: 'recover' });
    for (const { state } of book.own.running()) if (state !== null) ownOffers.recover(state);
    if (presence !== false) neighbours.start();
    return { port };
  }

  async #stop(): Promise<void> {
    const { components, book, interest, neighbours, ownOffers, publisher } = this.parts;
    this.#stage = 'stopped';
    neighbours.stop();
    interest.stop();
    ownOffers.stop();
    book.stop();
    try {
      await components.network.stop();
      await components.journal.close();
    } finally {
      publisher.end();
    }
  }

  #onFailure(error: unknown): void {
    if (this.#stage === 'stopped') return;
    const failure = journalError(error);
    this.#failure = failure;
    const { components, publisher } = this.parts;
    publisher.publish({ event: 'desk.failed', code: failure.code, text: failure.message });
    void this.stop().catch(errorLogger(components.log, 'desk.stop_failed'));
  }
}
