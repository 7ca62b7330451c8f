/**
 * The schema of a journal and its migrations. Constraints and triggers enforce the critical promises: neither a bug of ours nor a person
 * with `sqlite3` can insert a second award. (Except with `REPLACE`, which deletes the old row without running triggers.) A record is stored as
 * JSON; the other columns are copies of some of its fields. (Generated columns would be simpler, but libsql 0.5.29 cannot VACUUM tables
 * that have them.)
 *
 * A released migration is never edited; each change is a new one at the end of the list. Journals of all versions are in
 * test/store/fixtures and must stay readable.
 */
import type { Connection } from './sqlite-connection.ts';

/** "GRPV": distinguishes a journal from other SQLite files. */
export const APPLICATION_ID = 0x47525056;

/** The promises about `offers` and `records`: one end per offer, valid awards only, and no change or deletion. */
const ENDS_ONCE = `
  CREATE UNIQUE INDEX offer_ends_once ON records (offer) WHERE type IN ('awarded', 'cancelled', 'expired', 'voided');
  CREATE UNIQUE INDEX epoch_reserved_once ON records (offer, epoch) WHERE type = 'reserved';
  CREATE UNIQUE INDEX epoch_released_once ON records (offer, epoch) WHERE type = 'released';

  CREATE TRIGGER nothing_after_the_end BEFORE INSERT ON records
  WHEN NEW.type NOT IN ('delivered', 'truth') BEGIN
    SELECT RAISE(ABORT, 'the offer has ended: only delivered, or the truth about a voided one, may follow')
    WHERE EXISTS (SELECT 1 FROM records WHERE offer = NEW.offer AND type IN ('awarded', 'cancelled', 'expired', 'voided'));
  END;

  CREATE TRIGGER epochs_only_grow BEFORE INSERT ON records
  WHEN NEW.type = 'reserved' BEGIN
    SELECT RAISE(ABORT, 'a reservation needs an epoch')
    WHERE NEW.epoch IS NULL;
    SELECT RAISE(ABORT, 'the epoch has been used')
    WHERE EXISTS (SELECT 1 FROM records WHERE offer = NEW.offer AND type = 'reserved'
      AND epoch >= NEW.epoch);
  END;

  CREATE TRIGGER award_needs_its_reservation BEFORE INSERT ON records
  WHEN NEW.type = 'awarded' BEGIN
    SELECT RAISE(ABORT, 'an award needs the current reservation of its taker')
    WHERE NOT EXISTS (SELECT 1 FROM records WHERE offer = NEW.offer AND type = 'reserved'
        AND epoch = NEW.epoch AND taker = NEW.taker)
      OR EXISTS (SELECT 1 FROM records WHERE offer = NEW.offer AND type = 'reserved'
        AND epoch > NEW.epoch)
      OR EXISTS (SELECT 1 FROM records WHERE offer = NEW.offer AND type = 'released'
        AND epoch = NEW.epoch);
  END;

  CREATE TRIGGER records_never_change BEFORE UPDATE ON records BEGIN
    SELECT RAISE(ABORT, 'records are kept as they were written');
  END;
  CREATE TRIGGER records_never_go BEFORE DELETE ON records BEGIN
    SELECT RAISE(ABORT, 'records are kept for ever');
  END;
  CREATE TRIGGER offers_keep_their_names BEFORE UPDATE OF number, maker, offer_id, role ON offers BEGIN
    SELECT RAISE(ABORT, 'an offer keeps its name');
  END;
`;

/** For people with sqlite3. */
const STORY_VIEWS = `
  CREATE VIEW story AS
    SELECT seq, strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS at,
      offer_id, role, type, taker, epoch, maker, json_remove(body, '$.type', '$.at') AS detail
    FROM records JOIN offers ON offers.number = records.offer ORDER BY seq;

  CREATE VIEW unfinished AS
    SELECT offer_id, role, records.type AS latest, strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS since,
      taker, epoch, maker
    FROM offers JOIN records ON records.seq = (SELECT max(seq) FROM records WHERE records.offer = offers.number)
    WHERE finished = 0 ORDER BY offers.number;

  CREATE VIEW deals AS
    SELECT strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS at, offer_id, role, maker, taker, epoch
    FROM records JOIN offers ON offers.number = records.offer WHERE type IN ('awarded', 'won') ORDER BY seq;
`;

const VERSION_1 = `
  CREATE TABLE meta (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    generation INTEGER NOT NULL CHECK (generation >= 1),
    restored   INTEGER NOT NULL CHECK (restored IN (0, 1))
  ) STRICT;
  INSERT INTO meta VALUES (1, 1, 0);

  CREATE TABLE offers (
    number   INTEGER PRIMARY KEY,
    maker    TEXT    NOT NULL CHECK (instr(maker, '/') = 0),
    offer_id TEXT    NOT NULL CHECK (instr(offer_id, '/') = 0),
    role     TEXT    NOT NULL CHECK (role IN ('maker', 'taker')),
    finished INTEGER NOT NULL CHECK (finished IN (0, 1)),
    UNIQUE (maker, offer_id)
  ) STRICT;
  CREATE INDEX offers_unfinished ON offers (number) WHERE finished = 0;

  CREATE TABLE records (
    seq   INTEGER PRIMARY KEY,
    offer INTEGER NOT NULL REFERENCES offers (number),
    type  TEXT    NOT NULL CHECK (type IS json_extract(body, '$.type')),
    at    INTEGER NOT NULL CHECK (at IS json_extract(body, '$.at')),
    taker TEXT    CHECK (taker IS json_extract(body, '$.taker.id')),
    epoch INTEGER CHECK (epoch IS json_extract(body, '$.epoch')),
    body  TEXT    NOT NULL CHECK (json_valid(body))
  ) STRICT;
  CREATE INDEX records_of_offer ON records (offer);

  ${ENDS_ONCE}

  ${STORY_VIEWS}
`;

/** Proofs of equivocation, indexes for finding old offers and deals, and the owner of the journal. */
const VERSION_2 = `
  ALTER TABLE meta ADD COLUMN desk TEXT;

  CREATE INDEX offers_by_id ON offers (offer_id);
  CREATE INDEX deals_by_time ON records (at) WHERE type IN ('awarded', 'confirmed', 'won', 'closed');

  CREATE TABLE evidence (
    maker      TEXT    NOT NULL,
    offer_id   TEXT    NOT NULL,
    found_at   INTEGER NOT NULL,
    statements TEXT    NOT NULL CHECK (json_array_length(statements) = 2),
    PRIMARY KEY (maker, offer_id)
  ) STRICT;
  CREATE TRIGGER evidence_never_changes BEFORE UPDATE ON evidence BEGIN
    SELECT RAISE(ABORT, 'evidence is kept as it was written');
  END;
  CREATE TRIGGER evidence_never_goes BEFORE DELETE ON evidence BEGIN
    SELECT RAISE(ABORT, 'evidence is kept for ever');
  END;
`;

/**
 * Lives (starts) are counted: the life is the high part of every epoch. And a record costs less: the database no longer compares the
 * columns with the JSON (which parsed it five times), and one index finds offers by id and by key.
 */
const VERSION_3 = `
  DROP VIEW story;
  DROP VIEW unfinished;
  DROP VIEW deals;

  ALTER TABLE meta ADD COLUMN life INTEGER NOT NULL DEFAULT 0 CHECK (life >= 0);

  CREATE TABLE offers_3 (
    number   INTEGER PRIMARY KEY,
    maker    TEXT    NOT NULL CHECK (instr(maker, '/') = 0),
    offer_id TEXT    NOT NULL CHECK (instr(offer_id, '/') = 0),
    role     TEXT    NOT NULL CHECK (role IN ('maker', 'taker')),
    finished INTEGER NOT NULL CHECK (finished IN (0, 1)),
    UNIQUE (offer_id, maker)
  ) STRICT;
  INSERT INTO offers_3 SELECT number, maker, offer_id, role, finished FROM offers ORDER BY number;

  CREATE TABLE records_3 (
    seq   INTEGER PRIMARY KEY,
    offer INTEGER NOT NULL REFERENCES offers (number),
    type  TEXT    NOT NULL,
    at    INTEGER NOT NULL,
    taker TEXT,
    epoch INTEGER,
    body  TEXT    NOT NULL
  ) STRICT;
  INSERT INTO records_3 SELECT seq, offer, type, at, taker, epoch, body FROM records ORDER BY seq;

  DROP TABLE records;
  DROP TABLE offers;
  ALTER TABLE offers_3 RENAME TO offers;
  ALTER TABLE records_3 RENAME TO records;

  CREATE INDEX offers_unfinished ON offers (number) WHERE finished = 0;
  CREATE INDEX records_of_offer ON records (offer);
  CREATE INDEX deals_by_time ON records (at) WHERE type IN ('awarded', 'confirmed', 'won', 'closed');

  ${ENDS_ONCE}
  ${STORY_VIEWS}
`;

/** Reports after a deal: one from each side. */
const VERSION_4 = `
  DROP TRIGGER nothing_after_the_end;
  CREATE TRIGGER nothing_after_the_end BEFORE INSERT ON records
  WHEN NEW.type NOT IN ('delivered', 'truth', 'overdue', 'reported', 'reportDelivered', 'reportReceived') BEGIN
    SELECT RAISE(ABORT, 'the offer has ended: only what comes after the end may follow')
    WHERE EXISTS (SELECT 1 FROM records WHERE offer = NEW.offer AND type IN ('awarded', 'cancelled', 'expired', 'voided'));
  END;

  CREATE UNIQUE INDEX deal_reported_once ON records (offer) WHERE type = 'reported';
  CREATE UNIQUE INDEX deal_report_received_once ON records (offer) WHERE type = 'reportReceived';
`;

/** One offer per reference and attempt, and one renewal per offer. The indexes also find them. */
const VERSION_5 = `
  DROP TRIGGER nothing_after_the_end;
  CREATE TRIGGER nothing_after_the_end BEFORE INSERT ON records
  WHEN NEW.type NOT IN ('delivered', 'truth', 'overdue', 'reported', 'reportDelivered', 'reportReceived', 'renewed') BEGIN
    SELECT RAISE(ABORT, 'the offer has ended: only what comes after the end may follow')
    WHERE EXISTS (SELECT 1 FROM records WHERE offer = NEW.offer AND type IN ('awarded', 'cancelled', 'expired', 'voided'));
  END;

  CREATE UNIQUE INDEX reference_offered_once
    ON records (json_extract(body, '$.terms.reference'), coalesce(json_extract(body, '$.terms.attempt'), 1))
    WHERE type = 'opened' AND json_extract(body, '$.terms.reference') IS NOT NULL;
  CREATE UNIQUE INDEX offer_renewed_once ON records (json_extract(body, '$.plan.renews'))
    WHERE type = 'opened' AND json_extract(body, '$.plan.renews') IS NOT NULL;
`;

/**
 * A number for what an offer can have once: its end, and the reservation and release of each epoch. One unique index on it rejects a
 * second one, and finds the end, the current reservation and all records of an offer. Part of version 6: never edit.
 */
const ONCE = `CASE type
    WHEN 'reserved' THEN epoch WHEN 'released' THEN -epoch
    WHEN 'awarded' THEN 0 WHEN 'cancelled' THEN 0 WHEN 'expired' THEN 0 WHEN 'voided' THEN 0 END`;

/** The records by which deals are listed: the condition of an index. Part of version 6: never edit. */
export const IS_OF_DEAL = "(type = 'awarded' OR type = 'confirmed' OR type = 'won' OR type = 'closed')";

/**
 * A record costs less: one index instead of four, and no IN lists in triggers, because SQLite builds a table of such a list for each row.
 * Unfinished offers have no index: they are only read at a start, which reads the whole file in any case.
 */
const VERSION_6 = `
  DROP TRIGGER nothing_after_the_end;
  DROP TRIGGER epochs_only_grow;
  DROP TRIGGER award_needs_its_reservation;
  DROP INDEX offer_ends_once;
  DROP INDEX epoch_reserved_once;
  DROP INDEX epoch_released_once;
  DROP INDEX records_of_offer;
  DROP INDEX deals_by_time;
  DROP INDEX offers_unfinished;

  CREATE UNIQUE INDEX records_of_offer ON records (offer, ${ONCE});
  CREATE INDEX deals_by_time ON records (at) WHERE ${IS_OF_DEAL};

  CREATE TRIGGER nothing_after_the_end BEFORE INSERT ON records
  WHEN NEW.type <> 'delivered' AND NEW.type <> 'truth' AND NEW.type <> 'overdue' AND NEW.type <> 'reported'
    AND NEW.type <> 'reportDelivered' AND NEW.type <> 'reportReceived' AND NEW.type <> 'renewed' BEGIN
    SELECT RAISE(ABORT, 'the offer has ended: only what comes after the end may follow')
    WHERE EXISTS (SELECT 1 FROM records WHERE offer = NEW.offer AND ${ONCE} = 0);
  END;

  CREATE TRIGGER epochs_only_grow BEFORE INSERT ON records
  WHEN NEW.type = 'reserved' BEGIN
    SELECT RAISE(ABORT, 'a reservation needs an epoch')
    WHERE NEW.epoch IS NULL;
    SELECT RAISE(ABORT, 'the epoch has been used')
    WHERE EXISTS (SELECT 1 FROM records WHERE offer = NEW.offer AND ${ONCE} >= NEW.epoch);
  END;

  CREATE TRIGGER award_needs_its_reservation BEFORE INSERT ON records
  WHEN NEW.type = 'awarded' BEGIN
    SELECT RAISE(ABORT, 'an award needs the current reservation of its taker')
    WHERE NOT EXISTS (SELECT 1 FROM records WHERE offer = NEW.offer AND ${ONCE} = NEW.epoch
        AND type = 'reserved' AND taker = NEW.taker)
      OR EXISTS (SELECT 1 FROM records WHERE offer = NEW.offer AND ${ONCE} > NEW.epoch)
      OR EXISTS (SELECT 1 FROM records WHERE offer = NEW.offer AND ${ONCE} = -NEW.epoch);
  END;
`;

const MIGRATIONS: readonly string[] = [VERSION_1, VERSION_2, VERSION_3, VERSION_4, VERSION_5, VERSION_6];

/** The version that this program writes. Older files are migrated, newer ones refused. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** Migrates a file to the newest version. Must be called in a transaction. */
export function migrate(connection: Connection): void {
  const version = connection.readNumber('PRAGMA user_version');
  if (version === SCHEMA_VERSION) return;
  for (const sql of MIGRATIONS.slice(version)) connection.exec(sql);
  connection.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION};`);
}
