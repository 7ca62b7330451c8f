/** Adds one listener to each signal for any number of callers: Node reports more than ten listeners as a leak. */
interface Watched {
  readonly waiting: Set<() => void>;
  readonly abort: () => void;
}

const watched = new WeakMap<AbortSignal, Watched>();

/** @returns a function that ends the wait */
export function onAbort(signal: AbortSignal, aborted: () => void): () => void {
  const entry = watched.get(signal) ?? watch(signal);
  entry.waiting.add(aborted);
  return () => {
    if (!entry.waiting.delete(aborted) || entry.waiting.size > 0) return;
    watched.delete(signal);
    signal.removeEventListener('abort', entry.abort);
  };
}

function watch(signal: AbortSignal): Watched {
  const waiting = new Set<() => void>();
  const abort = (): void => {
    for (const aborted of waiting) aborted();
  };
  const entry = { waiting, abort };
  watched.set(signal, entry);
  signal.addEventListener('abort', abort, { once: true });
  return entry;
}
