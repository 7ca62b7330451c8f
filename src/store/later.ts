/** Tells a listener what happened before it listened as well. */
export class Later<Value> {
  #values: Value[] = [];
  #listener: ((value: Value) => void) | null = null;

  readonly tell = (value: Value): void => {
    if (this.#listener === null) this.#values.push(value);
    else this.#listener(value);
  };

  listen(listener: (value: Value) => void): void {
    this.#listener = listener;
    for (const value of this.#values.splice(0)) listener(value);
  }
}
