/** Counts events by name. The names come from a fixed set, so peers can't make the counter grow. */
export class Counter<Name extends string> {
  readonly #counts = new Map<Name, number>();
  readonly #counted: (name: Name) => void;

  /** @param counted called for each event */
  constructor(counted: (name: Name) => void = () => undefined) {
    this.#counted = counted;
  }

  count(name: Name): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    this.#counted(name);
  }

  get counts(): ReadonlyMap<Name, number> {
    return this.#counts;
  }
}
