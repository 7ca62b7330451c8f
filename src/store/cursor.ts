/** Pagination cursors: the position in a list as text, which the caller sends back to get the next page. */
import type { Cursor } from '../ports/archive.ts';
import { GrapevineError } from '../protocol/errors.ts';

export interface Position {
  /** Time of the latest deal record; 0 in lists that are not ordered by time. */
  readonly at: number;
  /** Number of that record. */
  readonly seq: number;
  /** Number of the latest record when the first page was read: later records do not move an offer in the list. */
  readonly asOf: number;
}

export function cursorOf({ at, seq, asOf }: Position): Cursor {
  return `${at}.${seq}.${asOf}`;
}

/** @throws GrapevineError ERR_USAGE */
export function positionOf(cursor: Cursor): Position {
  const parts = /^(-?\d{1,16})\.(\d{1,16})\.(\d{1,16})$/.exec(cursor)?.slice(1).map(Number);
  const [at, seq, asOf] = parts ?? [];
  if (at === undefined || seq === undefined || asOf === undefined)
    throw new GrapevineError('ERR_USAGE', 'the cursor is not valid; omit it to start with the first page');
  return { at, seq, asOf };
}
