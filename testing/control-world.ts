/** A control server on a pretended desk, with its clients; all of it ends with the test. */
import { onTestFinished } from 'vitest';
import { ControlClient, type ControlPlace } from '../src/control/client.ts';
import { DeskMetrics } from '../src/control/metrics.ts';
import { ControlServer, type ControlPlaces, type ControlServerInit } from '../src/control/server.ts';
import { systemRandomness } from '../src/host/system-randomness.ts';
import type { LogFields } from '../src/ports/log.ts';
import { ManualClock } from './manual-clock.ts';
import { PretendDesk } from './pretend-desk.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface ControlWorld extends ControlPlaces {
  readonly server: ControlServer;
  readonly desk: PretendDesk;
  readonly clock: ManualClock;
  readonly metrics: DeskMetrics;
  readonly dataDir: string;
  readonly logged: [string, LogFields | undefined][];
  client(place?: ControlPlace): ControlClient;
}

export async function startControl(more: Partial<ControlServerInit> = {}): Promise<ControlWorld> {
  const desk = more.desk instanceof PretendDesk ? more.desk : new PretendDesk();
  const clock = new ManualClock();
  const dataDir = more.dataDir ?? temporaryFolder();
  const metrics = new DeskMetrics({ loads: () => desk.loads(), now: () => clock.now() });
  const logged: [string, LogFields | undefined][] = [];
  const server = new ControlServer({
    desk,
    dataDir,
    metrics,
    clock,
    randomness: systemRandomness,
    log: { write: (_, event, fields) => logged.push([event, fields]) },
    version: '1.2.3',
    ...more,
  });
  onTestFinished(() => server.stop());
  const places = await server.start();
  return { ...places, server, desk, clock, metrics, dataDir, logged, client: (place) => clientOf(place ?? places) };
}

function clientOf(place: ControlPlace): ControlClient {
  const client = new ControlClient(place);
  onTestFinished(() => client.close());
  return client;
}
