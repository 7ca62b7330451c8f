/**
 * Thousands of light desks: each has the real mesh and the real gossip, and a model of everything else. Messages have a latency, and can be
 * lost, repeated or late. Presence is a list of known desks, a signature is an entry in a list of valid facts, and books are sets. It
 * answers questions for which a few full desks are not enough: do facts reach all of many desks, at what cost, and are liars believed? The
 * other worlds test complete desks.
 */
import { Gossip, type SpreadResult } from '../src/desk/gossip.ts';
import { DESK_LIMITS } from '../src/desk/limits.ts';
import { Mesh, type LinkOutcome } from '../src/desk/mesh.ts';
import type { Alarm, Clock } from '../src/ports/clock.ts';
import type { OfferId, PeerId } from '../src/protocol/ids.ts';
import type { BroadcastMessage, Signature } from '../src/protocol/messages.ts';
import { Dice } from './dice.ts';

export interface MeshPlan {
  readonly desks: number;
  readonly seed: number;
  /** The number of facts that are announced, before and after some desks are replaced. */
  readonly facts: number;
  /** Shares of all messages, from 0 to 1. */
  readonly lost: number;
  readonly repeated: number;
  readonly slow: number;
  /** The share of desks that answer with false books, and forward unsigned facts. */
  readonly liars: number;
  /** The number of bridges to a second network with half of the desks; 0: one network. */
  readonly bridges: number;
}

/** Changes for an intended defect. */
export interface MeshTampering {
  readonly believesAnybody?: boolean;
  readonly believesBooks?: boolean;
  readonly comparesNothing?: boolean;
  readonly passesNothingOn?: boolean;
  readonly repeatsWhatItHears?: boolean;
  readonly bridgesOneSide?: boolean;
}

interface Fact {
  readonly key: string;
  readonly message: BroadcastMessage;
  readonly auth: Signature;
}

const FAST_MS = [5, 150] as const;
const SLOW_MS = [3_000, 9_000] as const;
const TIMEOUT_MS = 3_000;
/** The desks that a new desk knows: those that answered its first hellos. */
const MET_AT_START = 12;
const START_MS = 20_000;

/** Virtual time, which jumps to the next millisecond with an event. */
class MeshClock implements Clock {
  #nowMs = 0;
  readonly #due = new Map<number, (() => void)[]>();

  now = (): number => this.#nowMs;
  monotonicNow = (): number => this.#nowMs;
  wakeAt = (timeMs: number, wake: () => void): Alarm => this.wakeAtMonotonic(timeMs, wake);

  wakeAtMonotonic = (timeMs: number, wake: () => void): Alarm => {
    let isCancelled = false;
    const atMs = Math.max(this.#nowMs + 1, Math.ceil(timeMs));
    const due = this.#due.get(atMs) ?? [];
    due.push(() => {
      if (!isCancelled) wake();
    });
    this.#due.set(atMs, due);
    return { cancel: () => (isCancelled = true) };
  };

  async advance(byMs: number): Promise<void> {
    for (const endMs = this.#nowMs + byMs; this.#nowMs < endMs;) {
      this.#nowMs += 1;
      const due = this.#due.get(this.#nowMs);
      if (due === undefined) continue;
      this.#due.delete(this.#nowMs);
      for (const wake of due) wake();
      // All promises of this millisecond settle within it.
      await new Promise(setImmediate);
    }
  }
}

export class MeshWorld {
  readonly clock = new MeshClock();
  readonly dice: Dice;
  readonly desks: LightDesk[] = [];
  readonly genuine = new Set<string>();
  /** The numbers of requests for links, and of sent facts, of all desks. */
  asks = 0;
  factsSent = 0;
  readonly #plan: MeshPlan;
  readonly #tampering: MeshTampering;
  readonly #byId = new Map<PeerId, LightDesk>();
  #made = 0;

  constructor(plan: MeshPlan, tampering: MeshTampering = {}) {
    this.#plan = plan;
    this.#tampering = tampering;
    this.dice = new Dice(plan.seed);
  }

  /** Starts all desks one after another, bridges first. */
  async start(): Promise<void> {
    const { desks, liars, bridges } = this.#plan;
    for (let count = 0; count < desks; count += 1) {
      const ownSide = bridges === 0 ? [0] : [count % 2];
      const isBridge = count < bridges;
      this.add(isBridge ? [0, 1] : ownSide, !isBridge && this.dice.chance(liars));
      await this.clock.advance(Math.ceil(((count + 1) * START_MS) / desks) - this.clock.now());
    }
    await this.clock.advance(START_MS);
  }

  add(sides: readonly number[], isLiar: boolean): LightDesk {
    const id =
      this.dice
        .whole(0, 2 ** 31)
        .toString(16)
        .padStart(8, '0') + (this.#made += 1).toString(16).padStart(56, '0');
    const desk = new LightDesk(this, id as PeerId, sides, isLiar, this.#tampering);
    for (const side of sides) {
      const there = this.desks.filter((other) => other.isUp && other.sides.includes(side));
      for (let met = 0; met < MET_AT_START; met += 1) {
        const other = this.dice.pick(there);
        if (other === undefined) break;
        desk.meet(other, side);
        other.meet(desk, side);
      }
    }
    this.desks.push(desk);
    this.#byId.set(desk.id, desk);
    desk.start();
    return desk;
  }

  /** @returns the signed fact */
  announce(maker: LightDesk): Fact {
    const fact = this.fact(maker.id, `fact ${(this.#made += 1).toString()}`);
    this.genuine.add(fact.key);
    maker.receive(fact);
    return fact;
  }

  fact(maker: PeerId, key: string): Fact {
    const offerId = key.replace(' ', '-') as OfferId;
    const message = { cmd: 'offer:done', offerId, maker, outcome: 'cancelled', winner: null, epoch: null } as const;
    return { key, message, auth: { sig: key } };
  }

  /** The share of the running, honest desks that have the fact. */
  reach({ key }: Fact): number {
    const up = this.desks.filter(({ isUp, isLiar }) => isUp && !isLiar);
    return up.filter(({ book }) => book.has(key)).length / up.length;
  }

  /** Sends a request, and returns its answer, on a faulty network. */
  send<Answer>(
    from: LightDesk,
    to: PeerId,
    onArrival: (desk: LightDesk) => Answer,
  ): Promise<Answer | 'silent' | 'gone'> {
    const { lost, repeated, slow } = this.#plan;
    return new Promise((resolve) => {
      const desk = this.#byId.get(to);
      if (desk?.isUp !== true || !desk.sides.some((side) => from.sides.includes(side))) {
        this.#later(FAST_MS, () => {
          resolve('gone');
        });
        return;
      }
      this.clock.wakeAtMonotonic(this.clock.now() + TIMEOUT_MS, () => {
        resolve('silent');
      });
      if (this.dice.chance(lost)) return;
      const arrive = (): void => {
        if (!desk.isUp) return;
        const answer = onArrival(desk);
        if (this.dice.chance(lost)) return;
        this.#later(FAST_MS, () => {
          resolve(answer);
        });
      };
      this.#later(this.dice.chance(slow) ? SLOW_MS : FAST_MS, arrive);
      if (this.dice.chance(repeated)) this.#later(SLOW_MS, arrive);
    });
  }

  #later([leastMs, mostMs]: readonly [number, number], happen: () => void): void {
    this.clock.wakeAtMonotonic(this.clock.now() + this.dice.whole(leastMs, mostMs), happen);
  }
}

export class LightDesk {
  readonly id: PeerId;
  readonly sides: readonly number[];
  readonly isLiar: boolean;
  readonly book = new Map<string, Fact>();
  readonly #world: MeshWorld;
  readonly #tampering: MeshTampering;
  readonly #met = new Map<PeerId, number>();
  readonly #mesh: Mesh;
  readonly #gossip: Gossip;
  isUp = true;
  #compared = 0;

  constructor(world: MeshWorld, id: PeerId, sides: readonly number[], isLiar: boolean, tampering: MeshTampering) {
    this.id = id;
    this.sides = sides;
    this.isLiar = isLiar;
    this.#world = world;
    this.#tampering = tampering;
    const failed = (error: unknown): void => {
      throw error instanceof Error ? error : new Error(String(error));
    };
    this.#mesh = new Mesh({
      self: id,
      clock: world.clock,
      networks: sides.length,
      networkOf: (other) => (sides.length === 1 ? 0 : this.#met.get(other)),
      candidates: () => [...this.#met.keys()].map((other) => ({ id: other, isAnswering: true })),
      ask: (other) => this.#askForLink(other),
      check: (other) => world.send<LinkOutcome>(this, other, () => 'taken'),
      linked: (other) => {
        if ((this.#compared += 1) <= DESK_LIMITS.booksAskedFirst) void this.#compare(other);
      },
      failed,
    });
    this.#gossip = new Gossip({
      clock: world.clock,
      links: () => this.#receivers(),
      passOn: (other, message, auth) => this.#passOn(other, message, auth),
      newFact: () => undefined,
      onOutcome: (other, outcome) => {
        this.#mesh.onOutcome(other, outcome);
      },
      failed,
    });
  }

  start(): void {
    this.#mesh.start();
    this.#mesh.setLargeNetwork(true);
    this.#compareLater();
  }

  stop(): void {
    this.isUp = false;
    this.#mesh.stop();
    this.#gossip.stop();
  }

  meet(other: LightDesk, side: number): void {
    this.#met.set(other.id, side);
    this.#mesh.repairSoon();
  }

  get links(): number {
    return this.#mesh.links.length;
  }

  #receivers(): readonly PeerId[] {
    const { passesNothingOn = false, bridgesOneSide = false } = this.#tampering;
    if (passesNothingOn) return [];
    // A maker without links sends to all known desks.
    if (this.#mesh.links.length === 0) return [...this.#met.keys()];
    return bridgesOneSide ? this.#mesh.links.filter((id) => this.#met.get(id) === 0) : this.#mesh.links;
  }

  /** Handles each received fact. */
  receive(fact: Fact): LinkOutcome {
    if (this.isLiar) return 'taken';
    if (this.#tampering.repeatsWhatItHears !== true && this.#gossip.isSeen(fact.auth)) return 'taken';
    if (this.#tampering.believesAnybody !== true && !this.#world.genuine.has(fact.key)) return 'refused';
    this.book.set(fact.key, fact);
    void this.#spread(fact);
    return 'taken';
  }

  #spread({ message, auth }: Fact): Promise<SpreadResult | undefined> {
    if (this.#tampering.repeatsWhatItHears !== true) return this.#gossip.spread(message, auth);
    // Forwards facts again, but not for ever, so that the run ends.
    if (this.#world.factsSent > 100 * this.#world.desks.length * DESK_LIMITS.meshLinksMax)
      return Promise.resolve(undefined);
    for (const other of this.#mesh.links) void this.#passOn(other, message, auth);
    return Promise.resolve(undefined);
  }

  #passOn(other: PeerId, message: BroadcastMessage, auth: Signature): Promise<LinkOutcome> {
    this.#world.factsSent += 1;
    return this.#world.send<LinkOutcome>(this, other, (desk) => desk.receive({ key: auth.sig, message, auth }));
  }

  #askForLink(other: PeerId): Promise<LinkOutcome> {
    this.#world.asks += 1;
    return this.#world.send<LinkOutcome>(this, other, (desk) => {
      desk.#met.set(this.id, desk.sides.find((side) => this.sides.includes(side)) ?? 0);
      return desk.#mesh.grant(this.id) ? 'taken' : 'refused';
    });
  }

  #compareLater(): void {
    const inMs = DESK_LIMITS.bookSyncMs / 2 + this.#world.dice.whole(0, DESK_LIMITS.bookSyncMs / 2);
    this.#world.clock.wakeAtMonotonic(this.#world.clock.now() + inMs, () => {
      if (!this.isUp) return;
      const link = this.#world.dice.pick(this.#mesh.links);
      if (link !== undefined) void this.#compare(link);
      this.#compareLater();
    });
  }

  /** Handles the facts of the other desk's book like received ones. */
  async #compare(other: PeerId): Promise<void> {
    if (this.#tampering.comparesNothing === true) return;
    const list = await this.#world.send(this, other, (desk) => desk.#listFor(this));
    if (typeof list === 'string') return;
    for (const fact of list) {
      if (this.#tampering.believesBooks === true) this.book.set(fact.key, fact);
      else this.receive(fact);
    }
  }

  #listFor(asker: LightDesk): readonly Fact[] {
    if (this.isLiar) return [this.#world.fact(this.id, `lie ${this.id}`)];
    return [...this.book.values()].filter(({ key }) => !asker.book.has(key));
  }

  /** A liar sends unsigned facts to its links. */
  lie(): void {
    const { message, auth } = this.#world.fact(this.id, `lie ${this.id}`);
    for (const other of this.#mesh.links) void this.#passOn(other, message, auth);
  }
}
