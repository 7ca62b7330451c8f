/** Notices that files change, by looking at them now and then: works on every file system, and when a file is replaced. */
import { statSync } from 'node:fs';

/** A look costs next to nothing. */
const LOOK_EVERY_MS = 1_000;

/**
 * @param files as they are now
 * @returns stops looking
 */
export function followFiles(files: readonly string[], changed: () => void): () => void {
  if (files.length === 0) return () => undefined;
  let seen = files.map(versionOf).join();
  const look = setInterval(() => {
    const now = files.map(versionOf).join();
    if (now === seen) return;
    seen = now;
    changed();
  }, LOOK_EVERY_MS);
  look.unref();
  return () => {
    clearInterval(look);
  };
}

/** Whatever is different when a file was written or replaced. */
function versionOf(file: string): string {
  try {
    const { ino, size, mtimeNs } = statSync(file, { bigint: true });
    return `${ino}-${size}-${mtimeNs}`;
  } catch {
    return 'missing';
  }
}
