/** Logs errors of work that no caller waits for. */
import type { Log } from '../ports/log.ts';
import { textOfError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';

export function errorLogger(log: Log, event: string): (error: unknown) => void {
  return (error) => {
    log.write('error', event, { text: textOfError(error).slice(0, LIMITS.errorTextMaxLength) });
  };
}
