/**
 * Models of unmodified clients of the original demo, with the behaviour that docs/PROTOCOL.md ("Clients of the original") describes: no
 * epochs, no validity, no journal, and any answer without an error is a yes.
 */
import type { Reply } from '../src/ports/network.ts';
import type { OfferKey, PeerId } from '../src/protocol/ids.ts';
import { LIMITS } from '../src/composition/limits.ts';
import { REQUEST_TIMEOUT_MS, type Arrival, type Router, type Life, type Sending } from './router.ts';
import { keyOf, type WireBody, type WirePayload } from './wire-payload.ts';
import type { Dice } from './dice.ts';
import type { Witness } from './witness.ts';

const YES: Reply = { error: null, result: true };
const NO: Reply = { error: null, result: false };
const UNKNOWN: Reply = { error: 'Unable to handle the command', result: null };

interface OriginalInit {
  readonly id: PeerId;
  readonly router: Router;
  readonly witness: Witness;
  readonly dice: Dice;
  /** How often its application fails on an approval. */
  readonly errs: number;
}

abstract class Original {
  readonly id: PeerId;
  protected readonly init: OriginalInit;
  readonly #life: Life;
  #rid = 0;

  constructor(init: OriginalInit) {
    this.id = init.id;
    this.init = init;
    this.#life = { peer: init.id, alive: true, crash: () => undefined };
  }

  start(): void {
    this.init.router.join(this.#life, (arrival) => Promise.resolve(this.answer(arrival)));
  }

  protected abstract answer(arrival: Arrival): Reply;

  protected send(
    to: PeerId,
    cmd: string,
    body: WireBody,
    settle: (isYes: boolean) => void = () => undefined,
    service: Sending['service'] = 'direct',
  ): void {
    const payload: WirePayload = { cmd, body };
    this.#rid += 1;
    const sending = { rid: this.#rid, service, text: JSON.stringify(payload), payload, timeoutMs: REQUEST_TIMEOUT_MS };
    this.init.router.send(this.#life, to, { ...sending, once: true }, (result) => {
      settle(result.kind === 'answer');
    });
  }

  protected broadcast(cmd: string, body: WireBody): void {
    for (const peer of this.init.router.peers) if (peer !== this.id) this.send(peer, cmd, body, undefined, 'broadcast');
  }
}

/** Accepts every offer that it receives. An approval is the deal, and nothing changes that. */
export class OriginalTaker extends Original {
  readonly took = new Set<OfferKey>();
  readonly #wanted = new Set<OfferKey>();

  protected answer({ payload: { cmd, body } }: Arrival): Reply {
    const offer = keyOf(body);
    switch (cmd) {
      case 'offer:new':
        if (offer !== null) this.#onOffer(offer, body);
        return YES;
      case 'offer:done':
        return YES;
      case 'offer:accept:approved':
        return offer === null ? UNKNOWN : this.#onApproval(offer);
      default:
        return UNKNOWN;
    }
  }

  #onOffer(offer: OfferKey, { offerId = '', source = '' }: WireBody): void {
    const { dice, router } = this.init;
    if (this.#wanted.has(offer) || !dice.chance(0.7)) return;
    this.#wanted.add(offer);
    router.timeline.after(dice.spread(1, 2_000), () => {
      this.send(source as PeerId, 'offer:accept', { offerId, source, destination: this.id });
    });
  }

  #onApproval(offer: OfferKey): Reply {
    const { dice, errs, witness } = this.init;
    if (!this.#wanted.has(offer)) return UNKNOWN;
    if (dice.chance(errs)) {
      // Also after it has taken the offer: a restart has lost that.
      witness.fault?.(this.took.has(offer) ? "original's restart" : "original's error", `${this.id} ${offer}`);
      return { error: 'ERR_API_BASE: something went wrong', result: null };
    }
    this.took.add(offer);
    witness.took?.(this.id, offer);
    return YES;
  }
}

interface OwnOffer {
  readonly waiting: PeerId[];
  state: 'open' | 'asking' | 'gone';
}

/** Approves the next taker if the answer to an approval is lost. */
export class OriginalMaker extends Original {
  readonly #own = new Map<string, OwnOffer>();

  /** Announces an offer in the format of the original, without an expiry. */
  announce(offerId: string): OfferKey {
    this.#own.set(offerId, { waiting: [], state: 'open' });
    const body = { offerId, source: this.id, type: 'sell', amount: 1 };
    this.broadcast('offer:new', body);
    return `${this.id}/${offerId}` as OfferKey;
  }

  /** How long a taker may wait for one of its offers. */
  static readonly hopeMs = LIMITS.assumedValidityMs + LIMITS.clockSkewMs;

  protected answer({ payload: { cmd, body } }: Arrival): Reply {
    if (cmd !== 'offer:accept') return cmd === 'offer:new' || cmd === 'offer:done' ? YES : UNKNOWN;
    const { offerId = '', destination = '' } = body;
    const own = this.#own.get(offerId);
    if (own === undefined) return UNKNOWN;
    if (own.state === 'gone') return NO;
    own.waiting.push(destination as PeerId);
    this.#next(offerId, own);
    return YES;
  }

  #next(offerId: string, own: OwnOffer): void {
    const taker = own.state === 'open' ? own.waiting.shift() : undefined;
    if (taker === undefined) return;
    own.state = 'asking';
    this.send(taker, 'offer:accept:approved', { offerId, source: this.id, destination: taker }, (isYes) => {
      own.state = isYes ? 'gone' : 'open';
      if (isYes) this.broadcast('offer:done', { offerId });
      else this.#next(offerId, own);
    });
  }
}
