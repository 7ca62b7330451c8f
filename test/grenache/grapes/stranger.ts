/** A UDP socket that speaks to grapes as it likes. */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import * as bencode from 'bencode';

const HOST = '127.0.0.1';

interface Message {
  readonly y: Buffer;
  readonly t?: unknown;
  readonly r?: { readonly token?: Buffer; readonly values?: readonly Buffer[]; readonly nodes?: Buffer };
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

  get port(): number {
    return this.#socket.address().port;
  }

  send(packet: Buffer, port: number): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.send(packet, port, HOST, () => {
        resolve();
      });
    });
  }

  /** Asks and waits for what comes back; the grape's own questions are left unanswered. */
  async ask(q: string, a: Readonly<Record<string, unknown>>, port: number): Promise<Message> {
    const transaction = randomBytes(2);
    const answered = new Promise<Message>((resolve) => {
      const onMessage = (packet: Buffer): void => {
        const message = bencode.decode(packet) as Message;
        if (message.y.toString() === 'q' || !transaction.equals(Buffer.from(message.t as Buffer))) return;
        this.#socket.off('message', onMessage);
        resolve(message);
      };
      this.#socket.on('message', onMessage);
    });
    await this.send(bencode.encode({ t: transaction, y: 'q', q, a: { id: this.nodeId, ...a } }), port);
    return answered;
  }

  /** The ports of the nodes that a grape tells others of: those of its table that are closest to this stranger's id. */
  async knownPorts(port: number): Promise<readonly number[]> {
    const { r } = await this.ask('find_node', { target: this.nodeId }, port);
    const nodes = r?.nodes ?? Buffer.alloc(0);
    return Array.from({ length: nodes.length / 26 }, (_, index) => nodes.readUInt16BE(index * 26 + 24));
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
