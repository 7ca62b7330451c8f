/**
 * Announces a desk repeatedly until it is stopped. An announcement has worked only when a lookup returns it. Until then
 * it is retried soon; afterwards it is renewed well before it expires. Only the first failure in a row is reported.
 */
import { GrapevineError } from '../protocol/errors.ts';
import { TRANSPORT_LIMITS } from './limits.ts';

export interface AnnouncerInit {
  /**
   * Announces once and looks the announcement up; rejects if it is not found.
   * @param isRenewal whether the previous round has worked
   */
  announce(isRenewal: boolean): Promise<void>;
  /** Called for the first failure after the start or after a success. */
  onFailure(error: unknown): void;
  /** Called for the first success after a failure. */
  onRecovery(): void;
  readonly intervalMs?: number | undefined;
}

export class Announcer {
  /** Resolves when others can find us for the first time; rejects with ERR_DESK_STOPPED if it is stopped before. */
  readonly visible: Promise<void>;
  readonly #init: AnnouncerInit;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #isVisible = false;
  #failuresInARow = 0;
  #resolveVisible: () => void = () => undefined;
  #rejectVisible: (error: GrapevineError) => void = () => undefined;

  constructor(init: AnnouncerInit) {
    this.#init = init;
    this.visible = new Promise((resolve, reject) => {
      this.#resolveVisible = resolve;
      this.#rejectVisible = reject;
    });
    // Not every caller waits for it, so its rejection must not be unhandled.
    this.visible.catch(() => undefined);
    void this.#round();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#rejectVisible(new GrapevineError('ERR_DESK_STOPPED', 'stopped before it could be found'));
  }

  async #round(): Promise<void> {
    try {
      await this.#init.announce(this.#isVisible);
      if (this.#isStopped) return;
      this.#onSuccess();
    } catch (error) {
      if (this.#isStopped) return;
      this.#onFailure(error);
    }
    this.#timer = setTimeout(() => void this.#round(), this.#waitMs());
  }

  #onSuccess(): void {
    if (this.#failuresInARow > 0) this.#init.onRecovery();
    this.#failuresInARow = 0;
    this.#isVisible = true;
    this.#resolveVisible();
  }

  #onFailure(error: unknown): void {
    this.#failuresInARow += 1;
    this.#isVisible = false;
    if (this.#failuresInARow === 1) this.#init.onFailure(error);
  }

  /** With jitter: desks that start together must not announce together for ever. */
  #waitMs(): number {
    const { announceIntervalMs, announceRetryMinMs, announceRetryMaxMs } = TRANSPORT_LIMITS;
    const backOffMs = Math.min(announceRetryMinMs * 2 ** Math.min(this.#failuresInARow - 1, 16), announceRetryMaxMs);
    const longestMs = this.#failuresInARow === 0 ? (this.#init.intervalMs ?? announceIntervalMs) : backOffMs;
    return longestMs * (0.5 + Math.random() / 2);
  }
}
