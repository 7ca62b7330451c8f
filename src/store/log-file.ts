/**
 * Reads the write-ahead log of SQLite without SQLite. At a wrong checksum SQLite silently ignores the rest of the log. So we scan the log
 * first and compare it with the position in the mark.
 *
 * Format: https://sqlite.org/fileformat2.html#the_write_ahead_log
 */
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC_LITTLE_ENDIAN = 0x377f0682;
const MAGIC_BIG_ENDIAN = 0x377f0683;

/** A position in a log: its identity (salts), its number of frames, and their running checksum. */
export interface LogPosition {
  readonly salt1: number;
  readonly salt2: number;
  readonly frames: number;
  readonly sum1: number;
  readonly sum2: number;
}

export interface LogScan extends LogPosition {
  readonly pageBytes: number;
  /** Page number of each valid frame, up to the last commit. */
  readonly pages: readonly number[];
  /** Checksum after this number of frames; null when the log has fewer. */
  sumAt(frames: number): readonly [sum1: number, sum2: number] | null;
}

/** @returns null without a valid header: SQLite ignores such a log as well */
export function scanLog(bytes: Buffer): LogScan | null {
  if (bytes.length < HEADER_BYTES) return null;
  const magic = bytes.readUInt32BE(0);
  if (magic !== MAGIC_LITTLE_ENDIAN && magic !== MAGIC_BIG_ENDIAN) return null;
  const sums = new Checksum(magic === MAGIC_LITTLE_ENDIAN);
  sums.add(bytes, 0, 24);
  if (!sums.equals(bytes, 24)) return null;
  return walk(bytes, sums);
}

function walk(bytes: Buffer, sums: Checksum): LogScan {
  const pageBytes = bytes.readUInt32BE(8) === 1 ? 65_536 : bytes.readUInt32BE(8);
  const salts = bytes.subarray(16, 24);
  const pages: number[] = [];
  const history: (readonly [number, number])[] = [sums.value];
  let committed = 0;
  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  for (let at = HEADER_BYTES; at + frameBytes <= bytes.length; at += frameBytes) {
    if (!bytes.subarray(at + 8, at + 16).equals(salts) || bytes.readUInt32BE(at) === 0) break;
    sums.add(bytes, at, 8);
    sums.add(bytes, at + FRAME_HEADER_BYTES, pageBytes);
    if (!sums.equals(bytes, at + 16)) break;
    pages.push(bytes.readUInt32BE(at));
    history.push(sums.value);
    if (bytes.readUInt32BE(at + 4) !== 0) committed = pages.length;
  }
  const [sum1, sum2] = history[committed] ?? [0, 0];
  return {
    salt1: salts.readUInt32BE(0),
    salt2: salts.readUInt32BE(4),
    pageBytes,
    frames: committed,
    sum1,
    sum2,
    pages: pages.slice(0, committed),
    sumAt: (frames) => (frames <= committed ? (history[frames] ?? null) : null),
  };
}

/** The running checksum of a log: two sums over pairs of 32-bit words. */
class Checksum {
  readonly #littleEndian: boolean;
  #sum1 = 0;
  #sum2 = 0;

  constructor(littleEndian: boolean) {
    this.#littleEndian = littleEndian;
  }

  get value(): readonly [number, number] {
    return [this.#sum1, this.#sum2];
  }

  add(bytes: Buffer, from: number, length: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset + from, length);
    let sum1 = this.#sum1;
    let sum2 = this.#sum2;
    for (let at = 0; at + 8 <= length; at += 8) {
      sum1 = (sum1 + view.getUint32(at, this.#littleEndian) + sum2) >>> 0;
      sum2 = (sum2 + view.getUint32(at + 4, this.#littleEndian) + sum1) >>> 0;
    }
    this.#sum1 = sum1;
    this.#sum2 = sum2;
  }

  equals(bytes: Buffer, at: number): boolean {
    return bytes.readUInt32BE(at) === this.#sum1 && bytes.readUInt32BE(at + 4) === this.#sum2;
  }
}
