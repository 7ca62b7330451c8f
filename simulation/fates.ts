/**
 * What becomes of everything that can go wrong. The network, the journals and the desks of a world ask for a fate at each
 * such point; chance decides it in a campaign (`random-fates.ts`), a list does when all cases are enumerated
 * (`scripted-fates.ts`).
 */
import type { PeerId } from '../src/protocol/ids.ts';

export interface Leg {
  readonly from: PeerId;
  readonly to: PeerId;
  readonly cmd: string;
  /** Must not reach two receivers, so that no transport repeats it. */
  readonly once: boolean;
}

export interface RequestFate {
  /** When each copy arrives, in milliseconds from now; none: it is lost. */
  readonly arrivals: readonly number[];
  /** Addresses that are tried one after the other before the sender gives up waiting; 1 where nothing is said. */
  readonly addresses?: number;
  /** What the sender is told before any answer. `unsent` only without arrivals. */
  readonly told: { readonly kind: 'unsent' | 'unknown'; readonly afterMs: number } | null;
}

export interface AnswerFate {
  /** Null: it is lost. */
  readonly afterMs: number | null;
  /** Something else in its place, that makes no sense. */
  readonly garbled?: unknown;
}

export type WriteFate =
  | { readonly kind: 'durable' | 'crash before' | 'crash after' | 'fails before' | 'fails after' }
  /** Of several entries that wait, the first `keep` become durable and the rest does not. */
  | { readonly kind: 'torn'; readonly keep: number };

export type SendFate = 'goes' | 'crash before' | 'crash after';

export interface Fates {
  request(leg: Leg): RequestFate;
  answer(leg: Leg): AnswerFate;
  /** @param entries that wait to be written together */
  write(desk: PeerId, entries: number): WriteFate;
  /**
   * After a write that nobody waits for.
   * @returns whether the desk dies soon, when what it says on top of that has left
   */
  lazyWrite(desk: PeerId, unsynced: number): boolean;
  /** Of so many entries that were not synced, how many the disk has after a crash: the first ones. */
  tail(desk: PeerId, unsynced: number): number;
  /** At each request and each answer that a desk sends. */
  send(desk: PeerId): SendFate;
  writeMs(desk: PeerId): number;
  /** Reading the journal and being found take their time; null: the desk dies meanwhile. */
  startMs(desk: PeerId): number | null;
  restartMs(desk: PeerId): number;
  /** Nobody listens where the addressee was: sometimes that is certain, sometimes it looks like silence. */
  absenceIsCertain(leg: Leg): boolean;
}
