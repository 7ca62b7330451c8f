/** For commands that follow a desk: reports that the desk does not answer, and keeps trying for a while. */
import { setTimeout as pause } from 'node:timers/promises';
import { isTemporary } from '../control/client.ts';
import { CONTROL_LIMITS } from '../control/limits.ts';

/** On standard error: standard output may be read by a program. */
export function reportDeskAway(): void {
  const seconds = CONTROL_LIMITS.controlReconnectForMs / 1000;
  process.stderr.write(`The desk does not answer; trying again for ${seconds} s. Ctrl-C stops waiting.\n`);
}

/**
 * Asks again while the desk is away. Only for requests that change nothing.
 * @throws what `ask` throws, when trying again is useless or it was tried for long enough; the signal's reason
 */
export async function askUntilAnswered<Answer>(ask: () => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  const until = performance.now() + CONTROL_LIMITS.controlReconnectForMs;
  for (let waitMs: number = CONTROL_LIMITS.controlReconnectMinMs; ; waitMs *= 2) {
    try {
      return await ask();
    } catch (error) {
      if (!isTemporary(error) || performance.now() >= until) throw error;
      if (waitMs === CONTROL_LIMITS.controlReconnectMinMs) reportDeskAway();
      await pause(Math.min(waitMs, CONTROL_LIMITS.controlReconnectMaxMs), undefined, { signal });
    }
  }
}
