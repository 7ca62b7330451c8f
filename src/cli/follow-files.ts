/** Detects changes of files by checking them regularly: works on every file system, and when a file is replaced. */
import { statSync } from 'node:fs';

const CHECK_EVERY_MS = 1_000;

/**
 * @param files those to check now. One that is new in this list counts as changed: it may have been changed since it was read.
 * @param since what `versionsOf` returned before they were read
 * @returns a function that stops watching
 */
export function followFiles(
  files: () => readonly string[],
  onChange: () => void,
  since = versionsOf(files()),
): () => void {
  let seen = since;
  const timer = setInterval(() => {
    const now = versionsOf(files());
    if (now === seen) return;
    seen = now;
    onChange();
  }, CHECK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** A text that is different when the list or one of the files is. */
export function versionsOf(files: readonly string[]): string {
  return JSON.stringify(files.map((file) => [file, versionOf(file)]));
}

/** A text that changes when the file is written or replaced. */
function versionOf(file: string): string {
  try {
    const { ino, size, mtimeNs } = statSync(file, { bigint: true });
    return `${ino}-${size}-${mtimeNs}`;
  } catch {
    return 'missing';
  }
}
