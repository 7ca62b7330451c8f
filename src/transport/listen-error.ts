import { GrapevineError } from '../protocol/errors.ts';

/** @param endpoint what could not be bound, such as `port 3000 on 127.0.0.1` */
export function listenError(error: unknown, endpoint: string): GrapevineError {
  if (error instanceof GrapevineError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return new GrapevineError('ERR_PORT_IN_USE', `${endpoint} is in use`, { cause: error });
  }
  return new GrapevineError('ERR_LISTEN', `can't listen on ${endpoint}: ${code ?? message}`, { cause: error });
}
