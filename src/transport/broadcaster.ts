/**
 * Sends a message to all desks: to known addresses at once, and to new ones as soon as a fresh lookup finds them. No
 * address receives it twice, and our own address never does. A slow or failing receiver does not affect the others.
 */
import type { BroadcastOptions, BroadcastResult, RequestResult } from '../ports/network.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import { TRANSPORT_LIMITS } from './limits.ts';
import { ConcurrencyLimiter } from './concurrency-limiter.ts';

export interface BroadcasterInit {
  /** A fresh lookup; may reject. */
  lookup(): Promise<readonly string[]>;
  /**
   * Sends to one address, with its own time limit; never rejects.
   * @param isBrief whether to close the connection afterwards
   */
  send(address: string, payload: unknown, isBrief: boolean): Promise<RequestResult>;
  isOwn(address: string): boolean;
  /** The address of a peer, or null if it is unknown. */
  addressOf(peer: string): string | null;
  readonly concurrency?: number;
  readonly queueMax?: number;
}

const selectAll = (addresses: readonly string[]): readonly string[] => addresses;

interface Outcome {
  readonly address: string;
  /** Null: acknowledged. */
  readonly code: ErrorCode | null;
  /** Nothing accepts a connection at this address. */
  readonly isDead: boolean;
}

export class Broadcaster {
  readonly #init: BroadcasterInit;
  readonly #limiter: ConcurrencyLimiter;
  readonly #pause = new Pause();
  #known: readonly string[] = [];
  #nextLookup: Promise<readonly string[] | null> | null = null;
  #lastLookupMs = -Infinity;

  constructor(init: BroadcasterInit) {
    this.#init = init;
    this.#limiter = new ConcurrencyLimiter({
      concurrency: init.concurrency ?? TRANSPORT_LIMITS.broadcastConcurrency,
      waitingMax: init.queueMax ?? TRANSPORT_LIMITS.broadcastQueueMax,
    });
  }

  /** Never rejects. */
  async broadcast(payload: unknown, options: BroadcastOptions = {}): Promise<BroadcastResult> {
    const { select = selectAll, lookup = true, except } = options;
    const exceptAddress = except === undefined ? null : this.#init.addressOf(except);
    const sending = new Map<string, Promise<Outcome>>();
    const group = Symbol('broadcast');
    const sendTo = (addresses: readonly string[]): void => {
      const others = addresses.filter(
        (address) => address !== exceptAddress && !sending.has(address) && !this.#init.isOwn(address),
      );
      for (const address of select(others)) sending.set(address, this.#send(address, payload, group, options));
    };
    sendTo(this.#known);
    const found = lookup ? await this.#lookup() : null;
    if (found !== null) sendTo(found);
    const outcomes = await Promise.all(sending.values());
    // An address that is dead and no longer announced belongs to a desk that has left, so it is not a failure.
    return summary(outcomes.filter(({ address, isDead }) => !(isDead && found?.includes(address) === false)));
  }

  /** Stops the timer. Broadcasts in progress end without a further lookup. */
  stop(): void {
    this.#pause.end();
  }

  /** Sets the addresses from an earlier lookup, so that the first broadcast does not wait for its own. */
  setKnownAddresses(addresses: readonly string[]): void {
    this.#known = [...addresses];
  }

  /**
   * A lookup that starts after this call. Broadcasts that follow each other quickly share one, which limits the load on
   * the DHT.
   */
  #lookup(): Promise<readonly string[] | null> {
    this.#nextLookup ??= this.#lookupWhenDue();
    return this.#nextLookup;
  }

  async #lookupWhenDue(): Promise<readonly string[] | null> {
    await this.#pause.until(this.#lastLookupMs + TRANSPORT_LIMITS.broadcastLookupIntervalMs);
    this.#lastLookupMs = performance.now();
    this.#nextLookup = null;
    try {
      const found = await this.#init.lookup();
      this.#known = found;
      return found;
    } catch {
      // Known addresses still get the message. The announcer reports that no grape answers.
      return null;
    }
  }

  #send(address: string, payload: unknown, group: symbol, options: BroadcastOptions): Promise<Outcome> {
    // Open connections to hundreds of desks would cost both ends more than they save.
    const isBrief = options.brief === true || this.#known.length >= TRANSPORT_LIMITS.meshFrom;
    const sent = this.#limiter.run(() => this.#init.send(address, payload, isBrief), group);
    if (sent === null) return Promise.resolve({ address, code: 'ERR_OVERLOADED', isDead: false });
    return sent.then((result) => outcomeOf(address, result, options));
  }
}

function outcomeOf(address: string, result: RequestResult, { onAnswer }: BroadcastOptions): Outcome {
  switch (result.kind) {
    case 'answer':
      if (result.result !== null) onAnswer?.(address, result.result);
      return { address, code: null, isDead: false };
    case 'error':
      return { address, code: 'ERR_REFUSED', isDead: false };
    default:
      return { address, code: result.code, isDead: result.kind === 'unsent' };
  }
}

/** One wait at a time; `end` ends it early. */
class Pause {
  #timer: NodeJS.Timeout | undefined;
  #resolve: (() => void) | null = null;
  #ended = false;

  /** @param timeMs a time of `performance.now()`; resolves at once if it is past */
  async until(timeMs: number): Promise<void> {
    const waitMs = timeMs - performance.now();
    if (this.#ended || waitMs <= 0) return;
    await new Promise<void>((resolve) => {
      this.#resolve = resolve;
      this.#timer = setTimeout(resolve, waitMs);
    });
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#resolve?.();
  }
}

function summary(outcomes: readonly Outcome[]): BroadcastResult {
  return {
    reached: outcomes.flatMap(({ address, code }) => (code === null ? [address] : [])),
    unreached: outcomes.flatMap(({ address, code }) => (code === null ? [] : [{ address, code }])),
  };
}
