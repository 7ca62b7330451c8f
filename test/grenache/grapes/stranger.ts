/** A UDP socket that speaks to grapes as it likes. */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import * as bencode from 'bencode';

const HOST = '127.0.0.1';

interface Message {
  readonly y: Buffer;
  readonly r?: { readonly token?: Buffer; readonly values?: readonly Buffer[] };
}

export class Stranger {
  readonly nodeId = randomBytes(20);
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** @param host an address of loopback */
  static async start(host = HOST): Promise<Stranger> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, host, resolve));
    return new Stranger(socket);
  }

  send(packet: Buffer, port: number): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.send(packet, port, HOST, () => {
        resolve();
      });
    });
  }

  /** Asks and waits for what comes back. */
  async ask(q: string, a: Readonly<Record<string, unknown>>, port: number): Promise<Message> {
    const answered = new Promise<Message>((resolve) =>
      this.#socket.once('message', (packet) => {
        resolve(bencode.decode(packet) as Message);
      }),
    );
    await this.send(bencode.encode({ t: 'qq', y: 'q', q, a: { id: this.nodeId, ...a } }), port);
    return answered;
  }

  /** Asks until it is answered: among many packets one may get lost. */
  async pong(port: number, timeoutMs = 5_000): Promise<void> {
    const transaction = randomBytes(2);
    const ping = bencode.encode({ t: transaction, y: 'q', q: 'ping', a: { id: this.nodeId } });
    await new Promise<void>((resolve, reject) => {
      const again = setInterval(() => void this.send(ping, port), 200);
      const end = (error?: Error): void => {
        clearInterval(again);
        clearTimeout(deadline);
        this.#socket.off('message', onMessage);
        if (error === undefined) resolve();
        else reject(error);
      };
      const deadline = setTimeout(() => {
        end(new Error('the grape does not answer'));
      }, timeoutMs);
      const onMessage = (packet: Buffer): void => {
        const { t, y } = bencode.decode(packet) as { t?: unknown; y?: unknown };
        if (String(y) === 'r' && Buffer.isBuffer(t) && t.equals(transaction)) end();
      };
      this.#socket.on('message', onMessage);
      void this.send(ping, port);
    });
  }

  answerWith(answer: (transaction: unknown, round: number) => unknown): void {
    let round = 0;
    this.#onMessage('q', (message, port) => void this.send(bencode.encode(answer(message.t, round++)), port));
  }

  firstQuery(): Promise<void> {
    return this.#first('q');
  }

  firstAnswer(): Promise<void> {
    return this.#first('r');
  }

  #first(kind: string): Promise<void> {
    return new Promise((resolve) => {
      this.#onMessage(kind, () => {
        resolve();
      });
    });
  }

  #onMessage(kind: string, take: (message: { t: unknown }, port: number) => void): void {
    this.#socket.on('message', (packet, from) => {
      const message = bencode.decode(packet) as { t: unknown; y: Buffer };
      if (message.y.toString() === kind) take(message, from.port);
    });
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.close(resolve);
    });
  }
}
