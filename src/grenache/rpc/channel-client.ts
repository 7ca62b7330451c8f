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
  readonly timer: NodeJS.Timeout;
}

export class ChannelClient {
  readonly #lines: LineSocket;
  readonly #pending = new Map<string, Pending>();
  #lastReceivedMs = performance.now();

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
    const sentMs = performance.now();
    return new Promise((resolve) => {
      // The connection itself keeps the process alive while a call is pending.
      const timer = setTimeout(() => {
        this.#settle(rid, { kind: 'unknown', code: 'ERR_TIMEOUT', text: `no answer within ${timeoutMs} ms` });
        // Nothing was received since then: the connection may be dead, and the next call must not wait for it too.
        if (this.#lastReceivedMs < sentMs) this.destroy();
      }, timeoutMs).unref();
      this.#pending.set(rid, { resolve, timer });
      this.#lines.send(line);
    });
  }

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
    this.#settle(answer.rid, answer.result);
  }

  #settle(rid: string, result: RequestResult | null): void {
    const pending = this.#pending.get(rid);
    // Unknown for an answer that arrives after the deadline.
    if (pending === undefined) return;
    this.#pending.delete(rid);
    clearTimeout(pending.timer);
    pending.resolve(result);
  }

  #settleAll(result: RequestResult | null): void {
    for (const rid of [...this.#pending.keys()]) this.#settle(rid, result);
  }
}
