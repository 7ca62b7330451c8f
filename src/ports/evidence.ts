/**
 * Stores proofs that a desk has signed two contradictory statements. They are stored for ever: no desk deals with such
 * a desk again.
 */
import type { OfferId, PeerId } from '../protocol/ids.ts';

/** A signed message in its wire form. */
interface Statement {
  readonly cmd: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly auth?: unknown;
}

/** Two contradictory messages about one offer, both signed by its maker. Anybody can verify them. */
export interface Equivocation {
  readonly maker: PeerId;
  readonly offerId: OfferId;
  /** Milliseconds since 1970 on the clock of the desk that detected it. */
  readonly foundAt: number;
  readonly statements: readonly [Statement, Statement];
}

export interface Evidence {
  /** Resolves when the proof is durable. Stores one proof for each offer. */
  keepEvidence(equivocation: Equivocation): Promise<void>;
  readEvidence(): Promise<readonly Equivocation[]>;
}
