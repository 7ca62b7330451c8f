/** The interface of the programs that the bench compares. */
export type ContestantName = 'desk' | 'memory' | 'hyperdht' | 'plain' | 'floor' | 'lean' | 'lean-memory';

export interface Surroundings {
  readonly grapes: readonly string[];
  /** The bootstrap nodes of desks on hyperdht. */
  readonly bootstrap: readonly string[];
  /** Each contestant has its own, so that they do not find each other. */
  readonly broadcastKey: string;
  /** A free port, for the maker of `floor` and `lean`. */
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
