/**
 * Where the desks of the theatre meet: who is there, who is apart from whom, and what is done to the messages of the offer that is
 * under way. Whatever passes is recorded. It decides; `stage-network.ts` carries it out.
 */
import type { Clock } from '../ports/clock.ts';
import type { Act } from './recording.ts';
import type { RecordingLog, StepNow } from './recording-log.ts';

export type ShownCommand = Extract<StepNow, { kind: 'message' }>['command'];

/** A message about an offer from one desk to another. */
export interface Leg {
  readonly from: string;
  readonly to: string;
  readonly command: ShownCommand;
  readonly offer: number;
  /** Another desk, in whose name it is. */
  readonly as?: string;
}

export interface StageInit {
  readonly clock: Clock;
  readonly log: RecordingLog;
  /** How long a message flies. */
  readonly flightMs: number;
  /** Ends a desk at once, as kill -9 would. */
  readonly crash: (name: string) => void;
  /** The liar speaks in the maker's name, while the maker asks `taker`. */
  readonly forge: (taker: string) => void;
}

export class Stage {
  readonly flightMs: number;
  readonly #init: StageInit;
  readonly #names = new Map<string, string>();
  readonly #addresses = new Map<string, string>();
  readonly #offers = new Map<string, number>();
  readonly #waits = new Set<() => void>();
  readonly #down = new Set<string>();
  #apart: ReadonlySet<string> = new Set();
  #act: Act = 'offer';
  /** It has not struck yet. */
  #isArmed = false;
  #offer = 0;

  constructor(init: StageInit) {
    this.#init = init;
    this.flightMs = init.flightMs;
  }

  // ---- who is there ---------------------------------------------------------------------------------------------------

  enter(name: string, id: string): void {
    this.#names.set(id, name);
  }

  /** @param address `host:port` */
  listens(name: string, address: string): void {
    this.#addresses.set(address, name);
  }

  nameOf(id: string): string | undefined {
    return this.#names.get(id);
  }

  nameAt(address: string): string | undefined {
    return this.#addresses.get(address);
  }

  /** All but one, in the order of the circle. */
  others(name: string): readonly string[] {
    return this.#init.log.desks.map((desk) => desk.name).filter((other) => other !== name);
  }

  get down(): ReadonlySet<string> {
    return this.#down;
  }

  isDown(name: string): boolean {
    return this.#down.has(name);
  }

  areApart(left: string, right: string): boolean {
    return this.#apart.has(left) !== this.#apart.has(right);
  }

  /** Something is broken until somebody mends it. */
  get isBroken(): boolean {
    return this.#down.size > 0 || this.#apart.size > 0;
  }

  wentDown(desk: string): void {
    this.#down.add(desk);
    this.record({ kind: 'down', desk });
  }

  cameUp(desk: string): void {
    this.#down.delete(desk);
    this.record({ kind: 'up', desk });
  }

  join(): void {
    if (this.#apart.size === 0) return;
    this.#apart = new Set();
    this.record({ kind: 'joined' });
  }

  // ---- what is under way ------------------------------------------------------------------------------------------------

  /** The next offer, and what is done to it. */
  begin(act: Act, wanted: readonly string[]): number {
    this.#offer += 1;
    this.#act = act;
    this.#isArmed = true;
    this.record({ kind: 'offer', offer: this.#offer, act, wanted: [...wanted] });
    return this.#offer;
  }

  /** The number of an offer; one that nobody has heard of is the one that is under way. */
  offerOf(offerId: string): number {
    const offer = this.#offers.get(offerId) ?? this.#offer;
    this.#offers.set(offerId, offer);
    return offer;
  }

  /** Every message comes twice. */
  get isTwice(): boolean {
    return this.#act === 'twice';
  }

  /** A message is about to leave; what is to strike before it does, strikes now. */
  leaving(leg: Leg): void {
    if (leg.as !== undefined || leg.offer !== this.#offer) return;
    if (leg.command === 'offer:done' && this.#strikes('kill-maker')) this.#init.crash(leg.from);
    if (leg.command === 'offer:accept:approved' && this.#strikes('forge')) this.#init.forge(leg.to);
  }

  fateOf({ from, to }: Leg): 'arrives' | 'lost' | 'nobody' {
    if (this.areApart(from, to)) return 'lost';
    return this.isDown(to) ? 'nobody' : 'arrives';
  }

  /** The addressee has done what it was asked to do, and its answer leaves. @returns whether that arrives */
  answering(leg: Leg, says: string): 'arrives' | 'lost' {
    const isConfirmed = leg.offer === this.#offer && says === 'confirmed';
    if (isConfirmed && this.#strikes('kill-winner')) this.#init.crash(leg.to);
    if (isConfirmed && this.#strikes('cut')) this.#cut(leg);
    if (isConfirmed && this.#strikes('lose-reply')) return 'lost';
    return this.areApart(leg.from, leg.to) ? 'lost' : 'arrives';
  }

  #strikes(act: Act): boolean {
    if (this.#act !== act || !this.#isArmed) return false;
    this.#isArmed = false;
    return true;
  }

  /** The half of the circle around the taker, without the maker. */
  #cut({ from: maker, to: taker }: Leg): void {
    const circle = this.#init.log.desks.map(({ name }) => name);
    const half = Math.floor(circle.length / 2);
    const turned = [...circle.slice(circle.indexOf(maker) + 1), ...circle.slice(0, circle.indexOf(maker))];
    const first = Math.max(0, Math.min(turned.indexOf(taker) - Math.floor(half / 2), turned.length - half));
    this.#apart = new Set(turned.slice(first, first + half));
    this.record({ kind: 'cut', apart: [...this.#apart] });
  }

  record(step: StepNow): void {
    this.#init.log.append(step);
  }

  // ---- time -----------------------------------------------------------------------------------------------------------

  /** Resolves after so long; at once when the theatre closes. */
  wait(ms: number): Promise<void> {
    const { clock } = this.#init;
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waits.delete(done);
        alarm.cancel();
        resolve();
      };
      const alarm = clock.wakeAtMonotonic(clock.monotonicNow() + ms, done);
      this.#waits.add(done);
    });
  }

  /** Nobody waits any more. */
  close(): void {
    for (const done of [...this.#waits]) done();
  }
}
