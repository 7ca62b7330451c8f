/** A taker that is a client of the original. It accepts the offer when it is announced, and has scripted answers to approvals. */
import type { OfferKey, PeerId } from '../../src/protocol/ids.ts';
import type { Reply } from '../../src/ports/network.ts';
import { REQUEST_TIMEOUT_MS, type Arrival, type Life, type Router } from '../../simulation/router.ts';
import { keyOf, type WireBody } from '../../simulation/wire-payload.ts';
import type { Witness } from '../../simulation/witness.ts';

interface ScriptedOriginalInit {
  readonly id: PeerId;
  readonly router: Router;
  readonly witness: Witness;
  /** Its answers to the first approvals; it takes all later ones. */
  readonly answers: readonly ('takes' | 'errs')[];
}

const YES: Reply = { error: null, result: true };

export class ScriptedOriginal {
  readonly #init: ScriptedOriginalInit;
  readonly #life: Life;
  #approvals = 0;
  #wants = false;

  constructor(init: ScriptedOriginalInit) {
    this.#init = init;
    this.#life = { peer: init.id, alive: true, crash: () => undefined };
  }

  start(): void {
    this.#init.router.join(this.#life, (arrival) => Promise.resolve(this.#answer(arrival)));
  }

  #answer({ payload: { cmd, body } }: Arrival): Reply {
    if (cmd === 'offer:new' && !this.#wants) this.#accept(body);
    const offer = keyOf(body);
    return cmd === 'offer:accept:approved' && offer !== null ? this.#onApproval(offer) : YES;
  }

  #accept({ offerId = '', source = '' }: WireBody): void {
    this.#wants = true;
    const payload = { cmd: 'offer:accept', body: { offerId, source, destination: this.#init.id } };
    const sending = { rid: 1, service: 'direct', text: JSON.stringify(payload), payload, once: true } as const;
    this.#init.router.send(
      this.#life,
      source as PeerId,
      { ...sending, timeoutMs: REQUEST_TIMEOUT_MS },
      () => undefined,
    );
  }

  #onApproval(offer: OfferKey): Reply {
    this.#approvals += 1;
    if (this.#init.answers[this.#approvals - 1] === 'errs') {
      return { error: 'ERR_API_BASE: something went wrong', result: null };
    }
    this.#init.witness.took?.(this.#init.id, offer);
    return YES;
  }
}
