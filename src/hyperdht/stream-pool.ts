/** Our streams to other desks, whoever opened them: one to each is used for what we ask, and there are so many at most. */
import type HyperDHT from 'hyperdht';
import type { ErrorCode } from '../protocol/errors.ts';
import { HYPERDHT_LIMITS } from './limits.ts';
import { TRANSPORT_LIMITS } from '../transport/limits.ts';
import { PeerStream, type PeerStreamInit } from './peer-stream.ts';

/** Certainly nothing was sent. */
export interface NotOpened {
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
  readonly #opening = new Map<string, Promise<PeerStream | NotOpened>>();
  readonly #connecting = new Set<HyperDHT.Stream>();
  #isStopped = false;

  constructor(init: StreamPoolInit) {
    this.#init = init;
  }

  /** Whether a stream to it stands. */
  has(peer: string): boolean {
    return this.#byPeer.get(peer)?.isOpen === true;
  }

  /** A stream that another desk has opened. */
  accept(stream: HyperDHT.Stream): void {
    // What happens to it before it is ours.
    stream.on('error', () => undefined);
    const peer = stream.remotePublicKey.toString('hex');
    if (this.#isStopped || !this.#hasRoomFor(peer)) {
      stream.destroy();
      return;
    }
    const added = this.#add(stream);
    if (!this.has(peer)) this.#byPeer.set(peer, added);
  }

  /** The one that stands, or a new one. Never rejects. */
  async get(peer: string): Promise<PeerStream | NotOpened> {
    const standing = this.#byPeer.get(peer);
    if (standing?.isOpen === true) return standing;
    const opening = this.#opening.get(peer) ?? this.#openShared(peer);
    return opening;
  }

  /** One of the caller's own, to be ended by it. Never rejects. */
  open(peer: string): Promise<PeerStream | NotOpened> {
    return new Promise((resolve) => {
      if (this.#isStopped) {
        resolve({ code: 'ERR_STOPPING', text: 'this desk is not running' });
        return;
      }
      const timeoutMs = this.#init.openTimeoutMs ?? HYPERDHT_LIMITS.dhtConnectTimeoutMs;
      const stream = this.#init.connect(Buffer.from(peer, 'hex'));
      this.#connecting.add(stream);
      let failure: NotOpened = { code: 'ERR_CONNECT', text: 'no stream to that desk could be opened' };
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

  /** No more streams, and what we have asked ends. Those that stand may still carry answers. */
  stopAsking(): void {
    this.#isStopped = true;
    for (const stream of this.#connecting) stream.destroy();
    for (const stream of this.#streams) stream.stopAsking();
  }

  end(): void {
    for (const stream of this.#streams) stream.end();
  }

  destroy(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  async #openShared(peer: string): Promise<PeerStream | NotOpened> {
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
      idleMs: TRANSPORT_LIMITS.channelIdleMs,
      onClose: (closed) => {
        this.#streams.delete(closed);
        if (this.#byPeer.get(closed.peer) === closed) this.#byPeer.delete(closed.peer);
      },
    });
    this.#streams.add(added);
    return added;
  }

  /** Makes some, at the cost of the one that is idle longest. */
  #hasRoomFor(peer: string): boolean {
    const ofPeer = [...this.#streams].filter((stream) => stream.peer === peer);
    if (ofPeer.length >= TRANSPORT_LIMITS.connectionsPerAddress) return closeIdlest(ofPeer);
    return this.#streams.size < TRANSPORT_LIMITS.connectionsMax || closeIdlest([...this.#streams]);
  }
}

function closeIdlest(streams: readonly PeerStream[]): boolean {
  const idle = streams
    .filter(
      ({ isIdle, lastUsedMs }) => isIdle && performance.now() - lastUsedMs >= TRANSPORT_LIMITS.connectionIdleMinMs,
    )
    .sort((a, b) => a.lastUsedMs - b.lastUsedMs);
  idle[0]?.destroy();
  return idle.length > 0;
}
