/** Logs errors of work that no caller waits for. */
import type { Log } from '../ports/log.ts';
import { LIMITS } from '../protocol/limits.ts';

export function errorLogger(log: Log, event: string): (error: unknown) => void {
  return (error) => {
    const text = error instanceof Error ? error.message : String(error);
    log.write('error', event, { text: text.slice(0, LIMITS.errorTextMaxLength) });
  };
}
