/**
 * Standard output of a command. A failed write is an error like any other (ERR_OUTPUT), so that nobody takes half an export for a
 * complete one. A reader that has gone is no error: `deals | head -1` has what it needs.
 */
import { GrapevineError } from '../protocol/errors.ts';

let failure: NodeJS.ErrnoException | null = null;
let isWatched = false;
let readerIsGone = false;
const whenGone = new Set<() => void>();

/** Starts to watch standard output. Can be called twice. */
export function watchOutput(): void {
  failure = null;
  readerIsGone = false;
  if (isWatched) return;
  isWatched = true;
  process.stdout.on('error', onFailure);
  // No reader is left.
  process.stderr.on('error', () => undefined);
}

/** Records a failed write. Exported for code that writes to the file descriptor itself. */
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
  // After a failed write, later output would leave a gap that nobody sees.
  if (!hasOutputEnded()) process.stdout.write(text);
}

/** Resolves when all output is written, and a slow reader has room again. */
export function outputDrained(): Promise<void> {
  if (hasOutputEnded() || !process.stdout.writableNeedDrain) return Promise.resolve();
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

/** Calls the listener once when the output has no reader, or a write failed. @returns a function that stops this */
export function whenOutputEnds(listener: () => void): () => void {
  const once = (): void => {
    whenGone.delete(once);
    listener();
  };
  whenGone.add(once);
  if (hasOutputEnded()) once();
  return () => whenGone.delete(once);
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
  // A write reports its error later.
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
