/** Waits until somebody wants the process to end. */

export interface StopSignal {
  /** Resolves at the first SIGINT or SIGTERM. */
  readonly arrived: Promise<void>;
  /** Signals have their usual effect again. */
  dispose(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export function stopSignal(): StopSignal {
  let dispose = (): void => undefined;
  const arrived = new Promise<void>((resolve) => {
    dispose = () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    };
    const onSignal = (): void => {
      // A second one ends a stop that takes too long.
      dispose();
      resolve();
    };
    for (const signal of SIGNALS) process.on(signal, onSignal);
  });
  return {
    arrived,
    dispose: () => {
      dispose();
    },
  };
}
