/** Grenache's PeerRPCClient with our transport: one for each address. All transports share an HttpExchange. */
import httpPackage from 'grenache-nodejs-http';
import type { Link, Transport } from 'grenache-nodejs-base';
import { HttpExchange, type HttpExchangeInit } from './http-exchange.ts';
import { RpcClientTransport } from './rpc-client-transport.ts';

export class RpcClient extends httpPackage.PeerRPCClient {
  readonly #exchange: HttpExchange;
  #isStarted = false;

  constructor(link: Link, init: HttpExchangeInit = {}) {
    const exchange = new HttpExchange(init);
    super(link, { maxActiveDestTransports: 1, exchange, policy: init.policy });
    this.#exchange = exchange;
  }

  /** Starts a timer that only `close` stops. */
  override init(): void {
    super.init();
    this.#isStarted = true;
  }

  override getTransportClass(): unknown {
    return RpcClientTransport;
  }

  override transport(address: string): RpcClientTransport {
    const transport: Transport = super.transport(address);
    if (!(transport instanceof RpcClientTransport)) throw new TypeError('not an RpcClientTransport');
    return transport;
  }

  /** Ends requests in progress and closes connections. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#isStarted) this.stop();
    this.#isStarted = false;
    await this.#exchange.close();
  }
}
