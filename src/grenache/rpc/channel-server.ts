/**
 * The serving end of channels: a connection on which a desk of ours sends many requests without HTTP around each. It is an
 * offer beside `POST /`, made in a header that stock clients ignore; every bound of a request holds here too.
 * Source: docs/PROTOCOL.md, "Channels".
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { GrapevineError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Verdict } from '../../transport/fixed-window-counter.ts';
import { TRANSPORT_LIMITS } from '../../transport/limits.ts';
import { formatError, readRequest, ridOf, type RequestEnvelope } from './envelope.ts';
import { LineSocket } from './line-socket.ts';
import type { Caller, RequestGate } from './request-gate.ts';

/** In an answer: a channel can be had here. */
export const CHANNEL_HEADER = 'grapevine-channel';
export const CHANNEL_VERSION = '1';
/** What the connection is upgraded to. */
export const CHANNEL_PROTOCOL = 'grapevine/1';

const SWITCHING = `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${CHANNEL_PROTOCOL}\r\n\r\n`;

export interface ChannelServerInit {
  readonly gate: RequestGate;
  /** A request that could be read; `respond` takes the answer as text. */
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

  /** Takes a connection over that asks for an upgrade, or refuses it. */
  accept(request: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on('error', () => undefined);
    if (request.headers.upgrade?.toLowerCase() !== CHANNEL_PROTOCOL) {
      const body = formatError(null, 'ERR_HTTP_REQUEST', `only ${CHANNEL_PROTOCOL} can be upgraded to here`);
      socket.end(
        `HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
      return;
    }
    const caller = this.#init.gate.callerOn(socket);
    if (caller === null) {
      socket.destroy();
      return;
    }
    socket.write(SWITCHING);
    const channel = new ServedChannel(socket, head, caller, this.#init, () => {
      this.#channels.delete(channel);
    });
    this.#channels.add(channel);
  }

  /** Answers that have been given leave, then every channel is closed. */
  close(): void {
    for (const channel of this.#channels) channel.end();
  }

  destroy(): void {
    for (const channel of this.#channels) channel.destroy();
  }
}

class ServedChannel {
  readonly #lines: LineSocket;
  readonly #init: ChannelServerInit;
  readonly #caller: Caller;
  #isRefused = false;

  constructor(socket: Socket, head: Buffer, caller: Caller, init: ChannelServerInit, closed: () => void) {
    this.#init = init;
    this.#caller = caller;
    this.#lines = new LineSocket(socket, head, {
      lineMaxBytes: LIMITS.bodyMaxBytes,
      linesPerTurn: TRANSPORT_LIMITS.channelLinesPerTurn,
      lineTimeoutMs: init.requestReadTimeoutMs,
      idleTimeoutMs: init.idleTimeoutMs,
      unsentMaxBytes: TRANSPORT_LIMITS.channelUnsentMaxBytes,
      onLine: (line) => {
        this.#onLine(line);
      },
      onClose: closed,
    });
  }

  end(): void {
    this.#lines.end();
  }

  destroy(): void {
    this.#lines.destroy();
  }

  #onLine(line: Buffer): void {
    this.#caller.begin();
    if (this.#caller.inProgress >= TRANSPORT_LIMITS.channelRequestsMax) this.#lines.pause();
    let isAnswered = false;
    const respond = (answer: string): void => {
      if (isAnswered) return;
      isAnswered = true;
      this.#caller.end();
      this.#lines.send(answer);
      if (this.#caller.inProgress < TRANSPORT_LIMITS.channelRequestsMax) this.#lines.resume();
    };
    this.#take(line, this.#caller.charge(line.length), respond);
  }

  #take(line: Buffer, verdict: Verdict, respond: (answer: string) => void): void {
    if (this.#isRefused || !this.#lines.isOpen) return;
    if (verdict === 'pass') this.#read(line, respond);
    else if (verdict === 'disconnect') this.#lines.destroy();
    else respond(formatError(ridOf(line), 'ERR_RATE_LIMITED', 'too many requests; try again in a second'));
  }

  #read(line: Buffer, respond: (answer: string) => void): void {
    try {
      this.#init.onRequest(readRequest(line), this.#caller, respond);
    } catch (error) {
      const known = error instanceof GrapevineError ? error : new GrapevineError('ERR_INTERNAL', 'unexpected error');
      // Whose request that was can't be told, so that the sender could not tell either which answer is missing.
      this.#isRefused = true;
      this.#lines.send(formatError(null, known.code, known.message));
      this.#lines.end();
    }
  }
}
