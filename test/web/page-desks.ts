/** Real desks on their own grapes in this process, one of them with its page. */
import { readFileSync } from 'node:fs';
import { ControlClient } from '../../src/control/client.ts';
import { createDesk, type Desk, type DeskOptions, type Grapes } from '../../src/index.ts';
import { silentLog } from '../../src/ports/log.ts';
import type { RunningDesk, StartedDesk } from '../../src/composition/run-desk.ts';
import { startLocalGrapes } from '../../testing/local-grapes.ts';
import { makeRunningDesk } from '../../testing/running-desk.ts';
import { makeTemporaryFolder } from '../../testing/temporary-folder.ts';

export interface DeskWithPage {
  readonly running: RunningDesk;
  readonly started: StartedDesk;
  readonly client: ControlClient;
  readonly dataDir: string;
}

export class PageDesks {
  readonly grapes: Grapes;
  readonly #ends: (() => Promise<unknown>)[] = [];

  private constructor(grapes: Grapes) {
    this.grapes = grapes;
  }

  static async start(): Promise<PageDesks> {
    return new PageDesks(await startLocalGrapes());
  }

  /** Starts a desk like the command line does, with its page. */
  async withPage(
    flags: Record<string, readonly string[]> = {},
    dataDir = makeTemporaryFolder(),
  ): Promise<DeskWithPage> {
    const running = makeRunningDesk({ dataDir, grapes: this.grapes.api, flags: { page: ['true'], ...flags } });
    this.#ends.push(() => running.stop());
    const started = await running.start();
    const client = ControlClient.ofFolder(dataDir);
    this.#ends.push(() => client.close());
    return { running, started, client, dataDir };
  }

  /** Starts a desk like a program does. */
  async other(options: Partial<DeskOptions> = {}): Promise<Desk> {
    const desk = createDesk({ grapes: this.grapes.api, log: silentLog, ...options });
    this.#ends.push(() => desk.stop());
    await desk.start();
    return desk;
  }

  async stop(): Promise<void> {
    for (const end of this.#ends.reverse()) await end();
    await this.grapes.stop();
  }
}

export function tokenOf({ started }: DeskWithPage): string {
  return readFileSync(started.tokenFile ?? '', 'utf8').trim();
}
