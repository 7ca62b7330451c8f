/** Something that is asked for when a view opens and again when the desk says something; the last answer stays meanwhile. */
import { signal, useSignalEffect, type ReadonlySignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { beat, connection } from './desk.ts';
import { oneAtATime } from './one-at-a-time.ts';

export interface Resource<Value> {
  readonly value: ReadonlySignal<Value | null>;
  readonly problem: ReadonlySignal<string | null>;
  /** @param beat why: something has happened */
  readonly reload: (beat?: number) => void;
}

/** Not asked for more often than this, however much happens. */
const AT_MOST_EVERY_MS = 700;

export function useResource<Value>(ask: () => Promise<Value>, key = ''): Resource<Value> {
  const resource = useMemo(() => askedFor(ask), [key]);
  useSignalEffect(() => {
    if (connection.value === 'live') resource.reload(beat.value);
  });
  return resource;
}

function askedFor<Value>(ask: () => Promise<Value>): Resource<Value> {
  const value = signal<Value | null>(null);
  const problem = signal<string | null>(null);
  const reload = oneAtATime(async () => {
    try {
      value.value = await ask();
      problem.value = null;
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
    }
  }, AT_MOST_EVERY_MS);
  return { value, problem, reload };
}
