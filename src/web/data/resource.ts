/** A value that is loaded when a view opens, and again after events. The old value stays until the new one arrives. */
import { signal, useSignalEffect, type ReadonlySignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { connection, eventCount } from './desk.ts';
import { throttle } from './throttle.ts';

export interface Resource<Value> {
  readonly value: ReadonlySignal<Value | null>;
  readonly problem: ReadonlySignal<string | null>;
  /** @param eventCount not used; reading it makes an effect run again after events */
  readonly reload: (eventCount?: number) => void;
}

/** The least time between two requests. */
const PAUSE_MS = 700;

/** @param key another key means another resource */
export function useResource<Value>(load: () => Promise<Value>, key = ''): Resource<Value> {
  const resource = useMemo(() => createResource(load), [key]);
  useSignalEffect(() => {
    if (connection.value === 'live') resource.reload(eventCount.value);
  });
  return resource;
}

function createResource<Value>(load: () => Promise<Value>): Resource<Value> {
  const value = signal<Value | null>(null);
  const problem = signal<string | null>(null);
  const reload = throttle(async () => {
    try {
      value.value = await load();
      problem.value = null;
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
    }
  }, PAUSE_MS);
  return { value, problem, reload };
}
