/**
 * One encrypted stream to one desk, authenticated by its key, with requests and answers in both directions. A request
 * ends with its answer, as `unknown` at its deadline, or as lost when the stream closes.
 */
import type HyperDHT from 'hyperdht';
import type { Reply, RequestResult, ServiceKind } from '../ports/network.ts';
import { LIMITS } from '../protocol/limits.ts';
import { TRANSPORT_LIMITS } from '../transport/limits.ts';
import type { StreamGate } from './stream-gate.ts';
import { formatAnswer, formatError, formatRequest, readStreamMessage, type StreamMessage } from './stream-message.ts';

interface Pending {
  readonly resolve: (result: RequestResult | null) => void;
  readonly timer: NodeJS.Timeout;
}

type IncomingAsk = Extract<StreamMessage, { kind: 'ask' }>;

export interface PeerStreamInit {
  readonly gate: StreamGate;
  /** Never rejects. */
  readonly onRequest: (service: ServiceKind, payload: unknown, from: string) => Promise<Reply>;
  readonly onClose: (stream: PeerStream) => void;
}

/** Encrypted bytes without a complete message; no message of `bodyMaxBytes` needs as many. */
const RAW_BYTES_MAX = 4 * LIMITS.bodyMaxBytes;

export class PeerStream {
  /** The other desk's key in hex. */
  readonly peer: string;
  readonly #stream: HyperDHT.Stream;
  readonly #init: PeerStreamInit;
  readonly #host: string;
  readonly #from: string;
  readonly #pending = new Map<number, Pending>();
  readonly #idle: NodeJS.Timeout;
  #lastReceivedMs = performance.now();
  #lastRid = 0;
  #requestsInProgress = 0;
  #isPaused = false;
  /** Received since the last complete message. */
  #rawBytes = 0;
  /** Written since the last `drain`. */
  #unsentBytes = 0;
  #isBlocked = false;
  #lastUsedMs = performance.now();

  /** @param stream must be open */
  constructor(stream: HyperDHT.Stream, init: PeerStreamInit) {
    this.#stream = stream;
    this.#init = init;
    this.peer = stream.remotePublicKey.toString('hex');
    this.#host = stream.rawStream?.remoteHost ?? '';
    this.#from = `${this.#host}:${stream.rawStream?.remotePort ?? 0}`;
    this.#idle = setTimeout(() => this.#endIfIdle(), TRANSPORT_LIMITS.channelIdleMs);
    this.#listen(stream);
  }

  get isOpen(): boolean {
    return !this.#stream.destroying;
  }

  /** Whether no request is in progress in either direction. */
  get isIdle(): boolean {
    return this.#pending.size === 0 && this.#requestsInProgress === 0;
  }

  /** A time of `performance.now()`. */
  get lastUsedMs(): number {
    return this.#lastUsedMs;
  }

  /** @returns null if the stream was lost; the request may have been received */
  request(service: ServiceKind, payload: unknown, timeoutMs: number): Promise<RequestResult | null> {
    const rid = (this.#lastRid += 1);
    const bytes = formatRequest(rid, service, payload);
    if (bytes === null) return Promise.resolve(unsent('ERR_INTERNAL', 'the payload is not valid JSON'));
    if (bytes.length > LIMITS.bodyMaxBytes) {
      return Promise.resolve(unsent('ERR_BODY_TOO_LARGE', `larger than ${LIMITS.bodyMaxBytes} bytes`));
    }
    const sentMs = performance.now();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#settle(rid, { kind: 'unknown', code: 'ERR_TIMEOUT', text: `no answer within ${timeoutMs} ms` });
        // Nothing was received since then: the peer may be gone, and the next request must not wait for it too.
        if (this.#lastReceivedMs < sentMs) this.destroy();
      }, timeoutMs);
      this.#pending.set(rid, { resolve, timer });
      this.#write(bytes);
    });
  }

  /** Ends our requests in progress as `unknown`. Requests of the peer can still be answered. */
  cancelRequests(): void {
    this.#settleAll({ kind: 'unknown', code: 'ERR_STOPPING', text: 'we are stopping' });
  }

  /** Closes the stream after all written messages are sent. */
  end(): void {
    this.#stream.end();
  }

  destroy(): void {
    this.#stream.destroy();
  }

  #listen(stream: HyperDHT.Stream): void {
    stream.on('data', (bytes: Buffer) => {
      this.#rawBytes = 0;
      this.#onMessage(bytes);
    });
    stream.rawStream?.on('data', (bytes: Buffer) => {
      this.#rawBytes += bytes.length;
      if (this.#rawBytes > RAW_BYTES_MAX) this.destroy();
    });
    stream.on('drain', () => {
      this.#isBlocked = false;
      this.#unsentBytes = 0;
    });
    stream.on('end', () => stream.end());
    // `close` follows each error, and is handled.
    stream.on('error', () => undefined);
    stream.once('close', () => {
      clearTimeout(this.#idle);
      this.#settleAll(null);
      this.#init.onClose(this);
    });
  }

  #onMessage(bytes: Buffer): void {
    this.#lastReceivedMs = performance.now();
    this.#lastUsedMs = this.#lastReceivedMs;
    const message = readStreamMessage(bytes);
    if (message === null) this.destroy();
    else if (message.kind === 'answer') this.#settle(message.rid, message.result);
    else void this.#answer(message, bytes.length);
  }

  async #answer(ask: IncomingAsk, length: number): Promise<void> {
    this.#requestsInProgress += 1;
    if (this.#requestsInProgress >= TRANSPORT_LIMITS.channelRequestsMax) {
      this.#isPaused = true;
      this.#stream.pause();
    }
    const answer = await this.#answerOf(ask, length);
    this.#requestsInProgress -= 1;
    if (answer === null) this.destroy();
    else this.#write(answer);
    if (this.#isPaused) {
      this.#isPaused = false;
      this.#stream.resume();
    }
  }

  async #answerOf({ rid, service, payload }: IncomingAsk, length: number): Promise<Buffer | null> {
    const verdict = this.#init.gate.charge(this.peer, this.#host, length);
    if (verdict === 'disconnect') return null;
    if (verdict === 'refuse') return formatError(rid, 'ERR_RATE_LIMITED: too many requests; try again in a second');
    return formatAnswer(rid, await this.#init.onRequest(service, payload, this.#from));
  }

  #write(bytes: Buffer): void {
    if (!this.isOpen) return;
    this.#lastUsedMs = performance.now();
    this.#idle.refresh();
    if (!this.#stream.write(bytes)) this.#isBlocked = true;
    if (this.#isBlocked) this.#unsentBytes += bytes.length;
    // A peer that sends requests and never reads answers must not fill our memory.
    if (this.#unsentBytes > TRANSPORT_LIMITS.channelUnsentMaxBytes) this.destroy();
  }

  #endIfIdle(): void {
    if (this.isIdle) this.end();
    else this.#idle.refresh();
  }

  #settle(rid: number, result: RequestResult | null): void {
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

function unsent(code: 'ERR_INTERNAL' | 'ERR_BODY_TOO_LARGE', text: string): RequestResult {
  return { kind: 'unsent', code, text };
}
