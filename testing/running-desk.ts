/** The desk of `grapevine up`, in this process. */
import { RunningDesk } from '../src/composition/run-desk.ts';
import { loadSettings, reloadSettings, type LoadInput, type Reloaded } from '../src/config/load-settings.ts';
import { silentLog, type Log } from '../src/ports/log.ts';

export interface RunningDeskInit {
  readonly dataDir: string;
  readonly grapes: readonly string[];
  readonly flags?: Readonly<Record<string, readonly string[]>>;
  readonly log?: Log;
}

/** Not started yet. */
export function makeRunningDesk({ dataDir, grapes, flags = {}, log = silentLog }: RunningDeskInit): RunningDesk {
  const input: LoadInput = { flags: { dataDir: [dataDir], grapes, ...flags }, env: {}, defaultDataDir: dataDir };
  const loaded = loadSettings(input);
  const reload = (): Reloaded => reloadSettings(input, loaded);
  return new RunningDesk({ loaded, reload, log, version: '1.2.3', startCommand: 'grapevine up' });
}
