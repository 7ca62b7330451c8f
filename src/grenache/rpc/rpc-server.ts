/** Grenache's PeerRPCServer with our transport, which it also stops. */
import httpPackage from 'grenache-nodejs-http';
import type { Transport } from 'grenache-nodejs-base';
import type { GrenacheLink } from '../discovery/discovery.ts';
import { RpcServerTransport, type RpcServerConf } from './rpc-server-transport.ts';

export class RpcServer extends httpPackage.PeerRPCServer {
  readonly #transports: RpcServerTransport[] = [];

  constructor(link: GrenacheLink, conf: RpcServerConf = {}) {
    super(link, conf);
  }

  override getTransportClass(): unknown {
    return RpcServerTransport;
  }

  override transport(destination: string): RpcServerTransport {
    const transport: Transport = super.transport(destination);
    if (!(transport instanceof RpcServerTransport)) throw new TypeError('not our transport');
    this.#transports.push(transport);
    return transport;
  }

  override _stop(): void {
    super._stop();
    for (const transport of this.#transports) transport.stop();
  }

  /** The same, and waits until every connection is closed. */
  async close(): Promise<void> {
    this.stop();
    await Promise.all(this.#transports.map((transport) => transport.close()));
  }
}
