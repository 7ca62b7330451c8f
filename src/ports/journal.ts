/**
 * The journal: the only state that survives a crash. It stores the records of all offers in the order in which they
 * were appended.
 *
 * Persist, then send: `append` a record that must survive a crash, and send nothing that depends on it before that has
 * resolved. `appendLazy` a record that a crash may lose; messages need not wait for it. A crash loses at most lazy
 * entries at the end: a durable entry makes every earlier one durable.
 */
import type { GrapevineError } from '../protocol/errors.ts';
import type { OfferId, OfferKey } from '../protocol/ids.ts';
import type { JournalEntry, JournalRecord } from '../protocol/records.ts';

export interface StoredOffer {
  readonly offer: OfferKey;
  readonly records: readonly JournalRecord[];
}

export interface Journal {
  /**
   * The number of this start, from 1. It is durable before the journal can be used. So a number that is unique within a
   * life (epochs: `life * 2^20 + counter`) is unique for ever, whatever a crash loses.
   */
  readonly life: number;

  /**
   * True when this is a copy that replaced a journal. Decisions made after the copy are lost, so every offer in it that
   * is not final must be voided.
   */
  readonly restored: boolean;

  /**
   * Resolves (it never rejects) with the reason when the journal has failed: a write or a sync failed, an entry was
   * rejected, or the file was replaced. The contents of the disk are then unknown. All pending and later calls reject
   * with the same error, and the desk must stop without sending anything more. A failure of a lazy entry is reported
   * only here. Stays pending when the journal is closed without a failure.
   */
  readonly failed: Promise<GrapevineError>;

  /** Call when every offer of a restored copy that was not final is voided, durably. Ends `restored`. */
  beginGeneration(): Promise<void>;

  /**
   * Resolves when the entry and everything appended before it are durable. An entry is written as a whole or not at
   * all. Entries of one offer must be appended one after another. After a rejection it is unknown whether the entry was
   * written: the desk must stop.
   * @throws GrapevineError ERR_JOURNAL, ERR_JOURNAL_FULL, ERR_JOURNAL_MOVED
   */
  append(entry: JournalEntry): Promise<void>;

  /**
   * Writes in the same order as `append`, without a sync of the disk. The entry is durable when a later `append` or
   * `sync` has resolved; reads see it at once.
   * @throws GrapevineError when the journal has failed or is closed; `failed` reports a failure of this entry
   */
  appendLazy(entry: JournalEntry): void;

  /**
   * Resolves when everything appended so far is durable; at once when nothing is pending.
   * @throws GrapevineError as `append`
   */
  sync(): Promise<void>;

  /**
   * False only if the offer certainly has no record, not even a pending one. Without this method, every offer may have
   * some.
   */
  mayHave?(offer: OfferKey): boolean;

  /** All records of one offer, including those that are not durable yet. */
  readOffer(offer: OfferKey): Promise<readonly JournalRecord[]>;

  /** Our offer with this reference in its terms and the highest attempt; null when there is none. */
  readLatestUnder(reference: string): Promise<StoredOffer | null>;

  /** Our offer that renews this one (`OfferPlan.renews`); null when there is none. */
  readRenewalOf(offerId: OfferId): Promise<StoredOffer | null>;

  /** Every offer whose latest entry was not `finished`, in the order of their first records. */
  readUnfinished(): Promise<readonly StoredOffer[]>;

  /** Resolves when everything appended so far is durable. Safe to call twice. */
  close(): Promise<void>;
}
