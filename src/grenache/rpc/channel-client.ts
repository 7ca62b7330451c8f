/**
 * The asking end of a channel to one address. A call ends with the addressee's answer, or as `unknown` at its deadline, or
 * as lost together with the channel; the caller may then send it again over HTTP.
 */
import { request as httpRequest, type ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { RequestResult } from '../../ports/network.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { TRANSPORT_LIMITS } from '../../transport/limits.ts';
import { CHANNEL_PROTOCOL } from './channel-server.ts';
import { readChannelAnswer } from './envelope.ts';
import { LineSocket } from './line-socket.ts';

interface Pending {
  readonly resolve: (result: RequestResult | null) => void;
  readonly sentMs: number;
  readonly timeoutMs: number;
}

export class ChannelClient {
  readonly #lines: LineSocket;
  readonly #pending = new Map<string, Pending>();
  #lastHeardMs = performance.now();
  /** One for all that is under way, for the first deadline of which it knew when it was set. */
  #timer: NodeJS.Timeout | null = null;
  #timerMs = Infinity;

  private constructor(socket: Socket, head: Buffer) {
    this.#lines = new LineSocket(socket, head, {
      lineMaxBytes: LIMITS.bodyMaxBytes,
      linesPerTurn: TRANSPORT_LIMITS.channelLinesPerTurn,
      lineTimeoutMs: TRANSPORT_LIMITS.requestTimeoutMs,
      idleTimeoutMs: TRANSPORT_LIMITS.channelIdleMs,
      unsentMaxBytes: TRANSPORT_LIMITS.channelUnsentMaxBytes,
      onLine: (line) => {
        this.#onLine(line);
      },
      onClose: () => {
        this.#endAll(null);
      },
    });
  }

  /**
   * Upgrades a connection of its own.
   * @param address `host:port`
   * @param opening lets the caller end an attempt that is under way
   * @returns null when there is no channel to be had there
   */
  static open(address: string, opening: (request: ClientRequest) => void): Promise<ChannelClient | null> {
    return new Promise((resolve) => {
      const request = httpRequest(`http://${address}/`, {
        agent: false,
        headers: { connection: 'upgrade', upgrade: CHANNEL_PROTOCOL },
        maxHeaderSize: TRANSPORT_LIMITS.headerMaxBytes,
        timeout: TRANSPORT_LIMITS.connectTimeoutMs,
      });
      const refused = (): void => {
        request.destroy();
        resolve(null);
      };
      request.on('upgrade', (_response, socket, head) => {
        resolve(new ChannelClient(socket, head));
      });
      request.on('response', refused);
      request.on('timeout', refused);
      request.on('error', refused);
      request.on('close', () => {
        resolve(null);
      });
      opening(request);
      request.end();
    });
  }

  get isOpen(): boolean {
    return this.#lines.isOpen;
  }

  /** @returns null when the channel was lost: it may have been received, or not */
  call(rid: string, line: string, timeoutMs: number): Promise<RequestResult | null> {
    return new Promise((resolve) => {
      const sentMs = performance.now();
      this.#pending.set(rid, { resolve, sentMs, timeoutMs });
      if (sentMs + timeoutMs < this.#timerMs) this.#watch(sentMs + timeoutMs, sentMs);
      this.#lines.send(line);
    });
  }

  /** Not for each call: nearly all are answered long before, and their deadlines pass unnoticed. */
  #watch(timeMs: number, nowMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerMs = timeMs;
    // The connection keeps the process up while somebody waits.
    this.#timer = setTimeout(this.#endOverdue, Math.max(1, Math.ceil(timeMs - nowMs))).unref();
  }

  readonly #endOverdue = (): void => {
    const nowMs = performance.now();
    this.#timer = null;
    this.#timerMs = Infinity;
    let nextMs = Infinity;
    for (const [rid, { resolve, sentMs, timeoutMs }] of this.#pending) {
      if (nowMs < sentMs + timeoutMs) {
        nextMs = Math.min(nextMs, sentMs + timeoutMs);
        continue;
      }
      this.#pending.delete(rid);
      resolve({ kind: 'unknown', code: 'ERR_TIMEOUT', text: `no answer within ${timeoutMs} ms` });
      // Not a sound since then: the connection itself may be dead, and the next call should not have to find out.
      if (this.#lastHeardMs < sentMs) this.destroy();
    }
    if (nextMs < Infinity && this.#pending.size > 0) this.#watch(nextMs, nowMs);
  };

  /** What is under way is lost. */
  destroy(): void {
    this.#lines.destroy();
    this.#endAll(null);
  }

  /** What is under way ends as unknown, because we stop. */
  stop(): void {
    this.#endAll({ kind: 'unknown', code: 'ERR_STOPPING', text: 'we are stopping' });
    this.#lines.destroy();
  }

  #onLine(line: Buffer): void {
    this.#lastHeardMs = performance.now();
    const answer = readChannelAnswer(line);
    if (answer === null) {
      // From here on nothing on this connection can be relied on.
      this.destroy();
      return;
    }
    const pending = this.#pending.get(answer.rid);
    // An answer that came after its deadline has nobody who waits for it.
    if (pending === undefined) return;
    this.#pending.delete(answer.rid);
    pending.resolve(answer.result);
  }

  #endAll(result: RequestResult | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#timerMs = Infinity;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { resolve } of pending) resolve(result);
  }
}
