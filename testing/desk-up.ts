/** The desk of `grapevine up`, in this process: for tests of what others do with it. A process takes a second or two to start. */
import { RunningDesk } from '../src/composition/run-desk.ts';
import { loadSettings, reloadSettings, type LoadInput } from '../src/config/load-settings.ts';
import type { Log } from '../src/ports/log.ts';
import type { LoggedEvent } from './running-program.ts';

export class DeskUp {
  readonly #events: LoggedEvent[] = [];
  readonly #watchers = new Set<() => void>();
  readonly #running: RunningDesk;

  private constructor(dataDir: string, grapes: readonly string[]) {
    const input: LoadInput = { flags: { dataDir: [dataDir], grapes }, env: {}, defaultDataDir: dataDir };
    const loaded = loadSettings(input);
    const log: Log = {
      write: (level, event, fields) => {
        this.#events.push({ ...fields, level, event });
        for (const watch of [...this.#watchers]) watch();
      },
    };
    const reload = (): ReturnType<typeof reloadSettings> => reloadSettings(input, loaded);
    this.#running = new RunningDesk({ loaded, reload, log, version: '0.0.0', start: 'grapevine up' });
  }

  static async start(dataDir: string, grapes: readonly string[]): Promise<DeskUp> {
    const desk = new DeskUp(dataDir, grapes);
    await desk.#running.start();
    return desk;
  }

  /** The first event of that name that satisfies. */
  event(name: string, satisfies: (event: LoggedEvent) => boolean = () => true): Promise<LoggedEvent> {
    return new Promise((resolve) => {
      const watch = (): void => {
        const found = this.#events.find((event) => event.event === name && satisfies(event));
        if (found === undefined) return;
        this.#watchers.delete(watch);
        resolve(found);
      };
      this.#watchers.add(watch);
      watch();
    });
  }

  stop(): Promise<void> {
    return this.#running.stop();
  }
}
