/** A payload that goes to many addresses, as JSON text that is written once. */
export class JsonText {
  readonly #value: unknown;
  #text: string | null = null;

  constructor(value: unknown) {
    this.#value = value;
  }

  /** @throws TypeError for what can't be written as JSON */
  get text(): string {
    this.#text ??= jsonOf(this.#value);
    return this.#text;
  }
}

/**
 * Of any value, as it stands in an array.
 * @throws TypeError for what can't be written as JSON
 */
export function jsonOf(value: unknown): string {
  return JSON.stringify([value]).slice(1, -1);
}
