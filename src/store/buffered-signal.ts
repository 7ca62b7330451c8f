/** Passes values to one listener. Values that are emitted before it is set are buffered for it. */
export class BufferedSignal<Value> {
  #values: Value[] = [];
  #listener: ((value: Value) => void) | null = null;

  readonly emit = (value: Value): void => {
    if (this.#listener === null) this.#values.push(value);
    else this.#listener(value);
  };

  listen(listener: (value: Value) => void): void {
    this.#listener = listener;
    for (const value of this.#values.splice(0)) listener(value);
  }
}
