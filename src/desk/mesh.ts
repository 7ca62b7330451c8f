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

export interface Candidate {
  readonly id: PeerId;
  readonly isAnswering: boolean;
}

export interface MeshInit {
  readonly self: PeerId;
  readonly clock: Clock;
  /** Where we stand in several networks we are a bridge between them, and keep links in each of them. */
  readonly networks: number;
  /** In which one that desk is; undefined: it is not known yet, so that it is not asked. */
  readonly networkOf: (id: PeerId) => number | undefined;
  /** Desks of our network, and whether our latest request to them was answered. Where all were too busy to answer, they are asked all the same. */
  readonly candidates: () => readonly Candidate[];
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
  #areMany = false;
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
  get areMany(): boolean {
    return this.#areMany;
  }

  /** Links are looked for: among many desks, by a bridge, and by those that somebody has asked for one. */
  get isNeeded(): boolean {
    return this.#areMany || this.#init.networks > 1 || this.#links.size > 0;
  }

  /** It has all the links that it looks for by itself. */
  get isComplete(): boolean {
    return this.isNeeded && this.#missing() === 0;
  }

  need(areMany: boolean): void {
    this.#areMany = areMany;
    this.repairSoon();
  }

  /** A desk asks for a link, or renews it. */
  grant(id: PeerId): boolean {
    const link = this.#links.get(id);
    if (link === undefined && this.#links.size >= this.#linksMax) return false;
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
    if (!this.#running || this.#missing() === 0) return;
    const { self, candidates, networks } = this.#init;
    const spread = ({ id, isAnswering }: Candidate): number =>
      fractionOf(`${self} ${id} ${this.#rounds.toString()}`) + (isAnswering ? 0 : 1);
    const free = candidates()
      .filter(({ id }) => !this.#links.has(id) && !this.#asking.has(id) && !this.#declined.has(id))
      .map((candidate) => ({ id: candidate.id, order: spread(candidate) }))
      .sort((a, b) => a.order - b.order)
      .map(({ id }) => id);
    const chosen = numbersTo(networks).flatMap((network) =>
      free.filter((id) => this.#init.networkOf(id) === network).slice(0, this.#missingIn(network)),
    );
    if (chosen.length > 0) this.#repairs += 1;
    for (const id of chosen) this.#ask(id);
  }

  #missing(): number {
    if (!this.isNeeded) return 0;
    return numbersTo(this.#init.networks).reduce((sum, network) => sum + this.#missingIn(network), 0);
  }

  #missingIn(network: number): number {
    const isThere = (id: PeerId): boolean => this.#init.networkOf(id) === network;
    const own = [...this.#links].filter(([id, { isOwn }]) => isOwn && isThere(id)).length;
    const asking = [...this.#asking].filter((id) => !this.#links.has(id) && isThere(id)).length;
    const room = this.#linksMax - this.#links.size;
    return Math.max(0, Math.min(room, DESK_LIMITS.meshOwnLinks - own - asking));
  }

  get #linksMax(): number {
    return DESK_LIMITS.meshLinksMax * this.#init.networks;
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
    this.repairSoon();
  }

  #now(): number {
    return this.#init.clock.monotonicNow();
  }
}

function numbersTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, number) => number);
}
