/**
 * Opens a journal like a starting desk, and prints the time and the memory that this takes:
 * `node --expose-gc --import tsx bench/journal-start.ts DATA_DIR`.
 */
import { openSqliteJournal } from '../src/store/open-sqlite-journal.ts';

const [, , dataDir] = process.argv;

/** After a garbage collection. */
function rssMegabytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss / 2 ** 20;
}

if (dataDir !== undefined) {
  const before = rssMegabytes();
  const startedAt = performance.now();
  const journal = openSqliteJournal({ dataDir });
  const openedAt = performance.now();
  const unfinished = await journal.readUnfinished();
  const readAt = performance.now();
  console.log(
    JSON.stringify({
      openMs: openedAt - startedAt,
      readMs: readAt - openedAt,
      offers: unfinished.length,
      memoryMegabytes: rssMegabytes() - before,
    }),
  );
  await journal.close();
}
