/** Carries what a step wants said: effects become requests, and their results find the way back to the offer. */
import type { Identity } from '../ports/identity.ts';
import type { BroadcastResult, Network, RequestResult } from '../ports/network.ts';
import type { Command, Message, SendResult } from '../protocol/messages.ts';
import type { Correlation, Effect } from '../protocol/step.ts';
import type { Peer } from '../protocol/messages.ts';
import { decodeError, decodeResult } from '../wire/answer-codec.ts';
import { encodeMessage, type Payload } from '../wire/message-codec.ts';

/** What an actor is told about something that it sent. */
export interface ResultInput {
  readonly kind: 'result';
  readonly to: Peer;
  readonly correlation: Correlation;
  readonly result: SendResult;
}

export class Courier {
  readonly #network: Network;
  readonly #identity: Identity;

  constructor(network: Network, identity: Identity) {
    this.#network = network;
    this.#identity = identity;
  }

  async send(effect: Extract<Effect, { kind: 'send' }>): Promise<ResultInput> {
    const { to, message, correlation, once } = effect;
    const result = await this.#network.request(to.id, this.#seal(message), { once });
    return { kind: 'result', to, correlation, result: toSendResult(message.cmd, result) };
  }

  broadcast(effect: Extract<Effect, { kind: 'broadcast' }>): Promise<BroadcastResult> {
    return this.#network.broadcast(this.#seal(effect.message));
  }

  #seal(message: Message): Payload {
    return encodeMessage(message, this.#identity.seal(message));
  }
}

function toSendResult(cmd: Command, result: RequestResult): SendResult {
  switch (result.kind) {
    case 'answer':
      return decodeResult(cmd, result.result);
    case 'error':
      return { kind: 'refused', ...decodeError(result.error) };
    case 'unsent':
    case 'unknown':
      return { kind: result.kind, code: result.code };
  }
}
