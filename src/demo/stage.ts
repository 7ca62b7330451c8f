/**
 * The state of the theatre: its desks, which of them are down or separated, and the fault of the current offer. It decides what
 * happens to each message and records it; `stage-network.ts` carries the decision out.
 */
import type { Clock } from '../ports/clock.ts';
import type { Act } from './recording.ts';
import type { NewStep, RecordingLog } from './recording-log.ts';

export type ShownCommand = Extract<NewStep, { kind: 'message' }>['command'];

/** A message about an offer from one desk to another. */
export interface OfferMessage {
  readonly from: string;
  readonly to: string;
  readonly command: ShownCommand;
  readonly offer: number;
  /** Forged: the desk that the message names as its sender. */
  readonly as?: string;
}

export interface StageInit {
  readonly clock: Clock;
  readonly log: RecordingLog;
  /** How long a message is on its way. */
  readonly flightMs: number;
  /** Ends a desk at once, like kill -9. */
  readonly crash: (name: string) => void;
  /** Makes the liar send its forgeries, while the maker asks `taker` to confirm. */
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
  /** The fault of the current offer has not happened yet. */
  #isArmed = false;
  #offer = 0;

  constructor(init: StageInit) {
    this.#init = init;
    this.flightMs = init.flightMs;
  }

  // ---- desks ----------------------------------------------------------------------------------------------------------

  addDesk(name: string, id: string): void {
    this.#names.set(id, name);
  }

  /** @param address `host:port` */
  setAddress(name: string, address: string): void {
    this.#addresses.set(address, name);
  }

  nameOf(id: string): string | undefined {
    return this.#names.get(id);
  }

  nameAt(address: string): string | undefined {
    return this.#addresses.get(address);
  }

  /** All other desks, in the order of the circle. */
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

  /** A desk is down, or the network is split. */
  get isBroken(): boolean {
    return this.#down.size > 0 || this.#apart.size > 0;
  }

  markDown(desk: string): void {
    this.#down.add(desk);
    this.record({ kind: 'down', desk });
  }

  markUp(desk: string): void {
    this.#down.delete(desk);
    this.record({ kind: 'up', desk });
  }

  /** Ends the split of the network. */
  join(): void {
    if (this.#apart.size === 0) return;
    this.#apart = new Set();
    this.record({ kind: 'joined' });
  }

  // ---- the current offer ------------------------------------------------------------------------------------------------

  /** Starts the next offer, with this fault. */
  beginOffer(act: Act, wanted: readonly string[]): number {
    this.#offer += 1;
    this.#act = act;
    this.#isArmed = true;
    this.record({ kind: 'offer', offer: this.#offer, act, wanted: [...wanted] });
    return this.#offer;
  }

  /** The number of an offer; a new id is the current offer. */
  offerOf(offerId: string): number {
    const offer = this.#offers.get(offerId) ?? this.#offer;
    this.#offers.set(offerId, offer);
    return offer;
  }

  /** Whether every message is sent twice. */
  get duplicates(): boolean {
    return this.#act === 'twice';
  }

  /** Causes the faults that happen before this message is sent. */
  beforeSend({ from, to, command, offer, as }: OfferMessage): void {
    if (as !== undefined || offer !== this.#offer) return;
    if (command === 'offer:done' && this.#isDue('kill-maker')) this.#init.crash(from);
    if (command === 'offer:accept:approved' && this.#isDue('forge')) this.#init.forge(to);
  }

  fateOf({ from, to }: OfferMessage): 'arrives' | 'lost' | 'nobody' {
    if (this.areApart(from, to)) return 'lost';
    return this.isDown(to) ? 'nobody' : 'arrives';
  }

  /**
   * The receiver has processed the message. Causes the faults that happen before its answer is sent.
   * @returns whether the answer arrives
   */
  beforeAnswer(message: OfferMessage, says: string): 'arrives' | 'lost' {
    const isConfirmed = message.offer === this.#offer && says === 'confirmed';
    if (isConfirmed && this.#isDue('kill-winner')) this.#init.crash(message.to);
    if (isConfirmed && this.#isDue('cut')) this.#cut(message);
    if (isConfirmed && this.#isDue('lose-reply')) return 'lost';
    return this.areApart(message.from, message.to) ? 'lost' : 'arrives';
  }

  /** True once: the fault happens now. */
  #isDue(act: Act): boolean {
    if (this.#act !== act || !this.#isArmed) return false;
    this.#isArmed = false;
    return true;
  }

  /** Separates the half of the circle around the taker, without the maker. */
  #cut({ from: maker, to: taker }: OfferMessage): void {
    const circle = this.#init.log.desks.map(({ name }) => name);
    const half = Math.floor(circle.length / 2);
    const turned = [...circle.slice(circle.indexOf(maker) + 1), ...circle.slice(0, circle.indexOf(maker))];
    const first = Math.max(0, Math.min(turned.indexOf(taker) - Math.floor(half / 2), turned.length - half));
    this.#apart = new Set(turned.slice(first, first + half));
    this.record({ kind: 'cut', apart: [...this.#apart] });
  }

  record(step: NewStep): void {
    this.#init.log.append(step);
  }

  // ---- time -----------------------------------------------------------------------------------------------------------

  /** Resolves after this time, or when the theatre closes. */
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

  /** Ends all waits. */
  close(): void {
    for (const done of [...this.#waits]) done();
  }
}
