/**
 * Standard output of a command. What can't be written is an error like any other (ERR_OUTPUT), so that nobody takes half
 * an export for a whole one. Only a reader that has gone is none: `deals | head -1` has all that it wanted.
 */
import { GrapevineError } from '../protocol/errors.ts';

let failure: NodeJS.ErrnoException | null = null;
let isWatched = false;
let readerIsGone = false;
const whenGone = new Set<() => void>();

/** Notices from here on what becomes of standard output. Can be repeated. */
export function watchOutput(): void {
  failure = null;
  readerIsGone = false;
  if (isWatched) return;
  isWatched = true;
  process.stdout.on('error', onFailure);
  // There is nobody left to tell.
  process.stderr.on('error', () => undefined);
}

/** For those who write to the file descriptor themselves. */
export function onFailure(error: NodeJS.ErrnoException): void {
  if (isReaderGone(error)) readerIsGone = true;
  else failure ??= error;
  for (const listener of [...whenGone]) listener();
}

/** A terminal that was closed answers with EIO. */
export function isReaderGone({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || (code === 'EIO' && process.stdout.isTTY);
}

export function writeOutput(text: string): void {
  // What was lost can't be made good by what follows.
  if (failure === null && !readerIsGone) process.stdout.write(text);
}

/** Resolves when what was written is out, and a reader that is slow has made room for more. */
export function outputDrained(): Promise<void> {
  if (failure !== null || readerIsGone || !process.stdout.writableNeedDrain) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      process.stdout.off('drain', done);
      whenGone.delete(done);
      resolve();
    };
    process.stdout.once('drain', done);
    whenGone.add(done);
  });
}

/** Calls the listener once when nobody reads us any more, or nothing can be written any more. @returns stops waiting */
export function whenOutputEnds(listener: () => void): () => void {
  const once = (): void => {
    whenGone.delete(once);
    listener();
  };
  whenGone.add(once);
  if (failure !== null || readerIsGone) once();
  return () => {
    whenGone.delete(once);
  };
}

export function hasOutputEnded(): boolean {
  return failure !== null || readerIsGone;
}

/**
 * Waits until everything has been written.
 * @throws GrapevineError ERR_OUTPUT when some of it could not be
 */
export async function finishOutput(): Promise<void> {
  if (!hasOutputEnded() && process.stdout.writableLength > 0) {
    await new Promise<void>((resolve) => {
      process.stdout.write('', () => resolve());
    });
  }
  // An error is told after the write that has failed.
  await new Promise((resolve) => setImmediate(resolve));
  if (failure === null) return;
  throw new GrapevineError('ERR_OUTPUT', `standard output can't be written: ${describeFailure(failure)}`, {
    cause: failure,
  });
}

export function describeFailure({ code, message }: NodeJS.ErrnoException): string {
  return (
    { ENOSPC: 'no space is left there', EBADF: 'it is closed', EIO: 'the device has failed' }[code ?? ''] ?? message
  );
}
