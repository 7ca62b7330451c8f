/**
 * Counts the comparisons of a checker, by rule. A rule without any comparison proves nothing, so a campaign fails if a count stays at
 * zero.
 */
export class Checks<Rule extends string = string> {
  readonly #counts: Map<Rule, number>;

  constructor(...rules: readonly Rule[]) {
    this.#counts = new Map(rules.map((rule) => [rule, 0]));
  }

  did(rule: Rule): void {
    this.#counts.set(rule, (this.#counts.get(rule) ?? 0) + 1);
  }

  /** All rules, also those with the count 0. */
  entries(): readonly (readonly [Rule, number])[] {
    return [...this.#counts];
  }
}
