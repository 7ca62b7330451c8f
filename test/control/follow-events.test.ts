/** How a client waits before it tries again to read a desk's events. */
import { afterEach, expect, it, vi } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import type { ControlConnection } from '../../src/control/client/control-connection.ts';
import { followEvents } from '../../src/control/client/follow-events.ts';
import { GrapevineError } from '../../src/protocol/errors.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it('doubles the wait between two attempts, from the shortest to the longest wait', async () => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(1);
  const attempts: number[] = [];
  const open = (): Promise<AsyncIterable<Buffer>> => {
    attempts.push(performance.now());
    // The first stream is had, and ends at once; after it the desk is down.
    return attempts.length === 1
      ? Promise.resolve(new Blob([]).stream() as unknown as AsyncIterable<Buffer>)
      : Promise.reject(new GrapevineError('ERR_DESK_NOT_RUNNING', 'down'));
  };
  const ending = new AbortController();
  const events = followEvents({ open } as unknown as ControlConnection, { signal: ending.signal });
  const read = events.next();
  while (attempts.length < 9) await vi.advanceTimersByTimeAsync(LIMITS.controlReconnectMinMs);
  ending.abort();
  await read;
  const waits = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0));
  const doubled = waits.map((_, index) => LIMITS.controlReconnectMinMs * 2 ** index);
  expect(waits).toEqual(doubled.map((wait) => Math.min(wait, LIMITS.controlReconnectMaxMs)));
  expect(waits).toContain(LIMITS.controlReconnectMaxMs);
});

it('tries for the whole reconnect time when a desk ends a stream that was open for long', async () => {
  vi.useFakeTimers();
  let opened = 0;
  const lifeMs = 2 * LIMITS.controlReconnectForMs;
  const open = (): Promise<AsyncIterable<Buffer>> => {
    opened += 1;
    return opened === 1 ? Promise.resolve(endingAfter(lifeMs)) : Promise.reject(down);
  };
  const away: unknown[] = [];
  const onAway = (reason: Error): void => void away.push(reason);
  const read = followEvents({ open } as unknown as ControlConnection, { onAway }).next();
  const failed = expect(read).rejects.toBe(down);
  await vi.advanceTimersByTimeAsync(lifeMs + LIMITS.controlReconnectForMs - LIMITS.controlReconnectMaxMs);
  expect(opened).toBeGreaterThan(10);
  expect(away).toEqual([down]);
  await vi.advanceTimersByTimeAsync(2 * LIMITS.controlReconnectMaxMs);
  await failed;
});

const down = new GrapevineError('ERR_DESK_NOT_RUNNING', 'down');

/** A stream without events, which the desk ends. */
async function* endingAfter(ms: number): AsyncGenerator<Buffer> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  yield* [];
}
