/**
 * Checks that the open files are still the ones in the folder. After a file or the folder is deleted, moved or replaced, a desk
 * would write to a file that nobody can read.
 *
 * Each change of a name in a folder changes the folder's times. So while these are the same, the files need no check. The exception is a
 * mount over a file, which does not change them: therefore `checkFiles` must be called from time to time.
 */
import { statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { GrapevineError } from '../protocol/errors.ts';

/**
 * Two changes within one tick of the file system's clock leave the same time. So the files are checked until the time is older than any
 * file system's tick.
 */
const SETTLED_MS = 5_000;

export class FilePlace {
  readonly #folder: string;
  readonly #placed: readonly { readonly file: string; readonly stats: Stats }[];
  readonly #now: () => number;
  #seen: Stats | null = null;
  #seenSince = 0;

  /**
   * @param files existing files of one folder
   * @param now monotonic clock in milliseconds
   */
  constructor(files: readonly [string, ...string[]], now = () => performance.now()) {
    this.#folder = dirname(files[0]);
    this.#now = now;
    this.#placed = files.map((file) => ({ file, stats: statSync(file) }));
  }

  /** Takes a few microseconds. @throws GrapevineError ERR_JOURNAL_MOVED */
  assertUnchanged(): void {
    const folder = statOf(this.#folder);
    const now = this.#now();
    const hasChanged = !isSame(folder, this.#seen);
    if (!hasChanged && now - this.#seenSince > SETTLED_MS) return;
    this.checkFiles();
    if (hasChanged) [this.#seen, this.#seenSince] = [folder, now];
  }

  /** @throws GrapevineError ERR_JOURNAL_MOVED */
  checkFiles(): void {
    for (const { file, stats } of this.#placed) {
      const found = statOf(file);
      if (found?.ino === stats.ino && found.dev === stats.dev) continue;
      throw new GrapevineError(
        'ERR_JOURNAL_MOVED',
        `${file} was ${found === null ? 'moved or deleted' : 'replaced'} while the desk was running. The desk has stopped, because ` +
          'its further writes would be lost. Put the files back as they were, and start again',
      );
    }
  }
}

function isSame(folder: Stats | null, seen: Stats | null): boolean {
  return (
    folder !== null &&
    folder.ino === seen?.ino &&
    folder.dev === seen.dev &&
    folder.mtimeMs === seen.mtimeMs &&
    folder.ctimeMs === seen.ctimeMs
  );
}

function statOf(file: string): Stats | null {
  try {
    return statSync(file, { throwIfNoEntry: false }) ?? null;
  } catch {
    // The folder is missing, or is no longer a folder.
    return null;
  }
}
