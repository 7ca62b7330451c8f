/** Reads all of a desk's journal for the verdict, also while the desk is running. */
import { Connection } from '../src/store/sqlite-connection.ts';
import { decodeRecord } from '../src/store/record-codec.ts';
import type { OfferKey } from '../src/protocol/ids.ts';
import type { JournalRecord } from '../src/protocol/records.ts';
import type { Role } from './desk-messages.ts';

export interface JournalOffer {
  readonly offer: OfferKey;
  /** The desk has nothing left to do for it. */
  readonly finished: boolean;
  readonly records: readonly JournalRecord[];
}

export interface DeskJournal {
  readonly name: string;
  readonly role: Role;
  readonly id: string;
  readonly offers: readonly JournalOffer[];
  /** Damage of the file that SQLite or the journal has detected. */
  readonly damage: readonly string[];
}

export type Source = Pick<DeskJournal, 'name' | 'role' | 'id'> & { readonly file: string };

const ALL = `
  SELECT number, maker || '/' || offer_id AS offer, role, finished, body
  FROM offers JOIN records ON records.offer = offers.number ORDER BY number, seq`;

export function readDeskJournal({ file, name, role, id }: Source): DeskJournal {
  const connection = new Connection(file, { readOnly: true });
  try {
    return { name, role, id, offers: readOffers(connection), damage: damageOf(connection) };
  } finally {
    connection.close();
  }
}

/** The number of offers for which the desk still has work. */
export function countUnfinished(file: string): number {
  const connection = new Connection(file, { readOnly: true });
  try {
    return connection.readNumber('SELECT count(*) FROM offers WHERE finished = 0');
  } finally {
    connection.close();
  }
}

function readOffers(connection: Connection): readonly JournalOffer[] {
  const offers = new Map<OfferKey, { offer: OfferKey; finished: boolean; records: JournalRecord[] }>();
  for (const row of connection.prepare(ALL).all()) {
    const offer = row['offer'] as OfferKey;
    const entry = offers.get(offer) ?? { offer, finished: row['finished'] === 1, records: [] };
    entry.records.push(decodeRecord(offer, String(row['role']), String(row['body'])));
    offers.set(offer, entry);
  }
  return [...offers.values()];
}

function damageOf(connection: Connection): readonly string[] {
  const damage: string[] = [];
  const integrity = connection.readValue('PRAGMA integrity_check');
  if (integrity !== 'ok') damage.push(`integrity_check says ${String(integrity)}`);
  const { generation, restored } = connection.readRow('SELECT generation, restored FROM meta');
  if (generation !== 1 || restored !== 0) damage.push('takes itself for a restored copy');
  return damage;
}
