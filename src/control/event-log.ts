/**
 * The latest events of a desk, numbered, so that a reader can continue after its connection broke. Limited: a reader that is too far
 * behind is told that events are missing. In memory only: a cursor from before a restart is recognized.
 */
import { formatCursor } from './contract/events.ts';

interface EventLogInit {
  /** 16 hex digits, new at each start of the desk. */
  readonly life: string;
  readonly capacity: number;
  readonly now: () => number;
}

interface StoredEvent {
  readonly event: { readonly event: string };
  readonly at: number;
}

export interface LoggedEvent {
  readonly number: number;
  readonly name: string;
  readonly cursor: string;
  /** JSON on one line. */
  readonly data: string;
}

export class EventLog {
  readonly life: string;
  readonly #capacity: number;
  readonly #now: () => number;
  /** Event n is at (n - 1) modulo the capacity. */
  readonly #stored: StoredEvent[] = [];
  readonly #readers = new Set<() => void>();
  #latest = 0;

  constructor({ life, capacity, now }: EventLogInit) {
    this.life = life;
    this.#capacity = capacity;
    this.#now = now;
  }

  /** Number of the latest event; 0 before the first. */
  get latest(): number {
    return this.#latest;
  }

  /** Number of the oldest stored event; one more than the latest if there is none. */
  get oldest(): number {
    return this.#latest - this.#stored.length + 1;
  }

  get cursor(): string {
    return this.#cursorOf(this.#latest);
  }

  append(event: { readonly event: string }): void {
    this.#stored[this.#latest % this.#capacity] = { event, at: this.#now() };
    this.#latest += 1;
    for (const wake of this.#readers) wake();
  }

  /** Up to `max` events after this number; null if some of them are no longer stored. */
  after(number: number, max: number): readonly LoggedEvent[] | null {
    if (number + 1 < this.oldest) return null;
    const count = Math.max(0, Math.min(max, this.#latest - number));
    return Array.from({ length: count }, (_, index) => this.#read(number + 1 + index));
  }

  /** An event of the stream itself, for one reader. Its number is that of the event before it. */
  streamEvent(event: { readonly event: string }, number: number): LoggedEvent {
    return this.#format({ event, at: this.#now() }, number);
  }

  /** Calls `wake` after each event. @returns a function that ends this */
  watch(wake: () => void): () => void {
    this.#readers.add(wake);
    return () => this.#readers.delete(wake);
  }

  #cursorOf(number: number): string {
    return formatCursor({ life: this.life, number });
  }

  #read(number: number): LoggedEvent {
    const stored = this.#stored[(number - 1) % this.#capacity];
    if (stored === undefined) throw new RangeError(`event ${number} is not in the log`);
    return this.#format(stored, number);
  }

  #format({ event, at }: StoredEvent, number: number): LoggedEvent {
    const cursor = this.#cursorOf(number);
    return { number, name: event.event, cursor, data: JSON.stringify({ ...event, at, cursor }) };
  }
}
