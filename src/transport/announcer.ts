/**
 * Keeps us findable: announces now and again and again, until stopped. An announcement counts only when a lookup shows it; until
 * then it is repeated soon, afterwards well before it is forgotten. Nodes that are not there yet are waited for, and that is
 * said once.
 */
import { GrapevineError } from '../protocol/errors.ts';
import { TRANSPORT_LIMITS } from './limits.ts';

export interface AnnouncerInit {
  /**
   * Announces, and looks whether that can be found; rejects when it can't.
   * @param isRenewal the latest round has worked
   */
  announce(isRenewal: boolean): Promise<void>;
  /** It did not work, for the first time or after it did. */
  waiting(error: unknown): void;
  /** It works again. */
  found(): void;
  readonly intervalMs?: number | undefined;
}

export class Announcer {
  /** Resolves when we can be found for the first time; rejects with ERR_DESK_STOPPED if stopped before. */
  readonly visible: Promise<void>;
  readonly #init: AnnouncerInit;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #isShown = false;
  /** In a row. */
  #failures = 0;
  #becameVisible: () => void = () => undefined;
  #gaveUp: (error: GrapevineError) => void = () => undefined;

  constructor(init: AnnouncerInit) {
    this.#init = init;
    this.visible = new Promise((resolve, reject) => {
      this.#becameVisible = resolve;
      this.#gaveUp = reject;
    });
    // Callers that don't wait for it need not handle its rejection.
    this.visible.catch(() => undefined);
    void this.#round();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#gaveUp(new GrapevineError('ERR_DESK_STOPPED', 'stopped before it could be found'));
  }

  async #round(): Promise<void> {
    try {
      await this.#init.announce(this.#isShown);
      if (this.#isStopped) return;
      this.#onSuccess();
    } catch (error) {
      if (this.#isStopped) return;
      this.#onFailure(error);
    }
    this.#timer = setTimeout(() => void this.#round(), this.#waitMs());
  }

  #onSuccess(): void {
    if (this.#failures > 0) this.#init.found();
    this.#failures = 0;
    this.#isShown = true;
    this.#becameVisible();
  }

  #onFailure(error: unknown): void {
    this.#failures += 1;
    this.#isShown = false;
    if (this.#failures === 1) this.#init.waiting(error);
  }

  /** With jitter, so that desks that started together don't announce together for ever. */
  #waitMs(): number {
    const { announceIntervalMs, announceRetryMinMs, announceRetryMaxMs } = TRANSPORT_LIMITS;
    const backOffMs = Math.min(announceRetryMinMs * 2 ** Math.min(this.#failures - 1, 16), announceRetryMaxMs);
    const longestMs = this.#failures === 0 ? (this.#init.intervalMs ?? announceIntervalMs) : backOffMs;
    return longestMs * (0.5 + Math.random() / 2);
  }
}
