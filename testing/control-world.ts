/** A control server on a pretended desk, with its clients. The clients are closed at the end of the test. */
import { onTestFinished } from 'vitest';
import { ControlClient, type ControlPlace } from '../src/control/client.ts';
import { DeskMetrics } from '../src/control/metrics.ts';
import { ControlServer, type ControlEndpoints, type ControlServerInit } from '../src/control/server.ts';
import { systemRandomness } from '../src/host/system-randomness.ts';
import type { LogFields } from '../src/ports/log.ts';
import { ManualClock } from './manual-clock.ts';
import { PretendDesk } from './pretend-desk.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface ControlWorld extends ControlEndpoints {
  readonly server: ControlServer;
  readonly desk: PretendDesk;
  readonly clock: ManualClock;
  readonly metrics: DeskMetrics;
  readonly dataDir: string;
  readonly logged: [string, LogFields | undefined][];
  client(place?: ControlPlace): ControlClient;
}

/** Stopped at the end of the test. */
export async function startControl(more: Partial<ControlServerInit> = {}): Promise<ControlWorld> {
  const world = await openControl({ dataDir: temporaryFolder(), ...more });
  onTestFinished(() => world.server.stop());
  return world;
}

/** For several tests. The caller stops the server. */
export async function openControl(
  more: Partial<ControlServerInit> & Pick<ControlServerInit, 'dataDir'>,
): Promise<ControlWorld> {
  const desk = more.desk instanceof PretendDesk ? more.desk : new PretendDesk();
  const clock = new ManualClock();
  const { dataDir } = more;
  const metrics = new DeskMetrics({ loads: () => desk.loads(), now: () => clock.now() });
  const logged: [string, LogFields | undefined][] = [];
  const server = new ControlServer({
    desk,
    operations: desk,
    metrics,
    clock,
    randomness: systemRandomness,
    log: { write: (_, event, fields) => logged.push([event, fields]) },
    version: '1.2.3',
    ...more,
  });
  const places = await server.start();
  return { ...places, server, desk, clock, metrics, dataDir, logged, client: (place) => clientOf(place ?? places) };
}

function clientOf(place: ControlPlace): ControlClient {
  const client = new ControlClient(place);
  onTestFinished(() => client.close());
  return client;
}
