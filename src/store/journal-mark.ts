/**
 * The mark: a small file beside the journal that says what the journal contains. A journal that contains less is damaged, or an
 * earlier copy. Two slots are written in turn, so a torn write leaves the previous one.
 */
import { closeSync, existsSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { LogPosition } from './log-file.ts';
import { createFile } from './private-file.ts';

const MAGIC = 0x4752504d; // GRPM
const FORMAT = 1;
const SLOT_BYTES = 4_096;
const USED_BYTES = 84;

/**
 * - `log`: the log has `log.frames` frames at least; the pages of the database sum up to `pageSum`.
 * - `checkpoint`: the log is being copied into the database; `pageSum` is without the pages that are in the log.
 * - `checkpointed`: the database contains everything that was acknowledged.
 * - `opening`: it is being opened, or closed after a failure. `pageSum` is not valid; `contents` is.
 * - `copy`: a restored copy is being opened. It counts as a copy until that is complete. `pageSum` is not valid.
 */
type Phase = 'log' | 'checkpoint' | 'checkpointed' | 'opening' | 'copy';

/** Stored as the index: never reorder. */
const PHASES: readonly Phase[] = ['log', 'checkpoint', 'checkpointed', 'opening', 'copy'];

export interface Mark {
  /** Number of starts. */
  readonly life: number;
  readonly phase: Phase;
  /** The log up to here is acknowledged. */
  readonly log: LogPosition;
  readonly pages: number;
  readonly pageSum: number;
  readonly contents: Contents;
}

/** What the journal contains, computed from its rows and not from its pages. */
export interface Contents {
  /** Number of the latest record. */
  readonly records: number;
  /** Number of the latest evidence. */
  readonly evidence: number;
  /** Checksum of all records and evidence. */
  readonly sum: number;
  /** Checksum of the row of `meta`, without the life. */
  readonly metaSum: number;
}

/** The committed contents: updated by the writers, read when the mark is written. */
export interface ContentsHolder {
  now: Contents;
}

export const NO_LOG: LogPosition = { salt1: 0, salt2: 0, frames: 0, sum1: 0, sum2: 0 };

export function markFile(file: string): string {
  return `${file}-mark`;
}

export class MarkFile {
  readonly handle: number;
  #sequence: number;
  #latest: Mark | null;

  private constructor(handle: number) {
    this.handle = handle;
    const slots = [0, 1].flatMap((slot) => readSlot(handle, slot) ?? []);
    const newest = slots.reduce<Slot | null>(
      (best, slot) => (best && best.sequence > slot.sequence ? best : slot),
      null,
    );
    this.#sequence = newest?.sequence ?? 0;
    this.#latest = newest?.mark ?? null;
  }

  /** @throws ENOENT when the file is missing */
  static open(file: string): MarkFile {
    return new MarkFile(openSync(markFile(file), 'r+'));
  }

  /** @param first the first mark: the file gets its name only when this is durable. Null for an empty journal */
  static create(file: string, first: Mark | null): MarkFile {
    const draft = `${markFile(file)}-new`;
    rmSync(draft, { force: true });
    createFile(draft);
    const mark = new MarkFile(openSync(draft, 'r+'));
    // All blocks are allocated now, so that a mark can be written when the disk is full.
    writeSync(mark.handle, Buffer.alloc(2 * SLOT_BYTES), 0, 2 * SLOT_BYTES, 0);
    if (first !== null) mark.writeDurably(first);
    renameSync(draft, markFile(file));
    return mark;
  }

  /** @returns null when the file is missing, or has no valid slot */
  static read(file: string): Mark | null {
    if (!existsSync(markFile(file))) return null;
    const mark = MarkFile.open(file);
    mark.close();
    return mark.latest;
  }

  /** Null when no slot is valid. */
  get latest(): Mark | null {
    return this.#latest;
  }

  /** Survives a crash of the process, but not a power cut. */
  write(mark: Mark): void {
    this.#sequence += 1;
    writeSync(this.handle, encode(mark, this.#sequence), 0, USED_BYTES, (this.#sequence % 2) * SLOT_BYTES);
    this.#latest = mark;
  }

  writeDurably(mark: Mark): void {
    this.write(mark);
    fsyncSync(this.handle);
  }

  /** Writes the same mark into both slots, so that damage of one slot loses nothing. */
  writeIntoBoth(mark: Mark): void {
    this.write(mark);
    this.writeDurably(mark);
  }

  close(): void {
    closeSync(this.handle);
  }
}

interface Slot {
  readonly sequence: number;
  readonly mark: Mark;
}

function encode({ life, phase, log, pages, pageSum, contents }: Mark, sequence: number): Buffer {
  const bytes = Buffer.alloc(USED_BYTES);
  bytes.writeUInt32BE(MAGIC, 0);
  bytes.writeUInt32BE(FORMAT, 4);
  bytes.writeDoubleBE(sequence, 8);
  const numbers = [life, PHASES.indexOf(phase), log.salt1, log.salt2, log.frames, log.sum1, log.sum2, pages, pageSum];
  numbers.forEach((value, index) => bytes.writeUInt32BE(value, 16 + 4 * index));
  bytes.writeDoubleBE(contents.records, 56);
  [contents.evidence, contents.sum, contents.metaSum].forEach((value, index) =>
    bytes.writeUInt32BE(value, 64 + 4 * index),
  );
  bytes.writeUInt32BE(crc32(bytes.subarray(0, USED_BYTES - 4)), USED_BYTES - 4);
  return bytes;
}

function readSlot(handle: number, slot: number): Slot | null {
  const bytes = Buffer.alloc(USED_BYTES);
  if (readSync(handle, bytes, 0, USED_BYTES, slot * SLOT_BYTES) < USED_BYTES) return null;
  if (bytes.readUInt32BE(0) !== MAGIC || bytes.readUInt32BE(4) !== FORMAT) return null;
  if (bytes.readUInt32BE(USED_BYTES - 4) !== crc32(bytes.subarray(0, USED_BYTES - 4))) return null;
  const at = (index: number): number => bytes.readUInt32BE(16 + 4 * index);
  const phase = PHASES[at(1)];
  if (phase === undefined) return null;
  return {
    sequence: bytes.readDoubleBE(8),
    mark: {
      life: at(0),
      phase,
      log: { salt1: at(2), salt2: at(3), frames: at(4), sum1: at(5), sum2: at(6) },
      pages: at(7),
      pageSum: at(8),
      contents: {
        records: bytes.readDoubleBE(56),
        evidence: bytes.readUInt32BE(64),
        sum: bytes.readUInt32BE(68),
        metaSum: bytes.readUInt32BE(72),
      },
    },
  };
}
