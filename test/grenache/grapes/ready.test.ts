/** Grapes that do not find each other are not waited for for ever. */
import { afterEach, expect, it, vi } from 'vitest';
import { LIMITS } from '../../../src/composition/limits.ts';
import { HardenedGrape } from '../../../src/grenache/grapes/hardened-grape.ts';
import { startGrapes } from '../../../src/grenache/grapes/start-grapes.ts';
import { silentLog } from '../../../src/ports/log.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it('embedded grapes that do not find each other in time are stopped', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  let looked: () => void = () => undefined;
  const look = (): Promise<void> => new Promise((resolve) => (looked = resolve));
  vi.spyOn(HardenedGrape.prototype, 'knownPorts', 'get').mockImplementation(() => {
    looked();
    return [];
  });
  const stop = vi.spyOn(HardenedGrape.prototype, 'stop');
  const starting = startGrapes({ count: 2, host: '127.0.0.1', dhtPort: 0, apiPort: 0, log: silentLog });
  let isOver = false;
  const outcome = starting.catch((error: unknown) => {
    isOver = true;
    return error;
  });
  await look();
  vi.setSystemTime(Date.now() + LIMITS.grapesReadyTimeoutMs);
  await look();
  expect(isOver).toBe(false);
  vi.setSystemTime(Date.now() + 1);
  expect(await outcome).toMatchObject({ code: 'ERR_GRAPES_NOT_READY' });
  expect(stop).toHaveBeenCalledTimes(2);
});
