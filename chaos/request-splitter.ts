/** Splits the data of a connection into HTTP/1.1 requests. It supports the requests of desks only: bodies have a `content-length`. */
export interface RawRequest {
  readonly bytes: Buffer;
  /** Whether it requests another protocol on this connection. */
  readonly isUpgrade: boolean;
}

const HEAD_END = '\r\n\r\n';

export class RequestSplitter {
  #received: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): readonly RawRequest[] {
    this.#received = Buffer.concat([this.#received, chunk]);
    const requests: RawRequest[] = [];
    for (let request = this.#take(); request !== null; request = this.#take()) requests.push(request);
    return requests;
  }

  #take(): RawRequest | null {
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd === -1) return null;
    const head = this.#received.toString('latin1', 0, headEnd).toLowerCase();
    const bodyBytes = Number(/\r\ncontent-length: *(\d+)/.exec(head)?.[1] ?? 0);
    const end = headEnd + HEAD_END.length + bodyBytes;
    if (this.#received.length < end) return null;
    const bytes = this.#received.subarray(0, end);
    this.#received = this.#received.subarray(end);
    return { bytes, isUpgrade: head.includes('\r\nupgrade:') };
  }
}
