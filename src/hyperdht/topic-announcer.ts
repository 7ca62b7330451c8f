/**
 * Keeps us findable among all who share a service: announces its topic now and again and again, until stopped. An announcement
 * counts when a lookup shows it. Nodes that are not there yet are waited for, and that is said once.
 */
import type { Log } from '../ports/log.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { TRANSPORT_LIMITS } from '../transport/limits.ts';

export interface TopicAnnouncerInit {
  readonly announce: () => Promise<void>;
  /** Keys in hex. */
  readonly lookup: () => Promise<readonly string[]>;
  readonly own: string;
  /** Told of each lookup. */
  readonly found: (peers: readonly string[]) => void;
  readonly log: Log;
  /** Only to be named in the log. */
  readonly bootstrap: readonly string[];
  readonly intervalMs?: number | undefined;
}

export class TopicAnnouncer {
  /** Resolves when a lookup shows us for the first time; rejects with ERR_DESK_STOPPED if stopped before. */
  readonly visible: Promise<void>;
  readonly #init: TopicAnnouncerInit;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #failures = 0;
  #becameVisible: () => void = () => undefined;
  #gaveUp: (error: GrapevineError) => void = () => undefined;

  constructor(init: TopicAnnouncerInit) {
    this.#init = init;
    this.visible = new Promise((resolve, reject) => {
      this.#becameVisible = resolve;
      this.#gaveUp = reject;
    });
    // Whether anybody waits for it is theirs to decide.
    this.visible.catch(() => undefined);
    void this.#round();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#gaveUp(new GrapevineError('ERR_DESK_STOPPED', 'stopped before it could be found'));
  }

  async #round(): Promise<void> {
    const isSeen = await this.#announce();
    if (this.#isStopped) return;
    if (isSeen) this.#succeeded();
    else this.#failed();
    this.#timer = setTimeout(() => void this.#round(), this.#waitMs());
  }

  async #announce(): Promise<boolean> {
    try {
      await this.#init.announce();
      const peers = await this.#init.lookup();
      this.#init.found(peers);
      // Of many, a lookup gives a part.
      return peers.includes(this.#init.own) || peers.length >= TRANSPORT_LIMITS.lookupIsPartFrom;
    } catch {
      return false;
    }
  }

  #succeeded(): void {
    if (this.#failures > 0) this.#init.log.write('info', 'dht.found');
    this.#failures = 0;
    this.#becameVisible();
  }

  #failed(): void {
    this.#failures += 1;
    if (this.#failures > 1) return;
    this.#init.log.write('warn', 'dht.waiting', { bootstrap: [...this.#init.bootstrap] });
  }

  /** With jitter, so that desks that started together don't announce together for ever. */
  #waitMs(): number {
    const { announceIntervalMs, announceRetryMinMs, announceRetryMaxMs } = TRANSPORT_LIMITS;
    const backOffMs = Math.min(announceRetryMinMs * 2 ** Math.min(this.#failures - 1, 16), announceRetryMaxMs);
    const longestMs = this.#failures === 0 ? (this.#init.intervalMs ?? announceIntervalMs) : backOffMs;
    return longestMs * (0.5 + Math.random() / 2);
  }
}
