/** Starts grapes for one test, on free loopback ports. */
import { startGrapes, type Grapes, type GrapesInit } from '../src/grenache/grapes/start-grapes.ts';
import { silentLog } from '../src/ports/log.ts';

/** For suites that use them. They start within 100 ms, and on a busy machine much later. */
export const LOCAL_GRAPES_TEST_TIMEOUT_MS = 20_000;

export function startLocalGrapes(init: Partial<GrapesInit> = {}): Promise<Grapes> {
  return startGrapes({ count: 2, host: '127.0.0.1', dhtPort: 0, apiPort: 0, log: silentLog, ...init });
}
