/**
 * Detects equivocation. Facts never change: an offer has one set of terms and one outcome. If a maker signs two that
 * differ, both statements together prove it. Remembers the first fact of each kind for a limited number of offers.
 */
import { offerKey } from '../protocol/ids.ts';
import type { BroadcastMessage, OfferDone, Signature } from '../protocol/messages.ts';
import { DESK_LIMITS } from './limits.ts';
import { encodeMessage, type Payload } from '../wire/message-codec.ts';
import { messageStatement } from '../wire/statement.ts';

interface Fact {
  readonly message: BroadcastMessage;
  readonly auth: Signature;
}

export class EquivocationWatch {
  /** In the order in which they were received first. */
  readonly #first = new Map<string, Fact>();

  /**
   * @param auth a valid signature of the message
   * @returns both statements if they contradict each other, else null
   */
  check(message: BroadcastMessage, auth: Signature): readonly [Payload, Payload] | null {
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
    if (this.#first.size <= DESK_LIMITS.factsRemembered) return;
    const [oldest] = this.#first.keys();
    if (oldest !== undefined) this.#first.delete(oldest);
  }
}

/** The offer that a fact is about. `maker` is null in an `offer:done` of the original. */
export type FactSubject = Pick<OfferDone, 'maker' | 'offerId'>;

export function subjectOf(message: BroadcastMessage): FactSubject {
  return message.cmd === 'offer:new' ? message.terms : message;
}
