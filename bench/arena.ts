/** One maker and its takers of one contestant, and a way to let deals run for some time. */
import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  nowMs,
  startMaker,
  startTakers,
  type ContestantName,
  type MakerSide,
  type Side,
  type Surroundings,
} from './contestants.ts';
import type { TakerReport } from './taker-process.ts';

export type Placement = 'one process' | 'two processes';

export interface Run {
  /** From the announcement to the winner's knowledge, a deal each. */
  readonly latenciesMs: readonly number[];
  readonly elapsedMs: number;
}

/** A deal that takes this long is lost, and the bench with it: it measures, it does not hope. */
const DEAL_TIMEOUT_MS = 20_000;

export class Arena {
  readonly #maker: MakerSide;
  readonly #takers: Side;
  readonly #wins: Wins;
  /** The service that its desks announce, for those who want to disturb them. */
  readonly broadcastKey: string;

  private constructor(broadcastKey: string, maker: MakerSide, takers: Side, wins: Wins) {
    this.broadcastKey = broadcastKey;
    this.#maker = maker;
    this.#takers = takers;
    this.#wins = wins;
  }

  static async open(
    name: ContestantName,
    takers: number,
    placement: Placement,
    grapes: readonly string[],
  ): Promise<Arena> {
    const surroundings = { grapes, broadcastKey: `bench-${randomBytes(6).toString('hex')}` };
    const wins = new Wins();
    const start = placement === 'one process' ? startTakers : forkTakers;
    const side = await start(name, takers, surroundings, (offerId, atMs) => {
      wins.tell(offerId, atMs);
    });
    return new Arena(surroundings.broadcastKey, await startMaker(name, surroundings), side, wins);
  }

  /** Keeps `parallel` deals going until the time is over, and waits for the last of them. */
  async run(parallel: number, forMs: number): Promise<Run> {
    const latenciesMs: number[] = [];
    const startedAt = nowMs();
    const lane = async (): Promise<void> => {
      while (nowMs() - startedAt < forMs) latenciesMs.push(await this.#deal());
    };
    await Promise.all(Array.from({ length: parallel }, lane));
    return { latenciesMs, elapsedMs: nowMs() - startedAt };
  }

  async close(): Promise<void> {
    await this.#takers.stop();
    await this.#maker.stop();
  }

  async #deal(): Promise<number> {
    const announcedAt = nowMs();
    const wonAt = await this.#wins.of(await this.#maker.announce());
    return wonAt - announcedAt;
  }
}

/** Wins may become known before anybody waits for them. */
class Wins {
  readonly #known = new Map<string, number>();
  readonly #waiting = new Map<string, (atMs: number) => void>();

  tell(offerId: string, atMs: number): void {
    const resolve = this.#waiting.get(offerId);
    if (resolve === undefined) this.#known.set(offerId, atMs);
    else resolve(atMs);
    this.#waiting.delete(offerId);
  }

  of(offerId: string): Promise<number> {
    const known = this.#known.get(offerId);
    if (known !== undefined) {
      this.#known.delete(offerId);
      return Promise.resolve(known);
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`nobody won ${offerId}`));
      }, DEAL_TIMEOUT_MS);
      this.#waiting.set(offerId, (atMs) => {
        clearTimeout(timer);
        resolve(atMs);
      });
    });
  }
}

async function forkTakers(
  name: ContestantName,
  count: number,
  surroundings: Surroundings,
  onWin: (offerId: string, atMs: number) => void,
): Promise<Side> {
  const child: ChildProcess = fork(new URL('./taker-process.ts', import.meta.url), { execArgv: process.execArgv });
  const ready = new Promise<void>((resolve) => {
    child.on('message', (report: TakerReport) => {
      if ('ready' in report) resolve();
      else onWin(report.offerId, report.atMs);
    });
  });
  child.send({ name, count, surroundings });
  await ready;
  return {
    stop: async () => {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}
