/**
 * Keeps us findable. An announcement counts only when a lookup shows it; until then it is repeated soon, afterwards well
 * before a grape forgets it. Grapes that are not there yet are waited for, and that is said once.
 */
import type { Log } from '../../ports/log.ts';
import { GrapevineError } from '../../protocol/errors.ts';
import { TRANSPORT_LIMITS } from '../../transport/limits.ts';
import { portOf } from './address.ts';

export interface Announcement {
  /** Resolves when all keys were announced and found for the first time; rejects with ERR_DESK_STOPPED if stopped before. */
  readonly visible: Promise<void>;
  stop(): void;
}

export interface AnnouncerInit {
  readonly discovery: {
    lookup(key: string): Promise<readonly string[]>;
    announce(key: string, port: number, isRenewal: boolean): Promise<void>;
  };
  readonly keys: readonly string[];
  readonly port: number;
  readonly log: Log;
  /** Only to be named in the log. */
  readonly grapes: readonly string[];
  readonly intervalMs?: number;
  readonly onVisible: (key: string, addresses: readonly string[]) => void;
}

export class Announcer implements Announcement {
  readonly visible: Promise<void>;
  readonly #init: AnnouncerInit;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #waiting = false;
  #failures = 0;
  /** The latest round has worked for all keys. */
  #isShown = false;
  #becameVisible: () => void = () => undefined;
  #gaveUp: (error: GrapevineError) => void = () => undefined;

  constructor(init: AnnouncerInit) {
    this.#init = init;
    this.visible = new Promise((resolve, reject) => {
      this.#becameVisible = resolve;
      this.#gaveUp = reject;
    });
    // Whoever does not wait for it need not handle it.
    this.visible.catch(() => undefined);
    void this.#round();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#gaveUp(new GrapevineError('ERR_DESK_STOPPED', 'stopped before it could be found'));
  }

  async #round(): Promise<void> {
    try {
      await Promise.all(this.#init.keys.map((key) => this.#announce(key)));
      if (this.#stopped) return;
      this.#succeeded();
    } catch (error) {
      if (this.#stopped) return;
      this.#failed(error);
    }
    this.#timer = setTimeout(() => void this.#round(), this.#waitMs());
  }

  async #announce(key: string): Promise<void> {
    const { discovery, port, onVisible } = this.#init;
    await discovery.announce(key, port, this.#isShown);
    const addresses = await discovery.lookup(key);
    // A lookup gives a random part of many, in which we need not be.
    const isPart = addresses.length >= TRANSPORT_LIMITS.lookupIsPartFrom;
    if (!isPart && !addresses.some((address) => portOf(address) === port)) {
      throw new GrapevineError('ERR_GRAPE_ANSWER', 'a grape took our announcement, but does not show it');
    }
    onVisible(key, addresses);
  }

  #succeeded(): void {
    this.#failures = 0;
    this.#isShown = true;
    if (this.#waiting) this.#init.log.write('info', 'grapes.found');
    this.#waiting = false;
    this.#becameVisible();
  }

  #failed(error: unknown): void {
    this.#failures++;
    this.#isShown = false;
    if (this.#waiting) return;
    this.#waiting = true;
    const reason = error instanceof GrapevineError ? error.toString() : String(error);
    this.#init.log.write('warn', 'grapes.waiting', { grapes: this.#init.grapes, reason });
  }

  /** With jitter, so that desks that started together don't announce together for ever. */
  #waitMs(): number {
    const { announceIntervalMs, announceRetryMinMs, announceRetryMaxMs } = TRANSPORT_LIMITS;
    const backOffMs = Math.min(announceRetryMinMs * 2 ** Math.min(this.#failures - 1, 16), announceRetryMaxMs);
    const longestMs = this.#failures === 0 ? (this.#init.intervalMs ?? announceIntervalMs) : backOffMs;
    return longestMs * (0.5 + Math.random() / 2);
  }
}
