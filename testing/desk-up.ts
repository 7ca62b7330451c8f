/** The desk of `grapevine up` in this process, for tests of its clients. A process of its own takes a second or two to start. */
import type { RunningDesk } from '../src/composition/run-desk.ts';
import type { Log } from '../src/ports/log.ts';
import { makeRunningDesk } from './running-desk.ts';
import type { LoggedEvent } from './running-program.ts';

export class DeskUp {
  readonly #events: LoggedEvent[] = [];
  readonly #watchers = new Set<() => void>();
  readonly #running: RunningDesk;

  private constructor(dataDir: string, grapes: readonly string[]) {
    const log: Log = {
      write: (level, event, fields) => {
        this.#events.push({ ...fields, level, event });
        for (const watch of [...this.#watchers]) watch();
      },
    };
    this.#running = makeRunningDesk({ dataDir, grapes, log });
  }

  static async start(dataDir: string, grapes: readonly string[]): Promise<DeskUp> {
    const desk = new DeskUp(dataDir, grapes);
    await desk.#running.start();
    return desk;
  }

  /** The first event with this name that satisfies the condition; rejects if the desk fails. */
  event(name: string, satisfies: (event: LoggedEvent) => boolean = () => true): Promise<LoggedEvent> {
    const found = new Promise<LoggedEvent>((resolve) => {
      const watch = (): void => {
        const first = this.#events.find((event) => event.event === name && satisfies(event));
        if (first === undefined) return;
        this.#watchers.delete(watch);
        resolve(first);
      };
      this.#watchers.add(watch);
      watch();
    });
    return Promise.race([found, this.#running.failed]);
  }

  stop(): Promise<void> {
    return this.#running.stop();
  }
}
