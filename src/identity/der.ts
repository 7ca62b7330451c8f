/**
 * The little of DER (X.690) that an encrypted key file is made of. Strict when reading: definite and shortest lengths,
 * shortest integers that are not negative, nothing left over. So whatever is read is written back as the same bytes.
 */

export const TAG = { integer: 0x02, octetString: 0x04, objectId: 0x06, sequence: 0x30 } as const;

type Tag = (typeof TAG)[keyof typeof TAG];

const LONG_FORM = 0x80;
/** Of a length: 64 KB are more than any key file has. */
const LENGTH_MAX_BYTES = 2;
/** Of an integer: what a double holds exactly. */
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
  // A first bit would be read as a minus sign.
  const isSigned = (bytes[0] ?? 0) >= LONG_FORM;
  return derValue(TAG.integer, isSigned ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

function lengthOf(length: number): Buffer {
  if (length < LONG_FORM) return Buffer.of(length);
  return length < 0x100 ? Buffer.of(LONG_FORM + 1, length) : Buffer.of(LONG_FORM + 2, length >> 8, length & 0xff);
}

export class DerError extends Error {
  override readonly name = 'DerError';
}

/** Reads one value after the other; each method throws a DerError when something else comes. */
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
    if (first >= LONG_FORM || !isShortest || bytes.length > INTEGER_MAX_BYTES) throw new DerError('a strange number');
    return bytes.readUIntBE(0, bytes.length);
  }

  value(tag: Tag): Buffer {
    if (this.#byte() !== tag) throw new DerError('something else was expected');
    return this.#take(this.#length());
  }

  /** To be called when all that was expected has been read. */
  end(): void {
    if (!this.isAtEnd) throw new DerError('something is left over');
  }

  #length(): number {
    const first = this.#byte();
    if (first < LONG_FORM) return first;
    const bytes = this.#take(first - LONG_FORM);
    const isSane = bytes.length > 0 && bytes.length <= LENGTH_MAX_BYTES && bytes[0] !== 0;
    const length = isSane ? bytes.readUIntBE(0, bytes.length) : 0;
    if (length < LONG_FORM) throw new DerError('a strange length');
    return length;
  }

  #byte(): number {
    return this.#take(1)[0] ?? 0;
  }

  #take(count: number): Buffer {
    const part = this.#bytes.subarray(this.#at, this.#at + count);
    if (part.length < count) throw new DerError('it ends too early');
    this.#at += count;
    return part;
  }
}
