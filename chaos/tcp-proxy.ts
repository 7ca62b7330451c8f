/**
 * A proxy in front of one desk: other desks know only the proxy's port. The desk may crash and restart behind it. Connections to a desk
 * that is down break.
 */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { PASS, type Fate, type FaultKind } from './fate.ts';
import { dialLoopback, ignore, ProxiedConnection } from './proxied-connection.ts';

export interface TcpProxyInit {
  /** The desk's current port. */
  readonly deskPort: () => number;
  readonly nextFate: () => Fate;
  readonly onFault: (kind: FaultKind) => void;
}

const REPLAY_TIMEOUT_MS = 3_000;

export class TcpProxy {
  readonly #init: TcpProxyInit;
  readonly #server: Server;
  readonly #connections = new Set<ProxiedConnection>();
  readonly #replays = new Set<Socket>();
  #isHealed = false;
  #isClosed = false;

  private constructor(init: TcpProxyInit) {
    this.#init = init;
    this.#server = createServer((client) => {
      this.#accept(client);
    });
  }

  static async listen(init: TcpProxyInit): Promise<TcpProxy> {
    const proxy = new TcpProxy(init);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends the faults. */
  heal(): void {
    this.#isHealed = true;
    for (const connection of this.#connections) connection.heal();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#server.close();
    for (const connection of this.#connections) connection.destroy();
    for (const socket of this.#replays) socket.destroy();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    const connection = new ProxiedConnection(client, {
      nextFate: () => this.#draw(),
      dial: () => dialLoopback(this.#init.deskPort()),
      replay: (bytes) => {
        this.#replay(bytes);
      },
      onClose: () => {
        this.#connections.delete(connection);
      },
    });
    this.#connections.add(connection);
  }

  #draw(): Fate {
    if (this.#isHealed) return PASS;
    const fate = this.#init.nextFate();
    if (fate.kind !== 'pass') this.#init.onFault(fate.kind);
    return fate;
  }

  #replay(bytes: Buffer): void {
    if (this.#isClosed) return;
    const socket = dialLoopback(this.#init.deskPort());
    this.#replays.add(socket);
    socket.setTimeout(REPLAY_TIMEOUT_MS, () => socket.destroy());
    socket.on('error', ignore);
    socket.on('data', () => socket.destroy());
    socket.on('close', () => this.#replays.delete(socket));
    socket.write(bytes);
  }
}
