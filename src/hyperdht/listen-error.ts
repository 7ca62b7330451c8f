/** Why a socket could not be bound, as the rest of the program says it. */
import { GrapevineError } from '../protocol/errors.ts';

export function listenError(error: unknown, host: string, port: number): GrapevineError {
  if (error instanceof GrapevineError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return new GrapevineError('ERR_PORT_IN_USE', `port ${port} of ${host} (UDP) is in use`, { cause: error });
  }
  return new GrapevineError('ERR_LISTEN', `can't listen on ${host}:${port} (UDP): ${message}`, { cause: error });
}
