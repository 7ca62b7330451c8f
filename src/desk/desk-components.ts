/** What a desk needs from outside. `create-desk.ts` gives it real ones, the tests and the simulator give it others. */
import type { Archive } from '../ports/archive.ts';
import type { Clock } from '../ports/clock.ts';
import type { Evidence } from '../ports/evidence.ts';
import type { Identity } from '../ports/identity.ts';
import type { Journal } from '../ports/journal.ts';
import type { Log } from '../ports/log.ts';
import type { Network } from '../ports/network.ts';
import type { Randomness } from '../ports/randomness.ts';
import type { RateLimit } from '../ports/rate-limit.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import type { AccessLists } from './access-list.ts';
import type { Interest } from './interest-runner.ts';
import type { Steps } from './protocol-roles.ts';

/** What a desk is made of. */
export interface DeskComponents {
  readonly identity: Identity;
  readonly network: Network;
  /** One that is an archive as well can tell of offers that are not in memory any more. */
  readonly journal: Journal & Partial<Archive>;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** By default nothing is accepted by itself. */
  readonly interest?: Interest | undefined;
  /** The desks that it deals with; by default all. */
  readonly access?: AccessLists | undefined;
  /** Messages in the name of each peer; unlimited by default. */
  readonly rateLimit?: RateLimit | undefined;
  /** Pages of our list for each peer; unlimited by default. */
  readonly listLimit?: RateLimit | undefined;
  /**
   * Says that it is there, asks others for their offers, and keeps its book in step with theirs; true by default. Without
   * it, it hears of what is announced while it is up, and answers what it is asked.
   */
  readonly presence?: boolean | undefined;
  /** In how many networks `network` stands; 1 by default. In several, the desk is a bridge between them. */
  readonly networks?: number | undefined;
  /** Where proofs against others are kept; by default only as long as the desk lives. */
  readonly evidence?: Evidence | undefined;
  /** Offers of others that are kept; `seenOffersMax` by default. */
  readonly bookCapacity?: number | undefined;
  /** Own offers that may be open at once; the limit of the same name by default. */
  readonly ownOffersMax?: number | undefined;
  /** Told of every refusal, to measure them. */
  readonly refused?: ((code: ErrorCode) => void) | undefined;
  /** The rules; the simulator replaces them by mutants. */
  readonly steps?: Steps;
}
