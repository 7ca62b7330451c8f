/**
 * The part of DER (X.690) that an encrypted key file needs. The reader is strict (definite and shortest lengths, shortest
 * non-negative integers, no trailing bytes), so each value has exactly one encoding.
 */

export const TAG = { integer: 0x02, octetString: 0x04, objectId: 0x06, sequence: 0x30 } as const;

type Tag = (typeof TAG)[keyof typeof TAG];

const LONG_FORM = 0x80;
/** Lengths below 64 KB: more than any key file needs. */
const LENGTH_MAX_BYTES = 2;
/** Integers that a double represents exactly. */
const INTEGER_MAX_BYTES = 6;

export function derValue(tag: Tag, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content]);
}

export function derSequence(...parts: readonly Uint8Array[]): Buffer {
  return derValue(TAG.sequence, Buffer.concat(parts));
}

/** @param value from 0 to 2^47 */
export function derInteger(value: number): Buffer {
  const digits = value.toString(16);
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  // A leading 1 bit would be read as a minus sign.
  const needsZero = (bytes[0] ?? 0) >= LONG_FORM;
  return derValue(TAG.integer, needsZero ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

function lengthOf(length: number): Buffer {
  if (length < LONG_FORM) return Buffer.of(length);
  return length < 0x100 ? Buffer.of(LONG_FORM + 1, length) : Buffer.of(LONG_FORM + 2, length >> 8, length & 0xff);
}

export class DerError extends Error {
  override readonly name = 'DerError';
}

/** Reads values in sequence. Each method throws a DerError when the next value is a different one or malformed. */
export class DerReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  sequence(): DerReader {
    return new DerReader(this.value(TAG.sequence));
  }

  integer(): number {
    const bytes = this.value(TAG.integer);
    const [first = LONG_FORM, second = LONG_FORM] = bytes;
    const isShortest = first !== 0 || bytes.length === 1 || second >= LONG_FORM;
    if (first >= LONG_FORM || !isShortest || bytes.length > INTEGER_MAX_BYTES) throw new DerError('invalid integer');
    return bytes.readUIntBE(0, bytes.length);
  }

  value(tag: Tag): Buffer {
    if (this.#byte() !== tag) throw new DerError('unexpected tag');
    return this.#take(this.#length());
  }

  /** Call this after the last expected value: throws if bytes are left. */
  end(): void {
    if (!this.isAtEnd) throw new DerError('trailing bytes');
  }

  #length(): number {
    const first = this.#byte();
    if (first < LONG_FORM) return first;
    const bytes = this.#take(first - LONG_FORM);
    const isSane = bytes.length > 0 && bytes.length <= LENGTH_MAX_BYTES && bytes[0] !== 0;
    const length = isSane ? bytes.readUIntBE(0, bytes.length) : 0;
    if (length < LONG_FORM) throw new DerError('invalid length');
    return length;
  }

  #byte(): number {
    return this.#take(1)[0] ?? 0;
  }

  #take(count: number): Buffer {
    const part = this.#bytes.subarray(this.#at, this.#at + count);
    if (part.length < count) throw new DerError('unexpected end');
    this.#at += count;
    return part;
  }
}
