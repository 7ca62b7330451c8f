/**
 * Lines of JSON over a connection, both ways. JSON text has no line breaks in it, so a line is a message. Lines are bounded,
 * a line that does not end in time closes the connection, and what is sent within one turn of the event loop leaves in one
 * write: that is where the speed of a channel comes from.
 */
import type { Socket } from 'node:net';

export interface LineSocketInit {
  readonly lineMaxBytes: number;
  /** Lines in one turn of the event loop: with as many connections, none waits long behind one that has much to say. */
  readonly linesPerTurn: number;
  /** How long the rest of a line may take. */
  readonly lineTimeoutMs: number;
  /** Silence after which the connection is closed. */
  readonly idleTimeoutMs: number;
  /** What may wait to be read by the other side, before it counts as gone. */
  readonly unsentMaxBytes: number;
  readonly onLine: (line: Buffer) => void;
  /** Called once, whichever side closed it. `isOversized`: we did, because of a line that was too long. */
  readonly onClose: (isOversized: boolean) => void;
}

const LINE_FEED = 0x0a;
const EMPTY = Buffer.alloc(0);

export class LineSocket {
  readonly #socket: Socket;
  readonly #init: LineSocketInit;
  #received: Buffer = EMPTY;
  /** How much of it is known to hold no line feed. */
  #scanned = 0;
  #unsent: string[] = [];
  #lineTimer: NodeJS.Timeout | null = null;
  #isPaused = false;
  #isResting = false;
  #isOversized = false;

  /** @param head what arrived before the connection was handed over */
  constructor(socket: Socket, head: Buffer, init: LineSocketInit) {
    this.#socket = socket;
    this.#init = init;
    socket.setNoDelay(true);
    socket.setTimeout(init.idleTimeoutMs, () => socket.destroy());
    if (head.length > 0) socket.unshift(head);
    socket.on('data', (chunk: Buffer) => {
      this.#receive(chunk);
    });
    socket.on('end', () => socket.destroy());
    // Errors are followed by `close`, which says all that matters.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#clearLineTimer();
      init.onClose(this.#isOversized);
    });
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  /** @param line without a line feed */
  send(line: string): void {
    if (!this.isOpen) return;
    if (this.#unsent.length === 0) setImmediate(this.#flush);
    this.#unsent.push(line);
  }

  /** No further line is handed out until `resume`; the other side is slowed down by TCP itself. */
  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#goOn();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Sends what waits, then closes. */
  end(): void {
    this.#flush();
    this.#socket.end();
  }

  readonly #flush = (): void => {
    if (this.#unsent.length === 0 || !this.isOpen) return;
    const text = `${this.#unsent.join('\n')}\n`;
    this.#unsent = [];
    this.#socket.write(text);
    // A peer that sends requests and never reads answers must not fill our memory.
    if (this.#socket.writableLength > this.#init.unsentMaxBytes) this.#socket.destroy();
  };

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    this.#handOut();
  }

  #goOn(): void {
    if (this.#isPaused || this.#isResting) return;
    this.#socket.resume();
    // May ask for another pause.
    this.#handOut();
  }

  /** Until the next turn of the event loop. */
  #rest(): void {
    this.#isResting = true;
    this.#socket.pause();
    setImmediate(() => {
      this.#isResting = false;
      this.#goOn();
    });
  }

  #handOut(): void {
    let lines = 0;
    while (!this.#isPaused && !this.#isResting && this.isOpen) {
      const end = this.#received.indexOf(LINE_FEED, this.#scanned);
      if (end === -1) {
        this.#scanned = this.#received.length;
        break;
      }
      const line = this.#received.subarray(0, end);
      this.#received = this.#received.subarray(afterLineFeeds(this.#received, end));
      this.#scanned = 0;
      if (line.length > this.#init.lineMaxBytes) {
        this.#refuseOversized();
        return;
      }
      if (line.length > 0) this.#init.onLine(line);
      lines += 1;
      if (lines >= this.#init.linesPerTurn) this.#rest();
    }
    this.#watchPartialLine();
  }

  #watchPartialLine(): void {
    if (this.#isResting) return;
    if (!this.#isPaused && this.#received.length > this.#init.lineMaxBytes) {
      this.#refuseOversized();
      return;
    }
    const isPartial = !this.#isPaused && this.#received.length > 0 && this.isOpen;
    if (!isPartial) this.#clearLineTimer();
    else this.#lineTimer ??= setTimeout(() => this.#socket.destroy(), this.#init.lineTimeoutMs);
  }

  #refuseOversized(): void {
    this.#isOversized = true;
    this.#received = EMPTY;
    this.#socket.destroy();
  }

  #clearLineTimer(): void {
    if (this.#lineTimer !== null) clearTimeout(this.#lineTimer);
    this.#lineTimer = null;
  }
}

/** Empty lines mean nothing, and a flood of them must not cost more than to look at each byte once. */
function afterLineFeeds(received: Buffer, from: number): number {
  let next = from;
  while (received[next] === LINE_FEED) next += 1;
  return next;
}
