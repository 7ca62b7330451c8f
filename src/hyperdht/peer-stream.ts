/**
 * One encrypted stream to one desk, whose key it has proven: requests and answers in both directions. A request ends with its
 * answer, or as `unknown` at its deadline, or as lost together with the stream.
 */
import type HyperDHT from 'hyperdht';
import type { Reply, RequestResult, ServiceKind } from '../ports/network.ts';
import { LIMITS } from '../protocol/limits.ts';
import { TRANSPORT_LIMITS } from '../transport/limits.ts';
import type { StreamGate } from './stream-gate.ts';
import { formatAnswer, formatAsk, formatError, readStreamMessage, type StreamMessage } from './stream-message.ts';

interface Pending {
  readonly resolve: (result: RequestResult | null) => void;
  readonly timer: NodeJS.Timeout;
}

type Ask = Extract<StreamMessage, { kind: 'ask' }>;

export interface PeerStreamInit {
  readonly gate: StreamGate;
  /** Never rejects. */
  readonly onRequest: (service: ServiceKind, payload: unknown, from: string) => Promise<Reply>;
  readonly onClose: (stream: PeerStream) => void;
  readonly idleMs: number;
}

/** A message that does not end: nobody needs more bytes for one of `bodyMaxBytes`. */
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
  #lastHeardMs = performance.now();
  #requests = 0;
  #answering = 0;
  #isPaused = false;
  /** Since the last whole message. */
  #rawBytes = 0;
  /** Since the other side had room. */
  #unsentBytes = 0;
  #isBlocked = false;
  #lastUsedMs = performance.now();

  /** @param stream open */
  constructor(stream: HyperDHT.Stream, init: PeerStreamInit) {
    this.#stream = stream;
    this.#init = init;
    this.peer = stream.remotePublicKey.toString('hex');
    this.#host = stream.rawStream?.remoteHost ?? '';
    this.#from = `${this.#host}:${stream.rawStream?.remotePort ?? 0}`;
    this.#idle = setTimeout(() => this.#endIfIdle(), init.idleMs);
    this.#listen(stream);
  }

  get isOpen(): boolean {
    return !this.#stream.destroying;
  }

  /** Nothing is under way in either direction. */
  get isIdle(): boolean {
    return this.#pending.size === 0 && this.#answering === 0;
  }

  /** As `performance.now()` counts. */
  get lastUsedMs(): number {
    return this.#lastUsedMs;
  }

  /** @returns null when the stream was lost: it may have been received, or not */
  ask(service: ServiceKind, payload: unknown, timeoutMs: number): Promise<RequestResult | null> {
    const rid = (this.#requests += 1);
    const bytes = formatAsk(rid, service, payload);
    if (bytes === null) return Promise.resolve(unsent('ERR_INTERNAL', 'the payload can not be written as JSON'));
    if (bytes.length > LIMITS.bodyMaxBytes) {
      return Promise.resolve(unsent('ERR_BODY_TOO_LARGE', `larger than ${LIMITS.bodyMaxBytes} bytes`));
    }
    const sentMs = performance.now();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#settle(rid, { kind: 'unknown', code: 'ERR_TIMEOUT', text: `no answer within ${timeoutMs} ms` });
        // Not a sound since then: the other end may be gone, and the next request should not have to find out.
        if (this.#lastHeardMs < sentMs) this.destroy();
      }, timeoutMs);
      this.#pending.set(rid, { resolve, timer });
      this.#write(bytes);
    });
  }

  /** What is under way on our side ends as unknown, because we stop; what the other side has asked can still be answered. */
  stopAsking(): void {
    this.#endAll({ kind: 'unknown', code: 'ERR_STOPPING', text: 'we are stopping' });
  }

  /** After what was written. */
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
    // Errors are followed by `close`, which says all that matters.
    stream.on('error', () => undefined);
    stream.once('close', () => {
      clearTimeout(this.#idle);
      this.#endAll(null);
      this.#init.onClose(this);
    });
  }

  #onMessage(bytes: Buffer): void {
    this.#lastHeardMs = performance.now();
    this.#lastUsedMs = this.#lastHeardMs;
    const message = readStreamMessage(bytes);
    if (message === null) this.destroy();
    else if (message.kind === 'answer') this.#settle(message.rid, message.result);
    else void this.#answer(message, bytes.length);
  }

  async #answer(ask: Ask, length: number): Promise<void> {
    this.#answering += 1;
    if (this.#answering >= TRANSPORT_LIMITS.channelRequestsMax) this.#pause();
    const answer = await this.#answerOf(ask, length);
    this.#answering -= 1;
    if (answer === null) this.destroy();
    else this.#write(answer);
    if (this.#isPaused) this.#resume();
  }

  async #answerOf({ rid, service, payload }: Ask, length: number): Promise<Buffer | null> {
    const verdict = this.#init.gate.pay(this.peer, this.#host, length);
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
    // A desk that asks and never reads must not fill our memory.
    if (this.#unsentBytes > TRANSPORT_LIMITS.channelUnsentMaxBytes) this.destroy();
  }

  #pause(): void {
    this.#isPaused = true;
    this.#stream.pause();
  }

  #resume(): void {
    this.#isPaused = false;
    this.#stream.resume();
  }

  #endIfIdle(): void {
    if (this.isIdle) this.end();
    else this.#idle.refresh();
  }

  #settle(rid: number, result: RequestResult | null): void {
    const pending = this.#pending.get(rid);
    // An answer that came after its deadline has nobody who waits for it.
    if (pending === undefined) return;
    this.#pending.delete(rid);
    clearTimeout(pending.timer);
    pending.resolve(result);
  }

  #endAll(result: RequestResult | null): void {
    for (const rid of [...this.#pending.keys()]) this.#settle(rid, result);
  }
}

function unsent(code: 'ERR_INTERNAL' | 'ERR_BODY_TOO_LARGE', text: string): RequestResult {
  return { kind: 'unsent', code, text };
}
