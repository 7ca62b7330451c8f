/**
 * The journal: the only memory that counts. Records are kept in the order in which they were appended, over all offers.
 *
 * Persist, then speak: what must not be forgotten is appended with `append`, and only said when that has resolved. What may be
 * forgotten by a crash is appended with `appendLazy`, and may be said at once. A crash loses at most lazy entries at the end:
 * an entry that is durable makes every earlier one durable.
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
   * 1 at the first start, one more at each later start, and durable before anybody can use the journal. So what is numbered
   * within a life (epochs: `life * 2^20 + counter`) is never numbered twice, whatever a crash forgets.
   */
  readonly life: number;

  /**
   * True when this is a copy that was put in place of a journal: what was decided after the copy was made is forgotten, so
   * that nothing in it that is not final may be gone on with.
   */
  readonly restored: boolean;

  /**
   * Resolves (it never rejects) with the reason when the journal has failed: a write or a sync did not work, an entry was
   * refused, or the file is not the one in the folder any more. Nobody knows what is on the disk then. Everything that waits
   * or comes later is rejected with the same error, and the desk must stop without saying anything more. Entries that nobody
   * waits for make this known here alone. Stays pending when the journal is closed without a failure.
   */
  readonly failed: Promise<GrapevineError>;

  /** What was not final in a restored copy has been voided, durably. Ends `restored`. */
  beginGeneration(): Promise<void>;

  /**
   * Resolves when the entry is durable, and with it everything that was appended before: all records of an entry or none.
   * Entries of one offer must be appended one after another. After a rejection nobody knows whether it was written: the desk
   * stops.
   * @throws GrapevineError ERR_JOURNAL and its kin (ERR_JOURNAL_FULL, ERR_JOURNAL_MOVED)
   */
  append(entry: JournalEntry): Promise<void>;

  /**
   * Writes in the same order as `append`, and nobody waits: no sync of the disk is made for it. It is durable when a later
   * `append` or `sync` has resolved; reads see it at once.
   * @throws GrapevineError when the journal has failed or is closed already; a failure of this entry is told by `failed`
   */
  appendLazy(entry: JournalEntry): void;

  /**
   * Resolves when everything that was appended so far is durable; at once when nothing waits.
   * @throws GrapevineError as `append`
   */
  sync(): Promise<void>;

  /**
   * False only for an offer of which there certainly is no record, not even one that waits to be written. Where it is missing, every
   * offer may have some.
   */
  mayHave?(offer: OfferKey): boolean;

  /** All records of one offer, those that are not durable yet too; empty when there are none. */
  readOffer(offer: OfferKey): Promise<readonly JournalRecord[]>;

  /** The own offer with the highest attempt under this reference of its terms; null when there is none. */
  readLatestUnder(reference: string): Promise<StoredOffer | null>;

  /** The own offer that was made as the renewal of this one (`OfferPlan.renews`); null when there is none. */
  readRenewalOf(offerId: OfferId): Promise<StoredOffer | null>;

  /** Every offer whose latest entry was not `finished`, in the order of their first records. */
  readUnfinished(): Promise<readonly StoredOffer[]>;

  /** What was appended before is durable when this resolves. Can be repeated. */
  close(): Promise<void>;
}
