/**
 * Are the files that this process has open still the files in the folder? Whoever deletes, moves or replaces one of them, or
 * the folder, leaves a desk that writes where nobody will ever read.
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

  /** A few microseconds; these names are in the memory of the system. @throws GrapevineError ERR_JOURNAL_MOVED */
  assertUnchanged(): void {
    for (const { file, device, inode } of this.#placed) {
      const found = look(file);
      if (found?.ino === inode && found.dev === device) continue;
      throw new GrapevineError(
        'ERR_JOURNAL_MOVED',
        `${file} was ${found === null ? 'moved or deleted' : 'replaced'} while the desk was running, so that it has stopped: ` +
          'what it would still write there would be lost. Put the files back as they were, and start again',
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
