/**
 * Checks that the open files are still the ones in the folder. After a file or the folder is deleted, moved or replaced, a desk
 * would write to a file that nobody can read.
 */
import { statSync, type Stats } from 'node:fs';
import { GrapevineError } from '../protocol/errors.ts';

interface Placed {
  readonly file: string;
  readonly device: number;
  readonly inode: number;
}

export class FilePlace {
  readonly #placed: readonly Placed[];

  /** @param files that are there now and must stay */
  constructor(files: readonly string[]) {
    this.#placed = files.map((file) => {
      const { dev, ino } = statSync(file);
      return { file, device: dev, inode: ino };
    });
  }

  /** Takes a few microseconds, as the system has these names in memory. @throws GrapevineError ERR_JOURNAL_MOVED */
  assertUnchanged(): void {
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

function look(file: string): Stats | null {
  try {
    return statSync(file, { throwIfNoEntry: false }) ?? null;
  } catch {
    // The folder is gone, or is none any more.
    return null;
  }
}
