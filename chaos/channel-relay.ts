/**
 * Applies faults to a connection that has become a channel (docs/PROTOCOL.md, "Channels"). Each line from the client is a request with
 * its own fate. Its answer is the line with the same request id.
 */
import type { Fate } from './fate.ts';
import { LineSplitter } from './line-splitter.ts';

export interface ChannelRelayInit {
  readonly nextFate: () => Fate;
  readonly toDesk: (bytes: Buffer) => void;
  readonly toClient: (bytes: Buffer) => void;
  /** Sends the written data, and ends both sides. */
  readonly breakOff: () => void;
  /** Runs the work later, unless the connection has ended by then. */
  readonly later: (ms: number, work: () => void) => void;
}

type AnswerFate = 'cut-answer' | 'lose-answer' | 'close-unanswered';

export class ChannelRelay {
  readonly #init: ChannelRelayInit;
  readonly #requests = new LineSplitter();
  readonly #answers = new LineSplitter();
  readonly #answerFates = new Map<unknown, AnswerFate>();

  constructor(init: ChannelRelayInit) {
    this.#init = init;
  }

  fromClient(chunk: Buffer): void {
    for (const line of this.#requests.push(chunk)) this.#onRequest(line, this.#init.nextFate());
  }

  fromDesk(chunk: Buffer): void {
    for (const line of this.#answers.push(chunk)) this.#onAnswer(line);
  }

  #onRequest(line: Buffer, fate: Fate): void {
    const { toDesk, later, breakOff } = this.#init;
    const forward = (): void => {
      toDesk(line);
    };
    switch (fate.kind) {
      case 'drop':
        return;
      case 'delay':
        later(fate.ms, forward);
        return;
      case 'cut-request':
        toDesk(firstHalf(line));
        breakOff();
        return;
      case 'duplicate':
        later(fate.afterMs, forward);
        break;
      case 'cut-answer':
      case 'lose-answer':
      case 'close-unanswered':
        this.#answerFates.set(requestIdOf(line), fate.kind);
        break;
      case 'pass':
    }
    forward();
  }

  #onAnswer(line: Buffer): void {
    const id = this.#answerFates.size === 0 ? null : requestIdOf(line);
    const fate = this.#answerFates.get(id);
    if (fate === undefined) {
      this.#init.toClient(line);
      return;
    }
    this.#answerFates.delete(id);
    if (fate === 'cut-answer') this.#init.toClient(firstHalf(line));
    if (fate !== 'lose-answer') this.#init.breakOff();
  }
}

export function firstHalf(bytes: Buffer): Buffer {
  return bytes.subarray(0, Math.ceil(bytes.length / 2));
}

function requestIdOf(line: Buffer): unknown {
  try {
    const message: unknown = JSON.parse(line.toString());
    return Array.isArray(message) ? (message as unknown[])[0] : undefined;
  } catch {
    return undefined;
  }
}
