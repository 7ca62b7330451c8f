/** Splits the data of a channel into lines, each with its line feed. */
const LINE_FEED = 0x0a;

export class LineSplitter {
  #received: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): readonly Buffer[] {
    this.#received = Buffer.concat([this.#received, chunk]);
    const lines: Buffer[] = [];
    for (let end = this.#received.indexOf(LINE_FEED); end !== -1; end = this.#received.indexOf(LINE_FEED)) {
      lines.push(this.#received.subarray(0, end + 1));
      this.#received = this.#received.subarray(end + 1);
    }
    return lines;
  }
}
