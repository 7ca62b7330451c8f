/**
 * Reads the life from a database file without SQLite, because the file may be damaged. `meta` is the first table of a journal, so its
 * single row is on page 2. A life lower than that in the mark means that the file is an earlier copy.
 *
 * Format: https://sqlite.org/fileformat2.html#b_tree_pages
 */
import { closeSync, openSync, readSync } from 'node:fs';

const META_PAGE = 2;
const LEAF = 0x0d;
const CELL_POINTERS_AT = 8;
/** The columns of `meta` are: one, generation, restored, desk, life. */
const LIFE_COLUMN = 4;
/** First version with lives. */
const LIVES_SINCE = 3;

/**
 * @param version of the schema
 * @returns 0 in versions without lives; null when the page is not as expected
 */
export function readLife(file: string, pageBytes: number, version: number): number | null {
  const page = Buffer.alloc(pageBytes);
  const handle = openSync(file, 'r');
  try {
    readSync(handle, page, 0, pageBytes, (META_PAGE - 1) * pageBytes);
  } finally {
    closeSync(handle);
  }
  try {
    return lifeOf(page, version);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function lifeOf(page: Buffer, version: number): number | null {
  if (page[0] !== LEAF || page.readUInt16BE(3) !== 1) return null;
  const cell = new Varints(page, page.readUInt16BE(CELL_POINTERS_AT));
  cell.next(); // size of the row
  cell.next(); // rowid
  const begin = cell.at;
  const headerBytes = cell.next();
  const types: number[] = [];
  while (cell.at < begin + headerBytes) types.push(cell.next());
  let at = begin + headerBytes;
  for (const type of types.slice(0, LIFE_COLUMN)) at += bytesOf(type);
  const type = types[LIFE_COLUMN];
  if (type === undefined) return version < LIVES_SINCE ? 0 : null;
  if (type === 8 || type === 9) return type - 8;
  return type >= 1 && type <= 4 ? page.readUIntBE(at, bytesOf(type)) : null;
}

function bytesOf(type: number): number {
  if (type >= 12) return (type - (type % 2 === 0 ? 12 : 13)) / 2;
  return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0][type] ?? 0;
}

class Varints {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  next(): number {
    let value = 0;
    for (let count = 0; count < 8; count += 1) {
      const byte = this.#bytes.readUInt8(this.at);
      this.at += 1;
      value = value * 128 + (byte & 0x7f);
      if (byte < 0x80) break;
    }
    return value;
  }
}
