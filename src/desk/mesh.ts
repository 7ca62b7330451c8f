/**
 * Links to a few other desks, by which facts reach every desk of a network in which nobody knows them all. Each desk asks some
 * desks at random for a link, and grants links to those who ask, up to a bound. A link works in both directions and is renewed by
 * the desk that asked for it; each renewal is answered by the other desk with its MAC or signature. A desk that grants a link asks
 * once whether the other one answers, too. So a link leads only to a desk that has proven its key at the address that it is
 * reached at, and that address is known before the first fact. A desk that is gone, or does not answer for a while, loses its link.
 *
 * A random graph with four links asked for by each desk is connected, also after a fifth of its desks are gone: docs/SCALING.md.
 */
import type { Alarm, Clock } from '../ports/clock.ts';
import { backOffMs, fractionOf } from '../protocol/back-off.ts';
import type { PeerId } from '../protocol/ids.ts';
import { DESK_LIMITS } from './limits.ts';

/** What became of a question to a desk: `gone` is certain that nobody received it, `silent` is not. */
export type LinkOutcome = 'taken' | 'refused' | 'silent' | 'gone';

export interface MeshInit {
  readonly self: PeerId;
  readonly clock: Clock;
  /** Desks that were there a moment ago. */
  readonly candidates: () => readonly PeerId[];
  /** Asks that desk for a link, or to go on with it. */
  readonly ask: (id: PeerId) => Promise<LinkOutcome>;
  /** Asks a desk that we have granted a link to whether it answers at its address. */
  readonly check: (id: PeerId) => Promise<LinkOutcome>;
  /** Told of each new link. */
  readonly linked: (id: PeerId) => void;
  readonly failed: (error: unknown) => void;
}

interface Link {
  /** We asked for it. */
  readonly isOwn: boolean;
  renewedAt: number;
  /** Since when it does not answer; null while it does. */
  silentSince: number | null;
}

export class Mesh {
  readonly #init: MeshInit;
  readonly #links = new Map<PeerId, Link>();
  readonly #asking = new Set<PeerId>();
  /** Desks that have refused or not answered in this round. */
  readonly #declined = new Set<PeerId>();
  #alarm: Alarm | null = null;
  #repair: Alarm | null = null;
  #rounds = 0;
  /** Times that links were looked for since none was missing. */
  #repairs = 0;
  #isNeeded = false;
  #running = false;

  constructor(init: MeshInit) {
    this.#init = init;
  }

  /** Those to whom facts are passed on. */
  get links(): readonly PeerId[] {
    return [...this.#links.keys()];
  }

  start(): void {
    this.#running = true;
    this.#armAlarm();
  }

  stop(): void {
    this.#running = false;
    this.#alarm?.cancel();
    this.#repair?.cancel();
    this.#links.clear();
  }

  /** There are so many desks that nobody knows them all. */
  get isNeeded(): boolean {
    return this.#isNeeded;
  }

  /** It has all the links that it looks for by itself. */
  get isComplete(): boolean {
    return this.#isNeeded && this.#missing() === 0;
  }

  need(isNeeded: boolean): void {
    this.#isNeeded = isNeeded;
    this.repairSoon();
  }

  /** A desk asks for a link, or renews it. */
  grant(id: PeerId): boolean {
    const link = this.#links.get(id);
    if (link === undefined && this.#links.size >= DESK_LIMITS.meshLinksMax) return false;
    if (link === undefined) {
      this.#add(id, false);
      this.#check(id);
    } else this.#renew(link);
    return true;
  }

  /** What became of something that was sent to a link. A busy desk is silent for a while, and is no reason to look for another. */
  onOutcome(id: PeerId, outcome: LinkOutcome): void {
    const link = this.#links.get(id);
    if (link === undefined) return;
    if (outcome === 'taken') link.silentSince = null;
    else if (outcome !== 'silent' || this.#isSilentForLong(link)) this.#lose(id);
  }

  /**
   * Links may be missing, or somebody may be there to link to. The wait doubles while links stay missing: where all are busy, to
   * look for links must not make them busier.
   */
  repairSoon(): void {
    if (this.#missing() === 0) this.#repairs = 0;
    if (!this.#running || this.#repair !== null || this.#missing() === 0) return;
    const waitMs = Math.min(DESK_LIMITS.meshRepairMs * 2 ** this.#repairs, DESK_LIMITS.meshUpkeepMs);
    this.#repair = this.#init.clock.wakeAtMonotonic(this.#now() + waitMs, () => {
      this.#repair = null;
      this.#fill();
    });
  }

  #armAlarm(): void {
    const { clock, self } = this.#init;
    this.#rounds += 1;
    const inMs = backOffMs(
      1,
      DESK_LIMITS.meshUpkeepMs,
      DESK_LIMITS.meshUpkeepMs,
      `${self} mesh ${this.#rounds.toString()}`,
    );
    this.#alarm = clock.wakeAtMonotonic(this.#now() + inMs, () => {
      this.#upkeep();
      this.#armAlarm();
    });
  }

  #upkeep(): void {
    this.#declined.clear();
    const now = this.#now();
    for (const [id, { isOwn, renewedAt, silentSince }] of this.#links) {
      if (isOwn) this.#ask(id);
      else if (now - renewedAt > DESK_LIMITS.meshLinkMs) this.#links.delete(id);
      else if (silentSince !== null) this.#check(id);
    }
    this.#fill();
  }

  #fill(): void {
    const missing = this.#missing();
    if (!this.#running || missing === 0) return;
    const { self, candidates } = this.#init;
    const free = candidates().filter((id) => !this.#links.has(id) && !this.#asking.has(id) && !this.#declined.has(id));
    const spread = (id: PeerId): number => fractionOf(`${self} ${id} ${this.#rounds.toString()}`);
    const order = new Map(free.map((id) => [id, spread(id)]));
    free.sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
    const chosen = free.slice(0, missing);
    if (chosen.length > 0) this.#repairs += 1;
    for (const id of chosen) this.#ask(id);
  }

  #missing(): number {
    if (!this.#isNeeded) return 0;
    const own = [...this.#links.values()].filter(({ isOwn }) => isOwn).length;
    const asking = [...this.#asking].filter((id) => !this.#links.has(id)).length;
    const room = DESK_LIMITS.meshLinksMax - this.#links.size;
    return Math.max(0, Math.min(room, DESK_LIMITS.meshOwnLinks - own - asking));
  }

  #ask(id: PeerId): void {
    if (this.#asking.has(id)) return;
    this.#asking.add(id);
    void this.#init
      .ask(id)
      .then((outcome) => {
        this.#asking.delete(id);
        this.#answered(id, outcome);
      })
      .catch(this.#init.failed);
  }

  #check(id: PeerId): void {
    void this.#init
      .check(id)
      .then((outcome) => {
        // To be asked at all is what counts: whoever refuses is there.
        if (this.#running) this.onOutcome(id, outcome === 'refused' ? 'taken' : outcome);
      })
      .catch(this.#init.failed);
  }

  #answered(id: PeerId, outcome: LinkOutcome): void {
    if (!this.#running) return;
    const link = this.#links.get(id);
    if (outcome === 'taken') {
      if (link === undefined) this.#add(id, true);
      else this.#renew(link);
    } else if (link === undefined) this.#declined.add(id);
    else this.onOutcome(id, outcome);
    this.repairSoon();
  }

  #renew(link: Link): void {
    link.renewedAt = this.#now();
    link.silentSince = null;
  }

  /** One that has not answered once may be busy. */
  #isSilentForLong(link: Link): boolean {
    link.silentSince ??= this.#now();
    return this.#now() - link.silentSince >= DESK_LIMITS.meshSilenceMs;
  }

  #lose(id: PeerId): void {
    this.#links.delete(id);
    this.#declined.add(id);
    this.repairSoon();
  }

  #add(id: PeerId, isOwn: boolean): void {
    this.#links.set(id, { isOwn, renewedAt: this.#now(), silentSince: null });
    this.#init.linked(id);
  }

  #now(): number {
    return this.#init.clock.monotonicNow();
  }
}
