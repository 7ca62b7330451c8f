/**
 * Links to a few other desks. By them, facts reach every desk of a network in which no desk knows all others. Each desk
 * asks some random desks for a link, and grants links to desks that ask, up to a limit. A link works in both
 * directions. The desk that asked for it renews it, and the other desk answers each renewal with its MAC or signature.
 *
 * A desk that grants a link sends a hello back. It uses the link only after an answer with the other desk's MAC or
 * signature: anybody can announce a foreign address as its own, and that address must not get our facts. Without an
 * answer, it repeats the hello at each upkeep. A desk that can't be reached, or is silent for 15 s, loses its link.
 *
 * A random graph in which each desk asks for four links is connected, also after a fifth of its desks are gone:
 * docs/SCALING.md.
 */
import type { Alarm, Clock } from '../ports/clock.ts';
import { fractionOf, jitteredMs } from '../protocol/back-off.ts';
import type { PeerId } from '../protocol/ids.ts';
import { DESK_LIMITS } from './limits.ts';

/** The result of a request. `gone`: it was certainly not received. `silent`: no answer, but it may have arrived. */
export type LinkOutcome = 'taken' | 'refused' | 'silent' | 'gone';

interface Candidate {
  readonly id: PeerId;
  readonly isAnswering: boolean;
}

export interface MeshInit {
  readonly self: PeerId;
  readonly clock: Clock;
  /** How many networks this desk joins. In several, it is a bridge between them and needs links in each. */
  readonly networks: number;
  /** The network of a desk; undefined: not known yet. Such a desk is not asked for a link. */
  readonly networkOf: (id: PeerId) => number | undefined;
  /** Desks of our networks. Those that did not answer our latest request are asked last. */
  readonly candidates: () => readonly Candidate[];
  /** Asks a desk for a link, or renews it. */
  readonly ask: (id: PeerId) => Promise<LinkOutcome>;
  /** Sends a hello to a desk that has asked us for a link: an answer proves that its key is at its address. */
  readonly check: (id: PeerId) => Promise<LinkOutcome>;
  /** Called for each link when it can be used. */
  readonly linked: (id: PeerId) => void;
  readonly failed: (error: unknown) => void;
}

interface Link {
  /** Whether we asked for it, so that we renew it. */
  isOwn: boolean;
  /** Whether it has answered us with its MAC or signature since the link was made. */
  isProven: boolean;
  renewedAt: number;
  /** Since when it does not answer; null: it answers. */
  silentSince: number | null;
}

export class Mesh {
  readonly #init: MeshInit;
  readonly #links = new Map<PeerId, Link>();
  readonly #asking = new Set<PeerId>();
  /** Desks that refused, did not answer, or lost their link since the last upkeep: not asked before the next one. */
  readonly #skipped = new Set<PeerId>();
  #alarm: Alarm | null = null;
  #repair: Alarm | null = null;
  #rounds = 0;
  /** How many times missing links were looked for since none was missing. */
  #repairs = 0;
  #isLargeNetwork = false;
  #running = false;

  constructor(init: MeshInit) {
    this.#init = init;
  }

  /** The desks to which facts are passed on. */
  get links(): readonly PeerId[] {
    return [...this.#links].flatMap(([id, { isProven }]) => (isProven ? [id] : []));
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

  /**
   * Whether the network has at least `meshFrom` desks: facts then travel over links. Other desks may need our links also if this
   * is false.
   */
  get isLargeNetwork(): boolean {
    return this.#isLargeNetwork;
  }

  /** Whether links are needed: in a large network, for a bridge, and when another desk has a link to us. */
  get isNeeded(): boolean {
    return this.#isLargeNetwork || this.#init.networks > 1 || this.#count(({ isProven }) => isProven) > 0;
  }

  /** Whether no link that this desk asks for is missing. */
  get isComplete(): boolean {
    return this.isNeeded && this.#missing() === 0;
  }

  setLargeNetwork(isLarge: boolean): void {
    this.#isLargeNetwork = isLarge;
    this.repairSoon();
  }

  /** Called when a desk asks for a link or renews it. @returns false if we have no free link */
  grant(id: PeerId): boolean {
    const link = this.#links.get(id);
    if (link === undefined && this.#count(({ isOwn }) => !isOwn) >= this.#grantedMax) return false;
    if (link === undefined) {
      this.#add(id, false);
      this.#check(id);
    } else {
      link.renewedAt = this.#now();
      // A renewal shows that the desk runs, but not at which address: without a proof, the link still counts as silent.
      if (link.isProven) link.silentSince = null;
    }
    return true;
  }

  /** Called with the result of a message to a link. A busy desk may be silent for a while without losing its link. */
  onOutcome(id: PeerId, outcome: LinkOutcome): void {
    const link = this.#links.get(id);
    if (link === undefined) return;
    if (outcome !== 'taken') this.#onFailure(id, link, outcome);
    else if (link.isProven) link.silentSince = null;
  }

  /**
   * Looks for missing links after a short wait. The wait doubles while links are missing, so that our requests do not
   * overload busy desks.
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
    const inMs = jitteredMs(DESK_LIMITS.meshUpkeepMs, `${self} mesh ${this.#rounds}`);
    this.#alarm = clock.wakeAtMonotonic(this.#now() + inMs, () => {
      this.#upkeep();
      this.#armAlarm();
    });
  }

  #upkeep(): void {
    this.#skipped.clear();
    const now = this.#now();
    for (const [id, { isOwn, isProven, renewedAt, silentSince }] of this.#links) {
      if (isOwn) this.#ask(id);
      else if (now - renewedAt > DESK_LIMITS.meshLinkMs) this.#links.delete(id);
      else if (!isProven || silentSince !== null) this.#check(id);
    }
    this.#fill();
  }

  #fill(): void {
    if (!this.#running || this.#missing() === 0) return;
    const { self, candidates, networks } = this.#init;
    const orderOf = ({ id, isAnswering }: Candidate): number =>
      fractionOf(`${self} ${id} ${this.#rounds}`) + (isAnswering ? 0 : 1);
    const free = candidates()
      .filter(({ id }) => !this.#links.has(id) && !this.#asking.has(id) && !this.#skipped.has(id))
      .map((candidate) => ({ id: candidate.id, order: orderOf(candidate) }))
      .sort((a, b) => a.order - b.order)
      .map(({ id }) => id);
    const chosen = range(networks).flatMap((network) =>
      free.filter((id) => this.#init.networkOf(id) === network).slice(0, this.#missingIn(network)),
    );
    if (chosen.length > 0) this.#repairs += 1;
    for (const id of chosen) this.#ask(id);
  }

  #missing(): number {
    if (!this.isNeeded) return 0;
    return range(this.#init.networks).reduce((sum, network) => sum + this.#missingIn(network), 0);
  }

  #missingIn(network: number): number {
    const isInNetwork = (id: PeerId): boolean => this.#init.networkOf(id) === network;
    const own = this.#count(({ isOwn }, id) => isOwn && isInNetwork(id));
    const asking = [...this.#asking].filter((id) => this.#links.get(id)?.isOwn !== true && isInNetwork(id)).length;
    return Math.max(0, DESK_LIMITS.meshOwnLinks - own - asking);
  }

  get #grantedMax(): number {
    return (DESK_LIMITS.meshLinksMax - DESK_LIMITS.meshOwnLinks) * this.#init.networks;
  }

  #count(matches: (link: Link, id: PeerId) => boolean): number {
    return [...this.#links].filter(([id, link]) => matches(link, id)).length;
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
        const link = this.#links.get(id);
        if (!this.#running || link === undefined) return;
        // A refusal is an answer too: the desk is at that address.
        if (outcome === 'taken' || outcome === 'refused') this.#prove(id, link);
        else this.#onFailure(id, link, outcome);
      })
      .catch(this.#init.failed);
  }

  #answered(id: PeerId, outcome: LinkOutcome): void {
    if (!this.#running) return;
    const link = this.#links.get(id);
    if (outcome === 'taken') {
      const own = link ?? this.#add(id, true);
      // Both asked at the same time: without this, each would wait for the other to renew the link.
      own.isOwn = true;
      this.#prove(id, own);
    } else if (link === undefined) this.#skipped.add(id);
    else this.#onFailure(id, link, outcome);
    this.repairSoon();
  }

  /** The desk answered with its MAC or signature. */
  #prove(id: PeerId, link: Link): void {
    link.silentSince = null;
    if (link.isProven) return;
    link.isProven = true;
    this.#init.linked(id);
    this.repairSoon();
  }

  #onFailure(id: PeerId, link: Link, outcome: LinkOutcome): void {
    if (outcome !== 'silent' || this.#isSilentForLong(link)) this.#lose(id);
  }

  #isSilentForLong(link: Link): boolean {
    link.silentSince ??= this.#now();
    return this.#now() - link.silentSince >= DESK_LIMITS.meshSilenceMs;
  }

  #lose(id: PeerId): void {
    this.#links.delete(id);
    this.#skipped.add(id);
    this.repairSoon();
  }

  #add(id: PeerId, isOwn: boolean): Link {
    const link: Link = { isOwn, isProven: false, renewedAt: this.#now(), silentSince: null };
    this.#links.set(id, link);
    return link;
  }

  #now(): number {
    return this.#init.clock.monotonicNow();
  }
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, number) => number);
}
