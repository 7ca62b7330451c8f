/** What a desk needs from outside. `create-desk.ts` provides the real components, tests and the simulator others. */
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

export interface DeskComponents {
  readonly identity: Identity;
  readonly network: Network;
  /** A journal that is also an archive can list offers that are no longer in memory. */
  readonly journal: Journal & Partial<Archive>;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** By default, nothing is accepted automatically. */
  readonly interest?: Interest | undefined;
  /** Which desks we deal with; all by default. */
  readonly access?: AccessLists | undefined;
  /** Limits the messages of each peer; unlimited by default. */
  readonly rateLimit?: RateLimit | undefined;
  /** Limits the pages of our list that each peer gets; unlimited by default. */
  readonly listLimit?: RateLimit | undefined;
  /**
   * Whether the desk sends hellos, asks others for their offers, and synchronizes its book; true by default. If false,
   * it only receives what is announced while it is up, and answers requests.
   */
  readonly presence?: boolean | undefined;
  /** How many networks `network` joins; 1 by default. With several, the desk is a bridge between them. */
  readonly networks?: number | undefined;
  /** Where proofs against other desks are stored; in memory only by default. */
  readonly evidence?: Evidence | undefined;
  /** How many offers of others the book has room for; `seenOffersMax` by default. */
  readonly bookCapacity?: number | undefined;
  /** How many own offers may be open at a time; `ownOffersMax` by default. */
  readonly ownOffersMax?: number | undefined;
  /** Called for each refusal, for metrics. */
  readonly refused?: ((code: ErrorCode) => void) | undefined;
  /** The step functions; the simulator replaces them by mutants. */
  readonly steps?: Steps;
}
