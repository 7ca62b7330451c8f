/**
 * Proofs that a desk has signed two things of which at most one can be true. Kept for ever: such a desk is not dealt with
 * again.
 */
import type { OfferId, PeerId } from '../protocol/ids.ts';

/** A signed message as it travels. */
export interface Statement {
  readonly cmd: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly auth?: unknown;
}

/** Two facts about one offer, signed by its maker: anybody can check them. */
export interface Equivocation {
  readonly maker: PeerId;
  readonly offerId: OfferId;
  /** Milliseconds since 1970 on the clock of the desk that found out. */
  readonly foundAt: number;
  readonly statements: readonly [Statement, Statement];
}

export interface Evidence {
  /** Resolves when it is durable. One proof for each offer is kept. */
  keepEvidence(equivocation: Equivocation): Promise<void>;
  readEvidence(): Promise<readonly Equivocation[]>;
}
