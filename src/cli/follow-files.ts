/** Detects changes of files by checking them regularly: works on every file system, and when a file is replaced. */
import { statSync } from 'node:fs';

const CHECK_EVERY_MS = 1_000;

/**
 * @param files read just before the call
 * @returns a function that stops watching
 */
export function followFiles(files: readonly string[], onChange: () => void): () => void {
  if (files.length === 0) return () => undefined;
  let seen = files.map(versionOf).join();
  const timer = setInterval(() => {
    const now = files.map(versionOf).join();
    if (now === seen) return;
    seen = now;
    onChange();
  }, CHECK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
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
