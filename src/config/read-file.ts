/**
 * Reads files that people name. Refuses pipes and devices without an end: reading one would block for ever, and a blocked process
 * handles no signal. The pipe of a shell's <(...) has a writer, so it ends.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

/** Creates the error for a file that can't be used. @param why follows the file's name */
type Refuse = (why: string) => Error;

class UnreadableFile extends Error {}

const STANDARD_INPUT = 0;
const CHUNK_BYTES = 64 * 1024;

/** @param path a file, or a descriptor that a shell has opened (/dev/stdin, /dev/fd/63) */
export function readBoundedFile(path: string, maxBytes: number, refuse: Refuse): Buffer {
  return orRefuse(refuse, () => {
    assertHasEnd(path);
    const descriptor = openSync(path, 'r');
    try {
      return readBounded(descriptor, maxBytes);
    } finally {
      closeSync(descriptor);
    }
  });
}

/** @param name a file, or `-` for standard input */
export function readFileOrInput(name: string, maxBytes: number, refuse: Refuse): Buffer {
  if (name !== '-') return readBoundedFile(name, maxBytes, refuse);
  return orRefuse(refuse, () => readBounded(STANDARD_INPUT, maxBytes));
}

/** The name of {@link readFileOrInput}'s input for messages. */
export function inputName(name: string): string {
  return name === '-' ? 'standard input' : name;
}

function assertHasEnd(path: string): void {
  const found = statSync(path);
  if (found.isFile()) return;
  if (found.isDirectory()) throw new UnreadableFile('is a folder, not a file');
  if (found.isFIFO() && isGivenByShell(path)) return;
  throw new UnreadableFile('is a pipe or a device, not a file');
}

function isGivenByShell(path: string): boolean {
  return /^\/(?:dev\/stdin|dev\/fd\/\d+|proc\/self\/fd\/\d+)$/.test(resolve(path));
}

function readBounded(descriptor: number, maxBytes: number): Buffer {
  const { size } = fstatSync(descriptor);
  if (size > maxBytes) throw new UnreadableFile(`has ${size} bytes; allowed are ${maxBytes}`);
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const count = readSync(descriptor, chunk, 0, CHUNK_BYTES, null);
    if (count === 0) return Buffer.concat(chunks);
    length += count;
    if (length > maxBytes) throw new UnreadableFile(`has more than ${maxBytes} bytes`);
    chunks.push(chunk.subarray(0, count));
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'is a folder, not a file',
  EACCES: 'must not be read by this user',
};

function orRefuse(refuse: Refuse, read: () => Buffer): Buffer {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnreadableFile) throw refuse(error.message);
    const { code = '' } = error as NodeJS.ErrnoException;
    throw refuse(REASONS[code] ?? `can't be read (${code})`);
  }
}
