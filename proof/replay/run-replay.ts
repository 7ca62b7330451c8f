/**
 * Replays a counterexample of the model with the product's desks, on the simulator's network and clocks. The schedule gives the fates of
 * messages, the crashes and the orders.
 */
import type { OfferId, PeerId } from '../../src/protocol/ids.ts';
import type { JournalRecord } from '../../src/protocol/records.ts';
import { Dice } from '../../simulation/dice.ts';
import { MemoryDisk } from '../../simulation/disk.ts';
import { Router } from '../../simulation/router.ts';
import { SimClock } from '../../simulation/sim-clock.ts';
import { SimDesk, type Tampering } from '../../simulation/sim-desk.ts';
import { Timeline } from '../../simulation/timeline.ts';
import { Witnesses } from '../../simulation/witness.ts';
import type { Promised } from '../searches.ts';
import { DirectedFates, type Direct } from './directed-fates.ts';
import { Book, losingJournal } from './losing-journal.ts';
import { PromiseWatch, type Broken } from './promise-watch.ts';
import { ScriptedOriginal } from './scripted-original.ts';

type Name = 'M' | 'A' | 'B' | 'O';

const IDS: Readonly<Record<Name, PeerId>> = {
  M: 'a1'.repeat(32) as PeerId,
  A: 'b2'.repeat(32) as PeerId,
  B: 'c3'.repeat(32) as PeerId,
  /** A client of the original has a short id. */
  O: 'd4'.repeat(8) as PeerId,
};

/** An action of the schedule. */
type Order =
  | { readonly crash: Name; readonly backAfterMs?: number }
  | { readonly cancel: true }
  | { readonly withdraw: Name }
  | { readonly close: Name };

export interface Schedule {
  /** The peers that receive the offer; `O` is a client of the original. Desks accept it at once, except those in `onlookers`. */
  readonly takers: readonly Name[];
  readonly onlookers?: readonly Name[];
  readonly validForMs?: number;
  /** The time at which the offer must have ended; default: long after its validity. */
  readonly endMs?: number;
  readonly direct?: Direct;
  /** Actions at a time (`at 500`), or one millisecond after a record was written (`A confirmed`; `A confirmed #2` for the second one). */
  readonly orders?: Readonly<Record<string, Order>>;
  /** Lazy records that become durable at once, like `M reserved`. */
  readonly covered?: readonly string[];
  /** The error of a desk's wall clock. */
  readonly clockMs?: Readonly<Partial<Record<Name, number>>>;
  /** The answers of the client of the original to its first approvals; it takes all later ones. */
  readonly original?: readonly ('takes' | 'errs')[];
  readonly only?: Promised;
  readonly lossEndsDoubt?: true;
}

const ANNOUNCED_AT_MS = 100;
const VALID_FOR_MS = 120_000;
const END_MS = 30 * 60_000;

/** @returns the first broken promise; null: none */
export async function runReplay(schedule: Schedule, tampering: Tampering = {}): Promise<Broken | null> {
  return new Replay(schedule, tampering).run();
}

class Replay {
  readonly #schedule: Schedule;
  readonly #timeline = new Timeline();
  readonly #fates: DirectedFates;
  readonly #router: Router;
  readonly #books = new Map<PeerId, Book>();
  readonly #desks = new Map<Name, SimDesk>();
  readonly #watch: PromiseWatch;
  readonly #counts = new Map<string, number>();
  #offerId: OfferId | null = null;

  constructor(schedule: Schedule, tampering: Tampering) {
    this.#schedule = schedule;
    const { takers, direct = () => undefined, only, lossEndsDoubt = false } = schedule;
    this.#fates = new DirectedFates(direct, nameOf, () => this.#timeline.now);
    this.#watch = new PromiseWatch({ maker: IDS.M, books: this.#books, nameOf, only, lossEndsDoubt });
    const witness = new Witnesses([this.#watch]);
    this.#router = new Router(this.#timeline, this.#fates, witness);
    for (const name of ['M', ...takers] as const) {
      if (name === 'O') continue;
      const book = new Book();
      this.#books.set(IDS[name], book);
      const clock = new SimClock(this.#timeline, { offsetMs: schedule.clockMs?.[name] ?? 0, rate: 1 });
      const interest = (): boolean => schedule.onlookers?.includes(name) !== true;
      const common = {
        router: this.#router,
        witness,
        clock,
        interest,
        offerIds: new Dice(1, 'offers'),
        disk: new MemoryDisk(),
      };
      this.#desks.set(
        name,
        new SimDesk({ ...common, id: IDS[name], name, tampering: this.#losing(tampering, name, book) }),
      );
    }
    if (takers.includes('O')) {
      new ScriptedOriginal({ id: IDS.O, router: this.#router, witness, answers: schedule.original ?? [] }).start();
    }
  }

  #losing(tampering: Tampering, name: Name, book: Book): Tampering {
    const isCovered = (type: string): boolean => this.#schedule.covered?.includes(`${name} ${type}`) ?? false;
    const wrote = ({ record }: JournalRecord): void => {
      this.#happened(`${name} ${record.type}`);
    };
    return {
      ...tampering,
      steps: (steps, desk) => tampering.steps?.(steps, desk) ?? steps,
      journal: (inner, desk) => {
        const losing = losingJournal({ inner, book, isCovered, wrote });
        return tampering.journal?.(losing, desk) ?? losing;
      },
    };
  }

  async run(): Promise<Broken | null> {
    const { orders = {}, validForMs = VALID_FOR_MS, endMs = END_MS } = this.#schedule;
    for (const desk of this.#desks.values()) desk.start();
    for (const [when, order] of Object.entries(orders)) {
      if (when.startsWith('at ')) this.#orderAfter(Number(when.slice(3)), order);
    }
    this.#timeline.after(ANNOUNCED_AT_MS, () => {
      void this.#announce(validForMs);
    });
    await this.#timeline.run(endMs, () => {
      this.#watch.check();
    });
    if (this.#watch.broken === null) this.#watch.checkEnd(validForMs > endMs);
    for (const desk of this.#desks.values()) {
      desk.dead = true;
      desk.crash('the replay ends');
    }
    return this.#watch.broken;
  }

  async #announce(validForMs: number): Promise<void> {
    await this.#desks.get('M')?.up?.announce({ type: 'sell', amount: '1', validForMs });
  }

  #happened(what: string): void {
    const count = (this.#counts.get(what) ?? 0) + 1;
    this.#counts.set(what, count);
    const order = this.#schedule.orders?.[count === 1 ? what : `${what} #${count}`];
    if (order !== undefined) this.#orderAfter(1, order);
  }

  #orderAfter(ms: number, order: Order): void {
    this.#timeline.after(ms, () => {
      this.#order(order);
    });
  }

  #order(order: Order): void {
    this.#offerId ??= this.#desks.get('M')?.up?.offers()[0]?.terms.offerId ?? null;
    const offerId = this.#offerId ?? '';
    const ignored = (): undefined => undefined;
    if ('crash' in order) {
      this.#fates.backAfterMs = order.backAfterMs ?? 300;
      this.#desks.get(order.crash)?.crash('as the counterexample says');
    } else if ('withdraw' in order) this.#desks.get(order.withdraw)?.up?.withdraw(offerId).catch(ignored);
    else if ('close' in order) this.#desks.get(order.close)?.up?.resolve(offerId, 'lost').catch(ignored);
    else this.#desks.get('M')?.up?.cancel(offerId).catch(ignored);
  }
}

function nameOf(peer: PeerId): string {
  return Object.entries(IDS).find(([, id]) => id === peer)?.[0] ?? peer;
}
