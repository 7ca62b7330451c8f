/** Closes what `openJournalFile` has opened. */
import type { OpenedFile } from './journal-file.ts';

/** @param hasFailed nothing more is written: what is in the log stays there for the next start */
export function closeJournalFile({ connection, disk }: OpenedFile, hasFailed: boolean): void {
  disk.stop();
  const giveUp = (): boolean =>
    attempt(() => {
      disk.giveUp();
    });
  // Leaves all in one file. A reader may prevent it (not waited for); then the next open finds the rest in the log.
  const foldLog = (): boolean =>
    attempt(() => {
      disk.checkpointNow(() => {
        connection.foldLog();
      });
    });
  // What was appended is durable in the log, whatever becomes of the folding.
  const canClose = (!hasFailed && foldLog()) || giveUp();
  // SQLite would change the file when it closes it, and the next start would take it for damaged.
  if (canClose) connection.close();
  disk.close();
}

/** @returns whether it worked */
function attempt(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
