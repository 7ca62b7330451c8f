/**
 * How far the log has got, right after a commit: SQLite keeps it in the header of the log's index, a small file that is
 * mapped into memory. Reading 100 bytes of it costs a microsecond; asking SQLite is not possible. After the header come the page
 * numbers of all frames, which would otherwise have to be read out of the log one by one.
 *
 * Format: https://sqlite.org/walformat.html#the_wal_index_file_format
 *
 * The file must stay open as long as SQLite has it open: to close it would give back the locks of this whole process.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { endianness } from 'node:os';
import type { LogPosition } from './log-file.ts';

const HEADER_BYTES = 100;
/** Each block begins with the page numbers of its frames; in the first one the header comes before, in the place of the first numbers. */
const BLOCK_BYTES = 32_768;
const FRAMES_OF_BLOCK = 4_096;
const PAGES_AT = 136;
const FRAMES_AT = 16;
const SUM_AT = 24;
const SALT_AT = 32;
const FOLDED_AT = 96;

export interface IndexedPosition extends LogPosition {
  /** Frames that a checkpoint has copied into the database. */
  readonly folded: number;
}

export class LogIndex {
  readonly #handle: number;
  readonly #bytes = Buffer.alloc(HEADER_BYTES);

  /** @param file the journal's; its log must have been written since it was opened */
  constructor(file: string) {
    this.#handle = openSync(`${file}-shm`, 'r');
  }

  read(): IndexedPosition {
    readSync(this.#handle, this.#bytes, 0, HEADER_BYTES, 0);
    return {
      frames: this.#native(FRAMES_AT),
      sum1: this.#native(SUM_AT),
      sum2: this.#native(SUM_AT + 4),
      salt1: this.#bytes.readUInt32BE(SALT_AT),
      salt2: this.#bytes.readUInt32BE(SALT_AT + 4),
      folded: this.#native(FOLDED_AT),
    };
  }

  /** The pages that the first frames are of. */
  pages(frames: number): ReadonlySet<number> {
    const pages = new Set<number>();
    const before = PAGES_AT / 4;
    for (let block = 0; block * FRAMES_OF_BLOCK < frames + before; block += 1) {
      const count = Math.min(FRAMES_OF_BLOCK, frames + before - block * FRAMES_OF_BLOCK);
      const numbers = new Uint32Array(FRAMES_OF_BLOCK);
      readSync(this.#handle, numbers, 0, 4 * count, block * BLOCK_BYTES);
      for (const page of numbers.subarray(block === 0 ? before : 0, count)) pages.add(page);
    }
    return pages;
  }

  close(): void {
    closeSync(this.#handle);
  }

  #native(at: number): number {
    return endianness() === 'LE' ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt32BE(at);
  }
}
