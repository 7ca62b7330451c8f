/**
 * Messages as lines of JSON over a connection, in both directions. Lines have a size limit, and a line that is not
 * complete in time closes the connection. All lines of one turn of the event loop are sent in one write, which makes a
 * channel fast.
 */
import type { Socket } from 'node:net';
import { LIMITS } from '../../protocol/limits.ts';
import { TRANSPORT_LIMITS } from '../../transport/limits.ts';

export interface LineSocketInit {
  /** `bodyMaxBytes` by default. */
  readonly lineMaxBytes?: number;
  /** `channelLinesPerTurn` by default. */
  readonly linesPerTurn?: number;
  /** How long the rest of a line may take. */
  readonly lineTimeoutMs: number;
  /** The connection is closed when nothing is received or sent for this long. */
  readonly idleTimeoutMs: number;
  readonly onLine: (line: Buffer) => void;
  /** Called once, whichever side closes the connection. */
  readonly onClose: () => void;
}

const LINE_FEED = 0x0a;
const EMPTY = Buffer.alloc(0);

export class LineSocket {
  readonly #socket: Socket;
  readonly #init: LineSocketInit;
  #received: Buffer = EMPTY;
  /** The length of the part of `#received` that has no line feed. */
  #scanned = 0;
  #unsent: string[] = [];
  #lineTimer: NodeJS.Timeout | null = null;
  #isPaused = false;
  /** Until the next turn of the event loop. */
  #isResting = false;

  /** @param head data that arrived together with the upgrade */
  constructor(socket: Socket, head: Buffer, init: LineSocketInit) {
    this.#socket = socket;
    this.#init = init;
    socket.setNoDelay(true);
    socket.setTimeout(init.idleTimeoutMs, () => socket.destroy());
    if (head.length > 0) socket.unshift(head);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => socket.destroy());
    // `close` follows each error, and is handled.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#clearLineTimer();
      init.onClose();
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

  /** Delivers no further line until `resume`; TCP slows the other side down. */
  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#resumeReading();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Sends waiting lines, then closes the connection. */
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
    if (this.#socket.writableLength > TRANSPORT_LIMITS.channelUnsentMaxBytes) this.#socket.destroy();
  };

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    this.#deliver();
  }

  #resumeReading(): void {
    if (this.#isPaused || this.#isResting) return;
    this.#socket.resume();
    this.#deliver();
  }

  #rest(): void {
    this.#isResting = true;
    this.#socket.pause();
    setImmediate(() => {
      this.#isResting = false;
      this.#resumeReading();
    });
  }

  #deliver(): void {
    const { lineMaxBytes = LIMITS.bodyMaxBytes, linesPerTurn = TRANSPORT_LIMITS.channelLinesPerTurn } = this.#init;
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
      if (line.length > lineMaxBytes) {
        this.#closeOversized();
        return;
      }
      if (line.length > 0) this.#init.onLine(line);
      lines += 1;
      if (lines >= linesPerTurn) this.#rest();
    }
    this.#checkPartialLine(lineMaxBytes);
  }

  #checkPartialLine(lineMaxBytes: number): void {
    if (this.#isResting) return;
    if (!this.#isPaused && this.#received.length > lineMaxBytes) {
      this.#closeOversized();
      return;
    }
    const isPartial = !this.#isPaused && this.#received.length > 0 && this.isOpen;
    if (!isPartial) this.#clearLineTimer();
    else this.#lineTimer ??= setTimeout(() => this.#socket.destroy(), this.#init.lineTimeoutMs);
  }

  #closeOversized(): void {
    this.#received = EMPTY;
    this.#socket.destroy();
  }

  #clearLineTimer(): void {
    if (this.#lineTimer !== null) clearTimeout(this.#lineTimer);
    this.#lineTimer = null;
  }
}

/** Empty lines are ignored. A flood of them must cost no more than one look at each byte. */
function afterLineFeeds(received: Buffer, from: number): number {
  let next = from;
  while (received[next] === LINE_FEED) next += 1;
  return next;
}
