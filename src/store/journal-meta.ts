/** Reads and changes the row of the table `meta`: the generation of a journal, whether it is a restored copy, and its owner. */
import { GrapevineError } from '../protocol/errors.ts';
import { sumOfMeta, type Meta } from './contents-sum.ts';
import type { ContentsHolder } from './journal-mark.ts';
import { textOf, type Connection, type SqlValue } from './sqlite-connection.ts';

/** @throws GrapevineError ERR_JOURNAL_CORRUPT */
export function readMeta(connection: Connection): Meta {
  const { generation, restored, desk } = connection.readRow(
    'SELECT generation, restored, CAST(desk AS BLOB) AS desk FROM meta',
  );
  if (typeof generation === 'number')
    return { generation, restored: restored !== 0, desk: desk === null ? null : textOf(desk) };
  throw new GrapevineError('ERR_JOURNAL_CORRUPT', 'the journal is damaged: its table meta is empty');
}

interface Opened {
  readonly connection: Connection;
  readonly contents: ContentsHolder;
}

/**
 * @param assignments of an UPDATE in SQL, with placeholders for `values`
 * @returns the new row
 */
export function changeMeta({ connection, contents }: Opened, assignments: string, ...values: SqlValue[]): Meta {
  connection.prepare(`UPDATE meta SET ${assignments}`).run(...values);
  const meta = readMeta(connection);
  contents.now = { ...contents.now, metaSum: sumOfMeta(meta) };
  return meta;
}
