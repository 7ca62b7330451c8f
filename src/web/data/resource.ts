/** A value that is loaded when a view opens, and again after events. The old value stays until the new one arrives. */
import { signal, useSignalEffect } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { connection, eventCount } from './desk.ts';
import { throttle } from './throttle.ts';

/** The least time between two requests. */
const PAUSE_MS = 700;

/** @param key another key means another resource */
export function useResource<Value>(load: () => Promise<Value>, key = '') {
  const resource = useMemo(() => createResource(load), [key]);
  useSignalEffect(() => {
    // Reads the number of events, so that this runs again after events.
    if (connection.value === 'live' && eventCount.value >= 0) resource.reload();
  });
  return resource;
}

function createResource<Value>(load: () => Promise<Value>) {
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
