/** The queries of a journal. Reads all texts as bytes and decodes them strictly (`textOf`). Writes nothing. */
import type { Cursor, DealsFilter, StoredDealsQuery, StoredPage } from '../ports/archive.ts';
import type { Equivocation } from '../ports/evidence.ts';
import type { StoredOffer } from '../ports/journal.ts';
import { makerIdOf, offerIdOf, type OfferId, type OfferKey, type PeerId } from '../protocol/ids.ts';
import type { JournalRecord } from '../protocol/records.ts';
import { cursorOf, positionOf } from './cursor.ts';
import { IS_OF_DEAL } from './journal-schema.ts';
import { OfferFilter } from './offer-filter.ts';
import { decodeRecord } from './record-codec.ts';
import { textOf, type Connection, type Row, type Statement } from './sqlite-connection.ts';

export type FinishedQuery = Pick<StoredDealsQuery, 'after' | 'limit'>;

const RECORDS = `
  SELECT CAST(maker || '/' || offer_id AS BLOB) AS offer, CAST(role AS BLOB) AS role, CAST(body AS BLOB) AS body
  FROM offers JOIN records ON records.offer = offers.number`;

const READ_OFFER = `${RECORDS} WHERE offer_id = ? AND maker = ? ORDER BY seq`;

const READ_NUMBERED = `${RECORDS} WHERE offers.number = ? ORDER BY seq`;

const READ_UNFINISHED = `${RECORDS} WHERE finished = 0 ORDER BY offers.number, seq`;

/** `~` sorts after every character of an id. */
const FIND_OFFERS = `
  ${RECORDS} WHERE offers.number IN (
    SELECT number FROM offers WHERE offer_id >= ?1 AND offer_id < ?1 || '~' ORDER BY length(offer_id) LIMIT ?2)
  ORDER BY offers.number, seq`;

/**
 * The records that make an offer a deal (`dealOf` in desk/deal-snapshot.ts), as of record number ?4. A confirmation does so only while it
 * is the latest record of its offer. ?1: from this time; ?2: before this time; ?3: 1 in doubt, 0 decided; ?5: the result.
 */
const DEALS = `
  FROM records AS deal
  WHERE ${IS_OF_DEAL} AND deal.at >= ?1 AND deal.at < ?2 AND deal.seq <= ?4
    AND (?3 IS NULL OR (deal.type = 'confirmed') = ?3)
    AND (deal.type <> 'confirmed' OR NOT EXISTS (SELECT 1 FROM records AS later
      WHERE later.offer = deal.offer AND later.seq > deal.seq AND later.seq <= ?4))
    AND (?5 IS NULL OR deal.type <> 'confirmed' AND ?5 = coalesce(
      -- max(): 'failed' sorts after 'done', and one report of a failure is enough.
      (SELECT max(json_extract(report.body, '$.result')) FROM records AS report
        WHERE report.offer = deal.offer AND report.seq <= ?4 AND report.type IN ('reported', 'reportReceived')),
      'open'))`;

const COUNT_DEALS = `SELECT count(*) AS deals ${DEALS}`;

/** The caller includes the cursor in ?2: with two upper bounds of the time, SQLite may use the wrong one for the index. */
export const READ_DEALS = `
  SELECT deal.offer AS number, deal.at, deal.seq ${DEALS} AND (deal.at < ?6 OR deal.seq < ?7)
  ORDER BY deal.at DESC, deal.seq DESC LIMIT ?8`;

/** Many ids in one text, because a row costs much more than an id. No id contains a slash. */
const READ_OFFER_IDS = `
  SELECT CAST(group_concat(offer_id, '/') AS BLOB) AS ids, max(number) AS last
  FROM (SELECT number, offer_id FROM offers WHERE number > ? ORDER BY number LIMIT 10000)`;

const READ_FINISHED = 'SELECT number FROM offers WHERE finished = 1 AND number < ? ORDER BY number DESC LIMIT ?';

export const READ_LATEST_UNDER_REFERENCE = `
  SELECT offer AS number FROM records
  WHERE type = 'opened' AND json_extract(body, '$.terms.reference') IS NOT NULL
    AND json_extract(body, '$.terms.reference') = ?
  ORDER BY coalesce(json_extract(body, '$.terms.attempt'), 1) DESC LIMIT 1`;

export const READ_RENEWAL = `
  SELECT offer AS number FROM records
  WHERE type = 'opened' AND json_extract(body, '$.plan.renews') IS NOT NULL
    AND json_extract(body, '$.plan.renews') = ?`;

const READ_EVIDENCE = `
  SELECT CAST(maker AS BLOB) AS maker, CAST(offer_id AS BLOB) AS offer_id, found_at, CAST(statements AS BLOB) AS statements
  FROM evidence ORDER BY found_at, rowid`;

const READ_OWNER = 'SELECT CAST(desk AS BLOB) AS desk FROM meta';

/** Journals of version 1 do not store their owner: it is the maker of any own offer. */
const READ_FIRST_MAKER = "SELECT CAST(maker AS BLOB) AS maker FROM offers WHERE role = 'maker' LIMIT 1";

/** First version that stores the owner and has evidence. */
const OWNED_SINCE = 2;

const MAX_TIME = Number.MAX_SAFE_INTEGER;
const MIN_TIME = Number.MIN_SAFE_INTEGER;

export class JournalReader {
  readonly #connection: Connection;
  readonly #readOffer: Statement;
  readonly #readNumbered: Statement;
  readonly #readLatestUnder: Statement;
  readonly #readRenewal: Statement;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#readOffer = connection.prepare(READ_OFFER);
    this.#readNumbered = connection.prepare(READ_NUMBERED);
    this.#readLatestUnder = connection.prepare(READ_LATEST_UNDER_REFERENCE);
    this.#readRenewal = connection.prepare(READ_RENEWAL);
  }

  /** A filter with all offers of the journal. */
  offerFilter(): OfferFilter {
    const filter = new OfferFilter(this.#connection.readNumber('SELECT count(*) FROM offers'));
    const read = this.#connection.prepare(READ_OFFER_IDS);
    for (let after = 0; ;) {
      const [row] = read.all(after);
      if (row?.['ids'] == null) return filter;
      for (const id of textOf(row['ids']).split('/')) filter.add(id);
      after = Number(row['last']);
    }
  }

  readOffer(offer: OfferKey): readonly JournalRecord[] {
    return this.#readOffer.all(offerIdOf(offer), makerIdOf(offer)).map((row) => toRecord(offer, row));
  }

  readUnfinished(): readonly StoredOffer[] {
    return groupByOffer(this.#connection.prepare(READ_UNFINISHED).all());
  }

  readLatestUnder(reference: string): StoredOffer | null {
    return this.#readOne(this.#readLatestUnder, reference);
  }

  readRenewalOf(offerId: OfferId): StoredOffer | null {
    return this.#readOne(this.#readRenewal, offerId);
  }

  findOffers(idPrefix: string, limit: number): readonly StoredOffer[] {
    return groupByOffer(this.#connection.prepare(FIND_OFFERS).all(idPrefix, limit));
  }

  /** @throws GrapevineError ERR_USAGE for an invalid cursor */
  readDeals({ after, limit, ...filter }: StoredDealsQuery): StoredPage {
    const from = after === undefined ? { at: MAX_TIME, seq: 0, asOf: this.#latest } : positionOf(after);
    const untilMs = Math.min(filter.untilMs ?? MAX_TIME, from.at + 1);
    const wanted = parametersOf({ ...filter, untilMs }, from.asOf);
    const found = this.#connection.prepare(READ_DEALS).all(...wanted, from.at, from.seq, limit + 1);
    return this.#pageOf(found, limit, ({ at, seq }) => cursorOf({ at: Number(at), seq: Number(seq), asOf: from.asOf }));
  }

  countDeals(filter: DealsFilter): number {
    const [row] = this.#connection.prepare(COUNT_DEALS).all(...parametersOf(filter, this.#latest));
    return Number(row?.['deals']);
  }

  /** @throws GrapevineError ERR_USAGE for an invalid cursor */
  readFinished({ after, limit }: FinishedQuery): StoredPage {
    const below = after === undefined ? Number.MAX_SAFE_INTEGER : positionOf(after).seq;
    const found = this.#connection.prepare(READ_FINISHED).all(below, limit + 1);
    return this.#pageOf(found, limit, ({ number }) => cursorOf({ at: 0, seq: Number(number), asOf: 0 }));
  }

  readEvidence(): readonly Equivocation[] {
    return this.#hasOwnerAndEvidence ? this.#connection.prepare(READ_EVIDENCE).all().map(toEquivocation) : [];
  }

  /** The desk that claimed the journal; null when it is not claimed yet. */
  owner(): string | null {
    const claimed = this.#hasOwnerAndEvidence ? this.#connection.readValue(READ_OWNER) : null;
    const owner = claimed ?? this.#connection.readValue(READ_FIRST_MAKER) ?? null;
    return owner === null ? null : textOf(owner);
  }

  /** Number of the latest record. */
  get #latest(): number {
    return this.#connection.readNumber('SELECT coalesce(max(seq), 0) FROM records');
  }

  /** A file of an earlier version is read without migration. */
  get #hasOwnerAndEvidence(): boolean {
    return this.#connection.readNumber('PRAGMA user_version') >= OWNED_SINCE;
  }

  #readOne(statement: Statement, key: string): StoredOffer | null {
    const [found] = statement.all(key);
    if (found === undefined) return null;
    const [offer] = groupByOffer(this.#readNumbered.all(Number(found['number'])));
    return offer ?? null;
  }

  /** @param found rows with the `number` of an offer, one more than `limit` when there is a next page */
  #pageOf(found: readonly Row[], limit: number, cursor: (last: Row) => Cursor): StoredPage {
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      offers: page.flatMap(({ number }) => groupByOffer(this.#readNumbered.all(Number(number)))),
      next: last !== undefined && found.length > limit ? cursor(last) : null,
    };
  }
}

/** The parameters ?1 to ?5 of {@link DEALS}. */
function parametersOf({ sinceMs, untilMs, inDoubt, result }: DealsFilter, asOf: number): (number | string | null)[] {
  return [
    sinceMs ?? MIN_TIME,
    untilMs ?? MAX_TIME,
    inDoubt === undefined ? null : Number(inDoubt),
    asOf,
    result ?? null,
  ];
}

function toRecord(offer: OfferKey, { role, body }: Row): JournalRecord {
  return decodeRecord(offer, textOf(role), textOf(body));
}

/** @param rows in which those of one offer are adjacent */
function groupByOffer(rows: readonly Row[]): readonly StoredOffer[] {
  const stored: { offer: OfferKey; records: JournalRecord[] }[] = [];
  for (const row of rows) {
    const offer = textOf(row['offer']) as OfferKey;
    const latest = stored.at(-1);
    if (latest?.offer === offer) latest.records.push(toRecord(offer, row));
    else stored.push({ offer, records: [toRecord(offer, row)] });
  }
  return stored;
}

function toEquivocation(row: Row): Equivocation {
  return {
    maker: textOf(row['maker']) as PeerId,
    offerId: textOf(row['offer_id']) as OfferId,
    foundAt: Number(row['found_at']),
    statements: JSON.parse(textOf(row['statements'])) as Equivocation['statements'],
  };
}
