/**
 * Checks that the open files are still the ones in the folder. After a file or the folder is deleted, moved or replaced, a desk
 * would write to a file that nobody can read.
 *
 * Whatever happens to a name in a folder changes the folder's times. So as long as the folder is the same and its times are, no file
 * has to be looked at. A mount over a file is the exception: the system tells of it only there, so `lookAtFiles` is called now and then.
 */
import { statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { GrapevineError } from '../protocol/errors.ts';

/**
 * Two changes in one tick of the file system's clock leave the same time. So files are looked at until a time has been seen for longer
 * than any file system's tick.
 */
const SETTLED_MS = 5_000;

interface Placed {
  readonly file: string;
  readonly device: number;
  readonly inode: number;
}

export class FilePlace {
  readonly #folder: string;
  readonly #placed: readonly Placed[];
  readonly #now: () => number;
  #seen: Stats | null = null;
  #seenSince = 0;

  /**
   * @param files of one folder that are there now and must stay
   * @param now milliseconds that never go back
   */
  constructor(files: readonly [string, ...string[]], now = () => performance.now()) {
    this.#folder = dirname(files[0]);
    this.#now = now;
    this.#placed = files.map((file) => {
      const { dev, ino } = statSync(file);
      return { file, device: dev, inode: ino };
    });
  }

  /** Takes a few microseconds, as the system has these names in memory. @throws GrapevineError ERR_JOURNAL_MOVED */
  assertUnchanged(): void {
    const folder = look(this.#folder);
    const now = this.#now();
    const hasChanged = !isSame(folder, this.#seen);
    if (!hasChanged && now - this.#seenSince > SETTLED_MS) return;
    this.lookAtFiles();
    if (hasChanged) [this.#seen, this.#seenSince] = [folder, now];
  }

  /** @throws GrapevineError ERR_JOURNAL_MOVED */
  lookAtFiles(): void {
    for (const { file, device, inode } of this.#placed) {
      const found = look(file);
      if (found?.ino === inode && found.dev === device) continue;
      throw new GrapevineError(
        'ERR_JOURNAL_MOVED',
        `${file} was ${found === null ? 'moved or deleted' : 'replaced'} while the desk was running. It has stopped, because ` +
          'what it writes would be lost. Put the files back as they were, and start again',
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

function look(file: string): Stats | null {
  try {
    return statSync(file, { throwIfNoEntry: false }) ?? null;
  } catch {
    // The folder is gone, or is none any more.
    return null;
  }
}
