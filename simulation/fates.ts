/**
 * Decides about each fault. The network, the journals and the desks of a world ask for a fate at each point where a fault is possible. In
 * a campaign, the fate is random (`random-fates.ts`). When all cases are enumerated, it comes from a list (`scripted-fates.ts`).
 */
import type { PeerId } from '../src/protocol/ids.ts';

export interface Leg {
  readonly from: PeerId;
  readonly to: PeerId;
  readonly cmd: string;
  /** Must not reach two receivers, so it is never sent again. */
  readonly once: boolean;
}

export interface RequestFate {
  /** The milliseconds until each copy arrives; empty: it is lost. */
  readonly arrivals: readonly number[];
  /** The number of addresses that the sender tries one after another before it gives up; default: 1. */
  readonly addresses?: number;
  /** The result that the sender gets without an answer. `unsent` only without arrivals. */
  readonly told: { readonly kind: 'unsent' | 'unknown'; readonly afterMs: number } | null;
}

export interface AnswerFate {
  /** Null: the answer is lost. */
  readonly afterMs: number | null;
  /** A senseless value that replaces the answer. */
  readonly garbled?: unknown;
}

export type WriteFate =
  | { readonly kind: 'durable' | 'crash before' | 'crash after' | 'fails before' | 'fails after' }
  /** Only the first `keep` of the waiting entries become durable. */
  | { readonly kind: 'torn'; readonly keep: number };

export type SendFate = 'goes' | 'crash before' | 'crash after';

export interface Fates {
  request(leg: Leg): RequestFate;
  answer(leg: Leg): AnswerFate;
  /** @param entries the number of entries that are written together */
  write(desk: PeerId, entries: number): WriteFate;
  /**
   * Called after the write of a lazy entry.
   * @returns whether the desk crashes soon after it has sent messages that depend on the entry
   */
  lazyWrite(desk: PeerId, unsynced: number): boolean;
  /** How many of the unsynced entries, from the first one, the disk has after a crash. */
  tail(desk: PeerId, unsynced: number): number;
  /** Called for each request and each answer that a desk sends. */
  send(desk: PeerId): SendFate;
  writeMs(desk: PeerId): number;
  /** The time to read the journal and to announce the desk; null: the desk crashes meanwhile. */
  startMs(desk: PeerId): number | null;
  restartMs(desk: PeerId): number;
  /** The receiver is down: whether the sender gets the result `unsent`, or no answer. */
  absenceIsCertain(leg: Leg): boolean;
}
