/**
 * The server side of channels: connections on which a Grapevine desk sends many requests without HTTP around each. Answers
 * over HTTP offer a channel in a header, which stock clients ignore. Every limit of a request applies here too.
 * Source: docs/PROTOCOL.md, "Channels".
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { GrapevineError } from '../../protocol/errors.ts';
import type { Verdict } from '../../transport/fixed-window-counter.ts';
import { TRANSPORT_LIMITS } from '../../transport/limits.ts';
import { formatError, readRequest, ridOf, type RequestEnvelope } from './envelope.ts';
import { LineSocket } from './line-socket.ts';
import { rawAnswer } from './malformed-http.ts';
import type { Caller, RequestGate } from './request-gate.ts';

/** The header in an answer that offers a channel. */
export const CHANNEL_HEADER = 'grapevine-channel';
export const CHANNEL_VERSION = '1';
/** The protocol of the HTTP upgrade. */
export const CHANNEL_PROTOCOL = 'grapevine/1';

const SWITCHING = `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${CHANNEL_PROTOCOL}\r\n\r\n`;

export interface ChannelServerInit {
  readonly gate: RequestGate;
  /** Called for each valid request; `respond` sends the text of the answer. */
  readonly onRequest: (request: RequestEnvelope, caller: Caller, respond: (answer: string) => void) => void;
  readonly requestReadTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

export class ChannelServer {
  readonly #init: ChannelServerInit;
  readonly #channels = new Set<ServedChannel>();

  constructor(init: ChannelServerInit) {
    this.#init = init;
  }

  /** Upgrades the connection, or refuses the upgrade. */
  accept(request: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on('error', () => undefined);
    if (request.headers.upgrade?.toLowerCase() !== CHANNEL_PROTOCOL) {
      const body = formatError(null, 'ERR_HTTP_REQUEST', `only ${CHANNEL_PROTOCOL} can be upgraded to here`);
      socket.end(rawAnswer('400 Bad Request', body));
      return;
    }
    const caller = this.#init.gate.callerOn(socket);
    if (caller === null) {
      socket.destroy();
      return;
    }
    socket.write(SWITCHING);
    const channel = new ServedChannel(socket, head, caller, this.#init, () => this.#channels.delete(channel));
    this.#channels.add(channel);
  }

  /** Sends the answers given so far, then closes every channel. */
  close(): void {
    for (const channel of this.#channels) channel.lines.end();
  }

  destroy(): void {
    for (const channel of this.#channels) channel.lines.destroy();
  }
}

class ServedChannel {
  readonly lines: LineSocket;
  readonly #init: ChannelServerInit;
  readonly #caller: Caller;
  #isClosing = false;

  constructor(socket: Socket, head: Buffer, caller: Caller, init: ChannelServerInit, onClose: () => void) {
    this.#init = init;
    this.#caller = caller;
    this.lines = new LineSocket(socket, head, {
      lineTimeoutMs: init.requestReadTimeoutMs,
      idleTimeoutMs: init.idleTimeoutMs,
      onLine: (line) => this.#onLine(line),
      onClose,
    });
  }

  #onLine(line: Buffer): void {
    this.#caller.begin();
    if (this.#caller.inProgress >= TRANSPORT_LIMITS.channelRequestsMax) this.lines.pause();
    let isAnswered = false;
    const respond = (answer: string): void => {
      if (isAnswered) return;
      isAnswered = true;
      this.#caller.end();
      this.lines.send(answer);
      if (this.#caller.inProgress < TRANSPORT_LIMITS.channelRequestsMax) this.lines.resume();
    };
    this.#handle(line, this.#caller.charge(line.length), respond);
  }

  #handle(line: Buffer, verdict: Verdict, respond: (answer: string) => void): void {
    if (this.#isClosing || !this.lines.isOpen) return;
    if (verdict === 'pass') this.#read(line, respond);
    else if (verdict === 'disconnect') this.lines.destroy();
    else respond(formatError(ridOf(line), 'ERR_RATE_LIMITED', 'too many requests; try again in a second'));
  }

  #read(line: Buffer, respond: (answer: string) => void): void {
    try {
      this.#init.onRequest(readRequest(line), this.#caller, respond);
    } catch (error) {
      const known = error instanceof GrapevineError ? error : new GrapevineError('ERR_INTERNAL', 'unexpected error');
      // Without a rid, the sender can't know which request this error answers. So the channel is closed.
      this.#isClosing = true;
      this.lines.send(formatError(null, known.code, known.message));
      this.lines.end();
    }
  }
}
