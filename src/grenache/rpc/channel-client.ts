/**
 * The client side of a channel to one address. A call ends with an answer, as `unknown` at its deadline, or as lost when
 * the channel closes; then the caller may repeat it over HTTP.
 */
import { request as httpRequest, type ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { RequestResult } from '../../ports/network.ts';
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
  #lastReceivedMs = performance.now();
  /** One timer for all pending calls, set for the earliest known deadline. */
  #timer: NodeJS.Timeout | null = null;
  #timerMs = Infinity;

  private constructor(socket: Socket, head: Buffer) {
    this.#lines = new LineSocket(socket, head, {
      lineTimeoutMs: TRANSPORT_LIMITS.requestTimeoutMs,
      idleTimeoutMs: TRANSPORT_LIMITS.channelIdleMs,
      onLine: (line) => this.#onLine(line),
      onClose: () => this.#settleAll(null),
    });
  }

  /**
   * Opens a new connection and upgrades it.
   * @param address `host:port`
   * @param onRequest called at once with the request, so that the caller can cancel it
   * @returns null if the peer offers no channel or can't be reached
   */
  static open(address: string, onRequest: (request: ClientRequest) => void): Promise<ChannelClient | null> {
    return new Promise((resolve) => {
      const request = httpRequest(`http://${address}/`, {
        agent: false,
        headers: { connection: 'upgrade', upgrade: CHANNEL_PROTOCOL },
        maxHeaderSize: TRANSPORT_LIMITS.headerMaxBytes,
        timeout: TRANSPORT_LIMITS.connectTimeoutMs,
      });
      const fail = (): void => {
        request.destroy();
        resolve(null);
      };
      request.on('upgrade', (_response, socket, head) => resolve(new ChannelClient(socket, head)));
      request.on('response', fail);
      request.on('timeout', fail);
      request.on('error', fail);
      request.on('close', () => resolve(null));
      onRequest(request);
      request.end();
    });
  }

  get isOpen(): boolean {
    return this.#lines.isOpen;
  }

  /** @returns null if the channel was lost; the request may have been received */
  call(rid: string, line: string, timeoutMs: number): Promise<RequestResult | null> {
    return new Promise((resolve) => {
      const sentMs = performance.now();
      this.#pending.set(rid, { resolve, sentMs, timeoutMs });
      if (sentMs + timeoutMs < this.#timerMs) this.#setTimer(sentMs + timeoutMs, sentMs);
      this.#lines.send(line);
    });
  }

  /** Not for each call: nearly all calls are answered long before their deadline. */
  #setTimer(timeMs: number, nowMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerMs = timeMs;
    // The connection itself keeps the process alive while a call is pending.
    this.#timer = setTimeout(this.#expireCalls, Math.max(1, Math.ceil(timeMs - nowMs))).unref();
  }

  readonly #expireCalls = (): void => {
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
      // Nothing was received since then: the connection may be dead, and the next call must not wait for it too.
      if (this.#lastReceivedMs < sentMs) this.destroy();
    }
    if (nextMs < Infinity && this.#pending.size > 0) this.#setTimer(nextMs, nowMs);
  };

  /** Pending calls are lost. */
  destroy(): void {
    this.#lines.destroy();
    this.#settleAll(null);
  }

  /** Pending calls end as `unknown`. */
  stop(): void {
    this.#settleAll({ kind: 'unknown', code: 'ERR_STOPPING', text: 'we are stopping' });
    this.#lines.destroy();
  }

  #onLine(line: Buffer): void {
    this.#lastReceivedMs = performance.now();
    const answer = readChannelAnswer(line);
    if (answer === null) {
      // After an invalid answer, nothing on this connection is reliable.
      this.destroy();
      return;
    }
    const pending = this.#pending.get(answer.rid);
    // Unknown for an answer that arrives after the deadline.
    if (pending === undefined) return;
    this.#pending.delete(answer.rid);
    pending.resolve(answer.result);
  }

  #settleAll(result: RequestResult | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#timerMs = Infinity;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { resolve } of pending) resolve(result);
  }
}
