/** Waits for a signal that ends the process. */
import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { whenReaderGone } from './output-reader.ts';

interface StopSignal {
  /** Resolves at the first signal; with `forReader`, also when the output has no reader any more. */
  readonly arrived: Promise<void>;
  /** Restores the default effect of signals. */
  dispose(): void;
}

interface StopReasons {
  /** For commands whose purpose is their output. A desk does not end with its reader: its peers depend on it. */
  readonly forReader?: boolean;
  /** For programs without a terminal, SIGHUP has another meaning. */
  readonly hangUp?: boolean;
}

export function stopSignal({ forReader = false, hangUp = true }: StopReasons = {}): StopSignal {
  const terminals = openTerminals();
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', ...(hangUp ? (['SIGHUP'] as const) : [])];
  let dispose = (): void => undefined;
  const arrived = new Promise<void>((resolve) => {
    const onSignal = (signal?: NodeJS.Signals): void => {
      if (signal === 'SIGHUP') closeAtExit(terminals);
      // A second signal ends a stop that takes too long.
      dispose();
      resolve();
    };
    const stopFollowing = forReader ? whenReaderGone(() => onSignal()) : undefined;
    dispose = () => {
      for (const signal of signals) process.off(signal, onSignal);
      stopFollowing?.();
    };
    for (const signal of signals) process.on(signal, onSignal);
  });
  return { arrived, dispose: () => dispose() };
}

/** When a terminal closes, its programs get SIGHUP. Checked at the start: later the terminal may be gone. */
export function hasTerminal(): boolean {
  return openTerminals().length > 0;
}

function openTerminals(): readonly number[] {
  return [0, 1, 2].filter((descriptor) => isatty(descriptor));
}

/** At exit, node restores the terminals' modes, and aborts the process if a terminal is gone. */
function closeAtExit(terminals: readonly number[]): void {
  process.once('exit', () => {
    for (const descriptor of terminals) close(descriptor);
  });
}

function close(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // Already closed.
  }
}
