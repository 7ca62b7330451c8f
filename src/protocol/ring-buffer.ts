/**
 * A bounded first-in-first-out queue on a ring of slots. Immutable: each change gives a new one, so that a step that is
 * refused has changed nothing. Copying a full ring of `acceptancesPerOfferMax` references costs well under a microsecond.
 */
export class RingBuffer<Item> implements Iterable<Item> {
  readonly capacity: number;
  readonly size: number;
  readonly #slots: readonly (Item | undefined)[];
  readonly #head: number;

  private constructor(capacity: number, slots: readonly (Item | undefined)[], head: number, size: number) {
    this.capacity = capacity;
    this.#slots = slots;
    this.#head = head;
    this.size = size;
  }

  /** @param capacity at least 1 */
  static empty<Item>(capacity: number): RingBuffer<Item> {
    return new RingBuffer<Item>(capacity, [], 0, 0);
  }

  get isFull(): boolean {
    return this.size === this.capacity;
  }

  /** With `item` at the end, or null when full: the newest is refused, the waiting ones keep their places. */
  push(item: Item): RingBuffer<Item> | null {
    if (this.isFull) return null;
    const slots = this.#slots.slice();
    slots[(this.#head + this.size) % this.capacity] = item;
    return new RingBuffer(this.capacity, slots, this.#head, this.size + 1);
  }

  /** The oldest and the rest; null when empty. */
  shift(): { readonly item: Item; readonly rest: RingBuffer<Item> } | null {
    if (this.size === 0) return null;
    const item = this.#slots[this.#head] as Item;
    const slots = this.#slots.slice();
    slots[this.#head] = undefined;
    return { item, rest: new RingBuffer(this.capacity, slots, (this.#head + 1) % this.capacity, this.size - 1) };
  }

  /** Without the item at `index`, counted from the oldest; the others keep their order. */
  without(index: number): RingBuffer<Item> {
    if (index === 0) return this.shift()?.rest ?? this;
    return this.#rebuilt([...this].filter((_, at) => at !== index));
  }

  #rebuilt(items: readonly Item[]): RingBuffer<Item> {
    return new RingBuffer(this.capacity, items, 0, items.length);
  }

  cleared(): RingBuffer<Item> {
    return this.size === 0 ? this : RingBuffer.empty(this.capacity);
  }

  /** Index from the oldest of the first that satisfies, or -1. */
  findIndex(satisfies: (item: Item) => boolean): number {
    let index = 0;
    for (const item of this) {
      if (satisfies(item)) return index;
      index += 1;
    }
    return -1;
  }

  /** From the oldest to the newest. */
  *[Symbol.iterator](): Iterator<Item> {
    for (let offset = 0; offset < this.size; offset += 1) {
      yield this.#slots[(this.#head + offset) % this.capacity] as Item;
    }
  }
}
