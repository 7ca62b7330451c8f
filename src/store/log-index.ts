/**
 * How far the log has got, right after a commit: SQLite keeps it in the header of the log's index, a small file that is
 * mapped into memory. Reading 100 bytes of it costs a microsecond; asking SQLite is not possible.
 *
 * Format: https://sqlite.org/walformat.html#the_wal_index_file_format
 *
 * The file must stay open as long as SQLite has it open: to close it would give back the locks of this whole process.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { endianness } from 'node:os';
import type { LogPosition } from './log-file.ts';

const HEADER_BYTES = 100;
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

  close(): void {
    closeSync(this.#handle);
  }

  #native(at: number): number {
    return endianness() === 'LE' ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt32BE(at);
  }
}
