/** A set of so many items and no more: the one that was added the longest ago is forgotten. */
export class RecentSet<Item> {
  /** In the order in which they were last added. */
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
