/**
 * The journal: the only memory that counts. Records of an offer are kept in the order in which they were appended.
 * Who appends waits for `append` before it says anything (persist, then speak).
 */
import type { OfferKey } from '../protocol/ids.ts';
import type { JournalEntry, JournalRecord } from '../protocol/records.ts';

export interface StoredOffer {
  readonly offer: OfferKey;
  readonly records: readonly JournalRecord[];
}

export interface Journal {
  /**
   * True when this is a copy that was put in place of a journal: what was decided after the copy was made is forgotten, so
   * that nothing in it that is not final may be gone on with.
   */
  readonly restored: boolean;

  /** What was not final in a restored copy has been voided, durably. Ends `restored`. */
  beginGeneration(): Promise<void>;

  /**
   * Resolves when the entry is durable: all of its records or none. Entries of one offer must be appended one after
   * another. After a rejection nobody knows whether it was written: the desk stops.
   * @throws GrapevineError ERR_JOURNAL
   */
  append(entry: JournalEntry): Promise<void>;

  /** All records of one offer; empty when there are none. */
  readOffer(offer: OfferKey): Promise<readonly JournalRecord[]>;

  /** Every offer whose latest entry was not `finished`, in the order of their first records. */
  readUnfinished(): Promise<readonly StoredOffer[]>;

  /** What was appended before is durable when this resolves. Can be repeated. */
  close(): Promise<void>;
}
