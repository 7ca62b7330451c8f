/**
 * Passes facts on. A fact is an `offer:new` or `offer:done` that its maker has signed. It is sent to each of our links
 * when we receive it for the first time. The signature proves a fact, so any desk may send it. Each fact is passed on once, as
 * long as it is remembered (`factsSeenMax`), and only after we have verified and accepted it. `factsOfMakerPerMinute` limits the facts of one maker.
 */
import type { Clock } from '../ports/clock.ts';
import type { PeerId } from '../protocol/ids.ts';
import { PATH_HEAD_BYTES } from '../wire/auth-codec.ts';
import { DESK_LIMITS } from './limits.ts';
import { RecentSet } from './recent-set.ts';
import type { BroadcastMessage, Signature } from '../protocol/messages.ts';
import { ConcurrencyLimiter } from '../transport/concurrency-limiter.ts';
import { subjectOf } from './equivocation-watch.ts';
import type { LinkOutcome } from './mesh.ts';

const MINUTE_MS = 60_000;
/** In base64url, without padding: 18 bytes are 24 digits. */
const PATH_HEAD_LENGTH = (PATH_HEAD_BYTES * 4) / 3;

export interface SpreadResult {
  readonly taken: readonly PeerId[];
  readonly missed: readonly PeerId[];
}

const NOT_PASSED_ON: Promise<SpreadResult> = Promise.resolve({ taken: [], missed: [] });

export interface GossipInit {
  readonly clock: Clock;
  readonly links: () => readonly PeerId[];
  /** Passes a fact on to one desk. */
  readonly passOn: (to: PeerId, fact: BroadcastMessage, auth: Signature) => Promise<LinkOutcome>;
  /** Called for each new fact that may be passed on, also without links. */
  readonly newFact: (fact: BroadcastMessage, auth: Signature) => void;
  /** Called with the result for each link. */
  readonly onOutcome: (id: PeerId, outcome: LinkOutcome) => void;
  readonly failed: (error: unknown) => void;
}

export class Gossip {
  readonly #init: GossipInit;
  readonly #passingOn = new ConcurrencyLimiter({
    concurrency: DESK_LIMITS.factsPassedOnAtOnce,
    waitingMax: DESK_LIMITS.factsPassedOnWaitingMax,
  });
  /** Signatures of verified facts, in the order of their arrival. */
  readonly #seen = new RecentSet<string>(DESK_LIMITS.factsSeenMax);
  /** Facts passed on in this minute, by maker. */
  readonly #counts = new Map<PeerId, number>();
  #minuteBegan = -Infinity;

  constructor(init: GossipInit) {
    this.#init = init;
  }

  stop(): void {
    this.#passingOn.stop();
  }

  /** Whether a fact with this signature was verified before. Then the message is the same fact again, or a forgery. */
  isSeen(auth: Signature): boolean {
    return this.#seen.has(keyOf(auth));
  }

  /**
   * Called for a verified new fact, or one of our own.
   * @returns the links that received it, and those that did not; both empty if it is not passed on (again)
   */
  spread(fact: BroadcastMessage, auth: Signature): Promise<SpreadResult> {
    const key = keyOf(auth);
    if (isDirected(fact) || this.#seen.has(key)) return NOT_PASSED_ON;
    this.#seen.add(key);
    const { maker } = subjectOf(fact);
    if (maker === null || !this.#mayPassOn(maker)) return NOT_PASSED_ON;
    this.#init.newFact(fact, auth);
    const links = this.#init.links().filter((to) => to !== maker);
    return links.length === 0 ? NOT_PASSED_ON : this.#passOnTo(links, fact, auth);
  }

  async #passOnTo(links: readonly PeerId[], fact: BroadcastMessage, auth: Signature): Promise<SpreadResult> {
    const taken: PeerId[] = [];
    const missed: PeerId[] = [];
    await Promise.all(
      links.map(async (to) => {
        if (await this.#passOn(to, fact, auth)) taken.push(to);
        else missed.push(to);
      }),
    );
    return { taken, missed };
  }

  /** If the limiter is full, the link gets the fact later, when the books are compared. */
  async #passOn(to: PeerId, fact: BroadcastMessage, auth: Signature): Promise<boolean> {
    try {
      const outcome = await this.#passingOn.run(() => this.#init.passOn(to, fact, auth));
      if (outcome !== null) this.#init.onOutcome(to, outcome);
      return outcome === 'taken';
    } catch (error) {
      this.#init.failed(error);
      return false;
    }
  }

  #mayPassOn(maker: PeerId): boolean {
    const now = this.#init.clock.monotonicNow();
    if (now - this.#minuteBegan >= MINUTE_MS) {
      this.#minuteBegan = now;
      this.#counts.clear();
    }
    const count = this.#counts.get(maker) ?? 0;
    if (count >= DESK_LIMITS.factsOfMakerPerMinute) return false;
    if (count === 0 && this.#counts.size >= DESK_LIMITS.factMakersCounted) return false;
    this.#counts.set(maker, count + 1);
    return true;
  }
}

/** An offer directed to some desks is sent to no others. */
function isDirected(fact: BroadcastMessage): boolean {
  return fact.cmd === 'offer:new' && fact.terms.to !== undefined;
}

/**
 * The facts of a batch share a signature. They differ in their position, which the first bytes of the path contain. A
 * verified signature with these bytes and any other text is a forgery. The rest of the path is left out to save memory.
 */
function keyOf({ sig, path = '' }: Signature): string {
  return `${sig} ${path.slice(0, PATH_HEAD_LENGTH)}`;
}
