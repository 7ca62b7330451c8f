/** Closes what `openJournalFile` has opened. */
import type { OpenedFile } from './journal-file.ts';

/** @param hasFailed true: no checkpoint, the log stays for the next start */
export function closeJournalFile({ connection, disk }: OpenedFile, hasFailed: boolean): void {
  disk.stop();
  // Moves everything into one file. A reader may prevent that: then the next start finds the rest in the log.
  const checkpoint = (): boolean =>
    succeeds(() => {
      disk.checkpointNow(() => {
        connection.checkpoint();
      });
    });
  const markUnverified = (): boolean =>
    succeeds(() => {
      disk.markUnverified();
    });
  // Without a valid mark the connection stays open: SQLite changes the file when it closes it, and the next start would find it damaged.
  // All entries are durable in the log in any case.
  if ((!hasFailed && checkpoint()) || markUnverified()) connection.close();
  disk.close();
}

function succeeds(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
