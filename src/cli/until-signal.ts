/** Waits until somebody wants the process to end. */
import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { followReader } from './output-reader.ts';
import { whenOutputEnds } from './standard-output.ts';

interface StopSignal {
  /** Resolves at the first signal that asks for an end; with `forReader`, also when nobody reads our output any more. */
  readonly arrived: Promise<void>;
  /** Signals have their usual effect again. */
  dispose(): void;
}

interface StopReasons {
  /** What runs for the sake of its output ends with its reader. A desk does not: its peers wait for its word. */
  readonly forReader?: boolean;
  /** SIGHUP means something else to a program that has no terminal. */
  readonly hangUp?: boolean;
}

export function stopSignal({ forReader = false, hangUp = true }: StopReasons = {}): StopSignal {
  const terminals = openTerminals();
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', ...(hangUp ? (['SIGHUP'] as const) : [])];
  let dispose = (): void => undefined;
  const arrived = new Promise<void>((resolve) => {
    const onSignal = (signal?: NodeJS.Signals): void => {
      if (signal === 'SIGHUP') letGoAtExit(terminals);
      // A second one ends a stop that takes too long.
      dispose();
      resolve();
    };
    const end = (): void => {
      onSignal();
    };
    const undo = forReader ? [followReader(), whenOutputEnds(end)] : [];
    dispose = () => {
      for (const signal of signals) process.off(signal, onSignal);
      for (const stop of undo) stop();
    };
    for (const signal of signals) process.on(signal, onSignal);
  });
  return { arrived, dispose: () => dispose() };
}

/** A terminal that closes says SIGHUP to what was started in it. Asked at the start: afterwards it may be gone. */
export function hasTerminal(): boolean {
  return openTerminals().length > 0;
}

function openTerminals(): readonly number[] {
  return [0, 1, 2].filter((descriptor) => isatty(descriptor));
}

/** At its exit node gives terminals back as it found them, and aborts the process when one is gone by then. */
function letGoAtExit(terminals: readonly number[]): void {
  process.once('exit', () => {
    for (const descriptor of terminals) close(descriptor);
  });
}

function close(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // It was closed before.
  }
}
