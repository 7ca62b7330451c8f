/** A payload for many addresses, which is converted to JSON only once. */
export class JsonText {
  readonly #value: unknown;
  #text: string | null = null;

  constructor(value: unknown) {
    this.#value = value;
  }

  /** @throws TypeError for a value that JSON can't represent */
  get text(): string {
    this.#text ??= jsonOf(this.#value);
    return this.#text;
  }
}

/**
 * JSON of any value, as in an array: `undefined` becomes `null`.
 * @throws TypeError for a value that JSON can't represent
 */
export function jsonOf(value: unknown): string {
  return JSON.stringify([value]).slice(1, -1);
}
