/** Pagination cursor: the position in a long list, as a text that the caller sends back for the next page. */
import type { Cursor } from '../ports/archive.ts';
import { GrapevineError } from '../protocol/errors.ts';

export interface Position {
  /** Time of the latest deal record; 0 in lists that are not ordered by time. */
  readonly at: number;
  /** Number of that record. */
  readonly seq: number;
  /** The latest record when the first page was read: later records don't move an offer in the list. */
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
    throw new GrapevineError('ERR_USAGE', 'that is no cursor of a list; begin again without one');
  return { at, seq, asOf };
}
