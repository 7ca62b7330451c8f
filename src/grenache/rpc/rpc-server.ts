/** Grenache's PeerRPCServer with our transport. It also stops the transport, unlike the stock server. */
import httpPackage from 'grenache-nodejs-http';
import type { Link, Transport } from 'grenache-nodejs-base';
import { RpcServerTransport, type RpcServerConf } from './rpc-server-transport.ts';

export class RpcServer extends httpPackage.PeerRPCServer {
  readonly #transports: RpcServerTransport[] = [];

  constructor(link: Link, conf: RpcServerConf = {}) {
    super(link, conf);
  }

  override getTransportClass(): unknown {
    return RpcServerTransport;
  }

  override transport(destination: string): RpcServerTransport {
    const transport: Transport = super.transport(destination);
    if (!(transport instanceof RpcServerTransport)) throw new TypeError('not an RpcServerTransport');
    this.#transports.push(transport);
    return transport;
  }

  override _stop(): void {
    super._stop();
    for (const transport of this.#transports) transport.stop();
  }

  /** Stops, and resolves when every connection is closed. */
  async close(): Promise<void> {
    this.stop();
    await Promise.all(this.#transports.map((transport) => transport.close()));
  }
}
