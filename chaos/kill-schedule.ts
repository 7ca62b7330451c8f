/**
 * Kills desks as planned, and starts them again with the same folder: in the middle of deals, while they start, and while they recover.
 * At most half of them are down at the same time, so that there are deals to interrupt.
 */
import type { Chronicle } from './chronicle.ts';
import type { DeskKeeper } from './desk-keeper.ts';
import type { Role } from './desk-messages.ts';
import type { PlannedKill } from './plan.ts';

export interface KillScheduleInit {
  readonly desks: readonly DeskKeeper[];
  readonly nextKill: () => PlannedKill;
  readonly chronicle: Chronicle;
  /** The number of kills that are allowed so far. On a slow machine, no deal would end between unlimited kills. */
  readonly allowance: () => number;
}

export interface KillCounts {
  readonly maker: number;
  readonly taker: number;
  /** Kills of both roles before the desk was up. */
  readonly duringStart: number;
  /** Desks that were stopped with SIGTERM. */
  readonly restarts: number;
}

export class KillSchedule {
  readonly #init: KillScheduleInit;
  readonly #busy = new Set<Promise<void>>();
  readonly #waits = new Map<NodeJS.Timeout, () => void>();
  readonly #kills: Record<Role, number> = { maker: 0, taker: 0 };
  #duringStart = 0;
  #restarts = 0;
  #isOver = false;
  #running: Promise<void> = Promise.resolve();

  constructor(init: KillScheduleInit) {
    this.#init = init;
  }

  get counts(): KillCounts {
    return { ...this.#kills, duringStart: this.#duringStart, restarts: this.#restarts };
  }

  get killCount(): number {
    return this.#kills.maker + this.#kills.taker;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Ends the kills. Resolves when every desk that was down has been started again. */
  async stop(): Promise<void> {
    this.#isOver = true;
    for (const [timer, resolve] of this.#waits) {
      clearTimeout(timer);
      resolve();
    }
    await this.#running;
    await Promise.all(this.#busy);
  }

  async #run(): Promise<void> {
    for (let kill = this.#init.nextKill(); ; kill = this.#init.nextKill()) {
      await this.#wait(kill.waitMs);
      if (this.#isOver) return;
      const victim = this.#victimOf(kill);
      if (victim === null) continue;
      const work = this.#strike(victim, kill).finally(() => this.#busy.delete(work));
      this.#busy.add(work);
    }
  }

  #victimOf({ victim }: PlannedKill): DeskKeeper | null {
    const { desks, allowance } = this.#init;
    if (this.killCount >= allowance()) return null;
    const alive = desks.filter(({ life }) => life === 'up' || life === 'starting');
    if (alive.length <= desks.length / 2) return null;
    return alive[Math.floor(victim * alive.length)] ?? null;
  }

  async #strike(desk: DeskKeeper, { signal, pauseMs, againAfterMs }: PlannedKill): Promise<void> {
    if (signal === 'SIGTERM') await this.#restart(desk);
    else await this.#kill(desk);
    await this.#wait(pauseMs);
    desk.start();
    if (againAfterMs === null) return;
    await this.#wait(againAfterMs);
    // It may be down because of another kill.
    if (this.#isOver || (desk.life !== 'up' && desk.life !== 'starting')) return;
    await this.#kill(desk);
    await this.#wait(pauseMs);
    desk.start();
  }

  async #kill(desk: DeskKeeper): Promise<void> {
    const isStarting = desk.life === 'starting';
    this.#kills[desk.role] += 1;
    if (isStarting) this.#duringStart += 1;
    this.#note(desk, isStarting ? 'killed while it starts (SIGKILL)' : 'killed (SIGKILL)');
    await desk.kill();
  }

  async #restart(desk: DeskKeeper): Promise<void> {
    this.#restarts += 1;
    this.#note(desk, 'asked to end (SIGTERM)');
    await desk.terminate();
  }

  #note({ name }: DeskKeeper, text: string): void {
    this.#init.chronicle.incidents.push({ at: Date.now(), desk: name, text });
  }

  #wait(ms: number): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waits.delete(timer);
        resolve();
      }, ms);
      this.#waits.set(timer, resolve);
    });
  }
}
