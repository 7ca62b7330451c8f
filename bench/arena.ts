/** One maker and its takers of one contestant, which deal for a given time. */
import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { extname } from 'node:path';
import { freePort } from '../testing/free-port.ts';
import type { ContestantName, MakerSide, OnWin, Side, Surroundings } from './contestant.ts';
import { startMaker, startTakers } from './contestants.ts';
import { cpuMs, nowMs } from './statistics.ts';
import type { TakerOrder, TakerReport } from './taker-process.ts';

export type Placement = 'one process' | 'two processes';

export interface Run {
  /** Per deal: the time from the announcement until the winner knows that it has won. */
  readonly latenciesMs: readonly number[];
  readonly elapsedMs: number;
  /** Processor time of both sides, with all their threads. */
  readonly cpuMs: number;
}

/** If a deal takes this long, the bench fails. */
const DEAL_TIMEOUT_MS = 20_000;

interface TakerSide extends Side {
  /** The processor time of the takers' process; 0 if they run in this process. */
  cpuMs(): Promise<number>;
}

export class Arena {
  readonly #maker: MakerSide;
  readonly #takers: TakerSide;
  readonly #wins: Wins;
  /** The service that its desks announce. */
  readonly broadcastKey: string;

  private constructor(broadcastKey: string, maker: MakerSide, takers: TakerSide, wins: Wins) {
    this.broadcastKey = broadcastKey;
    this.#maker = maker;
    this.#takers = takers;
    this.#wins = wins;
  }

  static async open(
    name: ContestantName,
    takers: number,
    placement: Placement,
    nodes: Pick<Surroundings, 'grapes' | 'bootstrap'>,
  ): Promise<Arena> {
    const broadcastKey = `bench-${randomBytes(6).toString('hex')}`;
    const surroundings = { ...nodes, broadcastKey, port: await freePort(), takers };
    const wins = new Wins();
    const start = placement === 'one process' ? startTakersHere : forkTakers;
    const side = await start(name, surroundings, (offerId, atMs) => {
      wins.add(offerId, atMs);
    });
    return new Arena(broadcastKey, await startMaker(name, surroundings), side, wins);
  }

  /** Keeps `parallel` deals in progress for this time, and waits for the last ones. */
  async run(parallel: number, forMs: number): Promise<Run> {
    const latenciesMs: number[] = [];
    const cpuBefore = cpuMs() + (await this.#takers.cpuMs());
    const startedAt = nowMs();
    const dealAgain = async (): Promise<void> => {
      while (nowMs() - startedAt < forMs) latenciesMs.push(await this.#deal());
    };
    await Promise.all(Array.from({ length: parallel }, dealAgain));
    const elapsedMs = nowMs() - startedAt;
    return { latenciesMs, elapsedMs, cpuMs: cpuMs() + (await this.#takers.cpuMs()) - cpuBefore };
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

/** The times of wins. A win can be reported before it is waited for. */
class Wins {
  readonly #known = new Map<string, number>();
  readonly #waiting = new Map<string, (atMs: number) => void>();

  add(offerId: string, atMs: number): void {
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

async function startTakersHere(name: ContestantName, surroundings: Surroundings, onWin: OnWin): Promise<TakerSide> {
  const takers = await startTakers(name, surroundings, onWin);
  return { stop: () => takers.stop(), cpuMs: () => Promise.resolve(0) };
}

async function forkTakers(name: ContestantName, surroundings: Surroundings, onWin: OnWin): Promise<TakerSide> {
  const child: ChildProcess = fork(new URL(`./taker-process${extname(import.meta.filename)}`, import.meta.url), {
    execArgv: process.execArgv,
  });
  const order = (message: TakerOrder): void => {
    child.send(message);
  };
  const reportOf = (kind: TakerReport['kind']): Promise<TakerReport> =>
    new Promise((resolve) => {
      const listen = (report: TakerReport): void => {
        if (report.kind !== kind) return;
        child.off('message', listen);
        resolve(report);
      };
      child.on('message', listen);
    });
  child.on('message', (report: TakerReport) => {
    if (report.kind === 'won') onWin(report.offerId, report.atMs);
  });
  const ready = reportOf('ready');
  order({ name, surroundings });
  await ready;
  return {
    cpuMs: async () => {
      const answer = reportOf('cpu');
      order({ ask: 'cpu' });
      const report = await answer;
      return report.kind === 'cpu' ? report.cpuMs : NaN;
    },
    stop: async () => {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}
