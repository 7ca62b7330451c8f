/**
 * One connection through a proxy. It reads whole requests, so that it can lose, repeat or break them at the points where it
 * hurts: before the desk has one, after the desk has it and before the sender knows, and in the middle of both.
 */
import { connect, type Socket } from 'node:net';
import { ChannelRelay, firstHalf } from './channel-relay.ts';
import { PASS, type Fate } from './fate.ts';
import { RequestSplitter, type RawRequest } from './request-splitter.ts';

export interface ProxiedConnectionInit {
  readonly nextFate: () => Fate;
  /** A new connection to the desk. */
  readonly dial: () => Socket;
  /** Sends these bytes on a connection of their own, and forgets the answer. */
  readonly replay: (bytes: Buffer) => void;
  readonly onClose: () => void;
}

const HEAD_END = '\r\n\r\n';

export class ProxiedConnection {
  readonly #client: Socket;
  readonly #init: ProxiedConnectionInit;
  readonly #splitter = new RequestSplitter();
  readonly #timers = new Set<NodeJS.Timeout>();
  #desk: Socket | null = null;
  #channel: ChannelRelay | null = null;
  /** The start of the answer to an upgrade that is awaited. */
  #upgradeHead: Buffer | null = null;
  /** Requests of one connection are taken one after another, as HTTP/1.1 has it. */
  #turn = Promise.resolve();
  /** Of the request whose answer is awaited. */
  #fate: Fate = PASS;
  /** Nothing is said any more, in either direction; the sender finds out by its own patience. */
  #isSilent = false;
  #isBroken = false;

  constructor(client: Socket, init: ProxiedConnectionInit) {
    this.#client = client;
    this.#init = init;
    client.setNoDelay(true);
    client.on('data', (chunk: Buffer) => {
      this.#fromClient(chunk);
    });
    client.on('error', ignore);
    client.on('end', () => this.#desk?.end());
    client.on('close', () => {
      for (const timer of this.#timers) clearTimeout(timer);
      // Half a request is on its way to the desk when it was cut.
      if (!this.#isBroken) this.#desk?.destroy();
      init.onClose();
    });
  }

  /** What was swallowed stays swallowed, but its sender need not wait for it any longer. */
  heal(): void {
    if (this.#isSilent) this.destroy();
  }

  destroy(): void {
    this.#client.destroy();
    this.#desk?.destroy();
  }

  // ---- to the desk ------------------------------------------------------------------------------------------------------

  #fromClient(chunk: Buffer): void {
    if (this.#isSilent) return;
    if (this.#channel !== null) {
      this.#channel.fromClient(chunk);
      return;
    }
    for (const request of this.#splitter.push(chunk)) {
      this.#turn = this.#turn.then(() => this.#take(request, this.#init.nextFate()));
    }
  }

  async #take(request: RawRequest, fate: Fate): Promise<void> {
    if (fate.kind === 'drop') this.#isSilent = true;
    if (fate.kind === 'delay')
      await new Promise<void>((resolve) => {
        this.#later(fate.ms, resolve);
      });
    if (this.#isSilent || this.#client.destroyed) return;
    this.#fate = fate;
    if (request.isUpgrade) this.#upgradeHead = Buffer.alloc(0);
    if (fate.kind === 'cut-request') {
      this.#toDesk(firstHalf(request.bytes));
      this.#breakOff();
      return;
    }
    this.#toDesk(request.bytes);
    if (fate.kind === 'duplicate' && !request.isUpgrade) {
      setTimeout(() => {
        this.#init.replay(request.bytes);
      }, fate.afterMs).unref();
    }
  }

  #toDesk(bytes: Buffer): void {
    this.#desk ??= this.#dial();
    this.#desk.write(bytes);
  }

  #dial(): Socket {
    const desk = this.#init.dial();
    desk.on('data', (chunk: Buffer) => {
      this.#fromDesk(chunk);
    });
    desk.on('error', ignore);
    desk.on('end', () => {
      if (!this.#isSilent) this.#client.end();
    });
    desk.on('close', () => {
      if (!this.#isSilent) this.#client.destroy();
    });
    return desk;
  }

  // ---- back ---------------------------------------------------------------------------------------------------------------

  #fromDesk(chunk: Buffer): void {
    if (this.#isSilent) return;
    if (this.#channel !== null) {
      this.#channel.fromDesk(chunk);
      return;
    }
    switch (this.#fate.kind) {
      case 'lose-answer':
        this.#isSilent = true;
        return;
      case 'close-unanswered':
        this.destroy();
        return;
      case 'cut-answer':
        this.#client.write(firstHalf(chunk));
        this.#breakOff();
        return;
      default:
        if (this.#upgradeHead !== null) this.#onUpgradeAnswer(Buffer.concat([this.#upgradeHead, chunk]));
        else this.#client.write(chunk);
    }
  }

  #onUpgradeAnswer(received: Buffer): void {
    const headEnd = received.indexOf(HEAD_END);
    this.#upgradeHead = headEnd === -1 ? received : null;
    if (headEnd === -1) return;
    this.#client.write(received);
    if (received.toString('latin1', 0, 12) === 'HTTP/1.1 101') this.#channel = this.#relay();
  }

  #relay(): ChannelRelay {
    return new ChannelRelay({
      nextFate: this.#init.nextFate,
      toDesk: (bytes) => {
        this.#toDesk(bytes);
      },
      toClient: (bytes) => {
        this.#client.write(bytes);
      },
      breakOff: () => {
        this.#breakOff();
      },
      later: (ms, work) => {
        this.#later(ms, work);
      },
    });
  }

  // ---- ends ---------------------------------------------------------------------------------------------------------------

  /** Nothing more, but what was written goes out. */
  #breakOff(): void {
    this.#isSilent = true;
    this.#isBroken = true;
    this.#client.destroySoon();
    this.#desk?.destroySoon();
  }

  #later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
  }
}

/** Errors of a socket are followed by `close`, which says all that matters. */
export function ignore(): void {
  // Nothing to do.
}

export function dialLoopback(port: number): Socket {
  return connect({ host: '127.0.0.1', port, noDelay: true });
}
