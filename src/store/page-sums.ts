/**
 * A checksum of every page of the database file, and their sum. The file changes in checkpoints alone, and these are ours: so
 * one number tells whether it still is what we left. SQLite has no checksums of its own there.
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
    // Far below 2^53, and may be negative.
    return ((total % 0x1_0000_0000) + 0x1_0000_0000) % 0x1_0000_0000;
  }

  /** Reads the whole file. A part of a page at its end is left out. */
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

  /** Reads some pages again. */
  refresh(handle: number, pages: Iterable<number>): void {
    const bytes = Buffer.alloc(this.pageBytes);
    for (const page of pages)
      if (readSync(handle, bytes, 0, this.pageBytes, (page - 1) * this.pageBytes) === this.pageBytes)
        this.set(page, bytes);
  }
}
