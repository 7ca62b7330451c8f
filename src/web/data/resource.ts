/** Something that is asked for when a view opens and again when the desk says something; the last answer stays meanwhile. */
import { signal, useSignalEffect, type ReadonlySignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { beat, connection } from './desk.ts';

export interface Resource<Value> {
  readonly value: ReadonlySignal<Value | null>;
  readonly problem: ReadonlySignal<string | null>;
  /** @param beat why: something has happened */
  readonly reload: (beat?: number) => void;
}

/** Not asked for more often than this, however much happens. */
const AT_MOST_EVERY_MS = 700;

export function useResource<Value>(ask: () => Promise<Value>, key = ''): Resource<Value> {
  const resource = useMemo(() => new AskedFor(ask), [key]);
  useSignalEffect(() => {
    if (connection.value === 'live') resource.reload(beat.value);
  });
  return resource;
}

class AskedFor<Value> implements Resource<Value> {
  readonly value = signal<Value | null>(null);
  readonly problem = signal<string | null>(null);
  readonly #ask: () => Promise<Value>;
  #state: 'idle' | 'asking' | 'again' = 'idle';

  constructor(ask: () => Promise<Value>) {
    this.#ask = ask;
  }

  readonly reload = (_beat?: number): void => {
    if (this.#state === 'idle') void this.#run();
    else this.#state = 'again';
  };

  async #run(): Promise<void> {
    this.#state = 'asking';
    try {
      this.value.value = await this.#ask();
      this.problem.value = null;
    } catch (error) {
      this.problem.value = error instanceof Error ? error.message : String(error);
    }
    setTimeout(() => {
      const isAgain = this.#state === 'again';
      this.#state = 'idle';
      if (isAgain) this.reload();
    }, AT_MOST_EVERY_MS);
  }
}
