/** The streams to other desks, opened by either side; of those that others open, a limited number. Requests to a desk share one stream. */
import type HyperDHT from 'hyperdht';
import type { ErrorCode } from '../protocol/errors.ts';
import { HYPERDHT_LIMITS } from './limits.ts';
import { TRANSPORT_LIMITS } from '../transport/limits.ts';
import { PeerStream, type PeerStreamInit } from './peer-stream.ts';

/** Why no stream could be opened; certainly nothing was sent. */
export interface OpenFailure {
  readonly code: ErrorCode;
  readonly text: string;
}

export interface StreamPoolInit extends Pick<PeerStreamInit, 'gate' | 'onRequest'> {
  readonly connect: (peer: Buffer) => HyperDHT.Stream;
  readonly openTimeoutMs?: number | undefined;
}

export class StreamPool {
  readonly #init: StreamPoolInit;
  readonly #streams = new Set<PeerStream>();
  readonly #byPeer = new Map<string, PeerStream>();
  readonly #opening = new Map<string, Promise<PeerStream | OpenFailure>>();
  readonly #connecting = new Set<HyperDHT.Stream>();
  #isStopped = false;

  constructor(init: StreamPoolInit) {
    this.#init = init;
  }

  /** Whether there is an open stream to the peer. */
  has(peer: string): boolean {
    return this.#byPeer.get(peer)?.isOpen === true;
  }

  /** Adds a stream that another desk has opened, or closes it if there is no room. */
  accept(stream: HyperDHT.Stream): void {
    // Until a PeerStream handles its errors.
    stream.on('error', () => undefined);
    const peer = stream.remotePublicKey.toString('hex');
    if (this.#isStopped || !this.#makeRoomFor(peer)) {
      stream.destroy();
      return;
    }
    const added = this.#add(stream);
    if (!this.has(peer)) this.#byPeer.set(peer, added);
  }

  /** The open stream to the peer, or a new one. Never rejects. */
  async get(peer: string): Promise<PeerStream | OpenFailure> {
    const stream = this.#byPeer.get(peer);
    if (stream?.isOpen === true) return stream;
    return this.#opening.get(peer) ?? this.#openShared(peer);
  }

  /** A new stream that only the caller uses, and must end. Never rejects. */
  open(peer: string): Promise<PeerStream | OpenFailure> {
    return new Promise((resolve) => {
      if (this.#isStopped) {
        resolve({ code: 'ERR_STOPPING', text: 'this desk is not running' });
        return;
      }
      const timeoutMs = this.#init.openTimeoutMs ?? HYPERDHT_LIMITS.dhtConnectTimeoutMs;
      const stream = this.#init.connect(Buffer.from(peer, 'hex'));
      this.#connecting.add(stream);
      let failure: OpenFailure = { code: 'ERR_CONNECT', text: 'no stream to that desk could be opened' };
      const timer = setTimeout(() => {
        failure = { code: 'ERR_CONNECT', text: `no stream to that desk within ${timeoutMs} ms` };
        stream.destroy();
      }, timeoutMs);
      const settled = (): void => {
        clearTimeout(timer);
        this.#connecting.delete(stream);
      };
      stream.on('error', (error: Error) => {
        if ((error as NodeJS.ErrnoException).code !== 'PEER_NOT_FOUND') return;
        failure = { code: 'ERR_NO_ADDRESS', text: 'nobody announces this desk' };
      });
      stream.once('open', () => {
        settled();
        resolve(this.#add(stream));
      });
      stream.once('close', () => {
        settled();
        resolve(failure);
      });
    });
  }

  /** Opens no more streams, and ends our requests as `unknown`. Open streams can still carry answers. */
  cancelRequests(): void {
    this.#isStopped = true;
    for (const stream of this.#connecting) stream.destroy();
    for (const stream of this.#streams) stream.cancelRequests();
  }

  end(): void {
    for (const stream of this.#streams) stream.end();
  }

  destroy(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  async #openShared(peer: string): Promise<PeerStream | OpenFailure> {
    const opening = this.open(peer);
    this.#opening.set(peer, opening);
    const opened = await opening;
    this.#opening.delete(peer);
    if (opened instanceof PeerStream) this.#byPeer.set(peer, opened);
    return opened;
  }

  #add(stream: HyperDHT.Stream): PeerStream {
    const added = new PeerStream(stream, {
      gate: this.#init.gate,
      onRequest: this.#init.onRequest,
      onClose: (closed) => {
        this.#streams.delete(closed);
        if (this.#byPeer.get(closed.peer) === closed) this.#byPeer.delete(closed.peer);
      },
    });
    this.#streams.add(added);
    return added;
  }

  /** Closes the stream that is idle longest, if there is no room. */
  #makeRoomFor(peer: string): boolean {
    const ofPeer = [...this.#streams].filter((stream) => stream.peer === peer);
    if (ofPeer.length >= TRANSPORT_LIMITS.connectionsPerAddress) return closeLongestIdle(ofPeer);
    return this.#streams.size < TRANSPORT_LIMITS.connectionsMax || closeLongestIdle([...this.#streams]);
  }
}

function closeLongestIdle(streams: readonly PeerStream[]): boolean {
  const idle = streams
    .filter(
      ({ isIdle, lastUsedMs }) => isIdle && performance.now() - lastUsedMs >= TRANSPORT_LIMITS.connectionIdleMinMs,
    )
    .sort((a, b) => a.lastUsedMs - b.lastUsedMs);
  idle[0]?.destroy();
  return idle.length > 0;
}
