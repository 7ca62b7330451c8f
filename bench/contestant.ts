/** What the bench needs of those that it compares. */
export type ContestantName = 'desk' | 'memory' | 'hyperdht' | 'plain' | 'floor' | 'lean' | 'lean-memory';

export interface Surroundings {
  readonly grapes: readonly string[];
  /** Where desks on hyperdht begin. */
  readonly bootstrap: readonly string[];
  /** A contestant's own, so that no two hear each other. */
  readonly broadcastKey: string;
  /** Free; where the floor's maker listens. */
  readonly port: number;
  readonly takers: number;
}

export type OnWin = (offerId: string, atMs: number) => void;

export interface Side {
  stop(): Promise<void>;
}

export interface MakerSide extends Side {
  /** Announces an offer and resolves with its id. */
  announce(): Promise<string>;
}
