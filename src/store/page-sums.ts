/**
 * A checksum of each page of the database file, and their sum, because SQLite has no page checksums. The file changes only in our
 * checkpoints, so the sum shows whether anything else has changed it.
 */
import { readSync } from 'node:fs';
import { crc32 } from 'node:zlib';

const CHUNK_PAGES = 256;

export class PageSums {
  readonly pageBytes: number;
  #sums: number[] = [];
  #total = 0;

  constructor(pageBytes: number) {
    this.pageBytes = pageBytes;
  }

  get pages(): number {
    return this.#sums.length;
  }

  get total(): number {
    return this.#total;
  }

  /** @param page from 1 */
  set(page: number, bytes: Buffer): void {
    const sum = crc32(bytes, page);
    while (this.#sums.length < page) this.#sums.push(0);
    this.#total = (this.#total - (this.#sums[page - 1] ?? 0) + sum) >>> 0;
    this.#sums[page - 1] = sum;
  }

  totalWithout(pages: ReadonlySet<number>): number {
    let total = this.#total;
    for (const page of pages) total -= this.#sums[page - 1] ?? 0;
    // May be negative; its absolute value is far below 2^53.
    return ((total % 0x1_0000_0000) + 0x1_0000_0000) % 0x1_0000_0000;
  }

  /** Reads the whole file. Ignores an incomplete page at its end. */
  static scan(handle: number, pageBytes: number): PageSums {
    const sums = new PageSums(pageBytes);
    const chunk = Buffer.alloc(CHUNK_PAGES * pageBytes);
    for (let page = 1; ; page += CHUNK_PAGES) {
      const length = readSync(handle, chunk, 0, chunk.length, (page - 1) * pageBytes);
      for (let index = 0; (index + 1) * pageBytes <= length; index += 1)
        sums.set(page + index, chunk.subarray(index * pageBytes, (index + 1) * pageBytes));
      if (length < chunk.length) return sums;
    }
  }

  /** Reads these pages again. */
  refresh(handle: number, pages: Iterable<number>): void {
    const bytes = Buffer.alloc(this.pageBytes);
    for (const page of pages)
      if (readSync(handle, bytes, 0, this.pageBytes, (page - 1) * this.pageBytes) === this.pageBytes)
        this.set(page, bytes);
  }
}
