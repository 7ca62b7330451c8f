/**
 * How often a checker has compared something, by what it compares. A checker that never sees what it is there for proves nothing,
 * so that a campaign in which one of these stays at zero fails.
 */
export class Checks<Rule extends string = string> {
  readonly #counts: Map<Rule, number>;

  constructor(...rules: readonly Rule[]) {
    this.#counts = new Map(rules.map((rule) => [rule, 0]));
  }

  did(rule: Rule): void {
    this.#counts.set(rule, (this.#counts.get(rule) ?? 0) + 1);
  }

  /** With all rules, also those that were never looked at. */
  entries(): readonly (readonly [Rule, number])[] {
    return [...this.#counts];
  }
}
