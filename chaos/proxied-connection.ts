/**
 * One connection through a proxy. It reads whole requests, so it can lose, repeat or cut them at the critical points: before the desk
 * has the request, after the desk has it and before the sender has the answer, and in the middle of both.
 */
import { connect, type Socket } from 'node:net';
import { ChannelRelay, firstHalf } from './channel-relay.ts';
import { PASS, type Fate } from './fate.ts';
import { RequestSplitter, type RawRequest } from './request-splitter.ts';

export interface ProxiedConnectionInit {
  readonly nextFate: () => Fate;
  /** A new connection to the desk. */
  readonly dial: () => Socket;
  /** Sends these bytes on a new connection, and ignores the answer. */
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
  /** The received part of the answer to an upgrade; null: no upgrade is pending. */
  #upgradeHead: Buffer | null = null;
  /** Requests of one connection are handled one after another, as in HTTP/1.1. */
  #turn = Promise.resolve();
  /** The fate of the request whose answer is pending. */
  #fate: Fate = PASS;
  /** No data passes in either direction until the sender times out. */
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
      // After a cut, half of the request must still reach the desk.
      if (!this.#isBroken) this.#desk?.destroy();
      init.onClose();
    });
  }

  /** Ends a silent connection, so that its sender does not wait longer. */
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

  /** Sends the written data, and nothing more. */
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

/** For errors of a socket, as `close` follows them. */
export function ignore(): void {
  // Nothing to do.
}

export function dialLoopback(port: number): Socket {
  return connect({ host: '127.0.0.1', port, noDelay: true });
}
