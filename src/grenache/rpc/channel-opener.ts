/** Opens at most one channel to an address, in the background. */
import type { ClientRequest } from 'node:http';
import type { NetworkPolicy } from '../discovery/network-policy.ts';
import { ChannelClient } from './channel-client.ts';

export class ChannelOpener {
  readonly #address: string;
  readonly #policy: NetworkPolicy | undefined;
  #channel: ChannelClient | null = null;
  #opening: ClientRequest | null = null;
  #isStopped = false;

  /** @param address `host:port` */
  constructor(address: string, policy?: NetworkPolicy) {
    this.#address = address;
    this.#policy = policy;
  }

  /** The open channel, or null. */
  get current(): ChannelClient | null {
    return this.#channel?.isOpen === true ? this.#channel : null;
  }

  /** Starts to open a channel. Requests use HTTP until it is open. */
  open(): void {
    if (this.#isStopped || this.#opening !== null || this.current !== null) return;
    if ((this.#policy?.refusalOf(this.#address) ?? null) !== null) return;
    const opened = ChannelClient.open(this.#address, (request) => {
      this.#opening = request;
    });
    void opened.then((channel) => {
      this.#opening = null;
      if (this.#isStopped) channel?.stop();
      else this.#channel = channel;
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#opening?.destroy();
    this.#channel?.stop();
  }
}
