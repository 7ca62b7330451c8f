/**
 * Facts never change: an offer has one text and one end. If a maker signs another one, both statements together prove it. Remembers
 * the first statement of each kind for a limited number of offers; without it there is no proof.
 */
import { offerKey } from '../protocol/ids.ts';
import type { OfferId, PeerId } from '../protocol/ids.ts';
import type { Auth, BroadcastMessage } from '../protocol/messages.ts';
import { DESK_LIMITS } from './limits.ts';
import { encodeMessage, type Payload } from '../wire/message-codec.ts';
import { messageStatement } from '../wire/statement.ts';

interface Fact {
  readonly message: BroadcastMessage;
  readonly auth: Auth;
}

export class EquivocationWatch {
  /** Ordered by the first time they were received. */
  readonly #first = new Map<string, Fact>();
  readonly #max: number;

  constructor(max: number = DESK_LIMITS.factsRemembered) {
    this.#max = max;
  }

  /**
   * @param fact with a valid signature
   * @returns both statements if they contradict each other, else null
   */
  check(message: BroadcastMessage, auth: Auth): readonly [Payload, Payload] | null {
    const { maker, offerId } = subjectOf(message);
    if (maker === null) return null;
    const key = `${message.cmd} ${offerKey(maker, offerId)}`;
    const first = this.#first.get(key);
    if (first === undefined) {
      this.#remember(key, { message, auth });
      return null;
    }
    const isSame = messageStatement(first.message, undefined) === messageStatement(message, undefined);
    return isSame ? null : [encodeMessage(first.message, first.auth), encodeMessage(message, auth)];
  }

  #remember(key: string, fact: Fact): void {
    this.#first.set(key, fact);
    if (this.#first.size <= this.#max) return;
    const [oldest] = this.#first.keys();
    if (oldest !== undefined) this.#first.delete(oldest);
  }
}

export function subjectOf(message: BroadcastMessage): { readonly maker: PeerId | null; readonly offerId: OfferId } {
  return message.cmd === 'offer:new' ? message.terms : message;
}
