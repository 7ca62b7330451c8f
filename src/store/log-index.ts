/**
 * Reads the position of the log from its index (the -shm file), because SQLite has no API for it. The header has the position after the
 * latest commit; then follow the page numbers of all frames.
 *
 * Format: https://sqlite.org/walformat.html#the_wal_index_file_format
 *
 * Do not close the file while SQLite has it open: that would release all locks of this process.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { endianness } from 'node:os';
import type { LogPosition } from './log-file.ts';

const HEADER_BYTES = 100;
/** Each block begins with the page numbers of its frames. In the first block the header replaces the first numbers. */
const BLOCK_BYTES = 32_768;
const FRAMES_PER_BLOCK = 4_096;
const PAGES_AT = 136;
const FRAMES_AT = 16;
const SUM_AT = 24;
const SALT_AT = 32;
const CHECKPOINTED_AT = 96;

export interface IndexedPosition extends LogPosition {
  /** Frames that a checkpoint has copied into the database. */
  readonly checkpointed: number;
}

export class LogIndex {
  readonly #handle: number;
  readonly #bytes = Buffer.alloc(HEADER_BYTES);

  /** @param file the journal; SQLite must have written its log since opening it */
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
      checkpointed: this.#native(CHECKPOINTED_AT),
    };
  }

  /** The pages in the first `frames` frames. */
  pages(frames: number): ReadonlySet<number> {
    const pages = new Set<number>();
    const before = PAGES_AT / 4;
    for (let block = 0; block * FRAMES_PER_BLOCK < frames + before; block += 1) {
      const count = Math.min(FRAMES_PER_BLOCK, frames + before - block * FRAMES_PER_BLOCK);
      const numbers = new Uint32Array(FRAMES_PER_BLOCK);
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
