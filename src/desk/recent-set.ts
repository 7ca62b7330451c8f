/** A set with a maximum size: a new item replaces the one that was not added for the longest time. */
export class RecentSet<Item> {
  /** Ordered by their last addition. */
  readonly #items = new Set<Item>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  add(item: Item): void {
    this.#items.delete(item);
    this.#items.add(item);
    if (this.#items.size <= this.#max) return;
    const [oldest] = this.#items;
    if (oldest !== undefined) this.#items.delete(oldest);
  }

  has(item: Item): boolean {
    return this.#items.has(item);
  }
}
