/** Grenache's PeerRPCClient with our transport: one for each address, all on the same kept-alive connections. */
import httpPackage from 'grenache-nodejs-http';
import type { Transport } from 'grenache-nodejs-base';
import type { GrenacheLink } from '../discovery/discovery.ts';
import { HttpExchange, type HttpExchangeInit } from './http-exchange.ts';
import { RpcClientTransport } from './rpc-client-transport.ts';

export class RpcClient extends httpPackage.PeerRPCClient {
  readonly #exchange: HttpExchange;
  #isReady = false;

  constructor(link: GrenacheLink, init: HttpExchangeInit = {}) {
    const exchange = new HttpExchange(init);
    super(link, { maxActiveDestTransports: 1, exchange, policy: init.policy });
    this.#exchange = exchange;
  }

  /** Starts a timer that only `close` ends. */
  override init(): void {
    super.init();
    this.#isReady = true;
  }

  override getTransportClass(): unknown {
    return RpcClientTransport;
  }

  override transport(address: string): RpcClientTransport {
    const transport: Transport = super.transport(address);
    if (!(transport instanceof RpcClientTransport)) throw new TypeError('not our transport');
    return transport;
  }

  /** Ends what is under way and closes every connection. Can be repeated. */
  async close(): Promise<void> {
    if (this.#isReady) this.stop();
    this.#isReady = false;
    await this.#exchange.close();
  }
}
