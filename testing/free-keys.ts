/**
 * An attack with free keys on one offer, in simulated time: unknown takers fill the queue and never answer. Then an honest taker
 * accepts, retries as in the protocol, and answers at once.
 */
import { backOffMs, fractionOf } from '../src/protocol/back-off.ts';
import type { OfferId, PeerId } from '../src/protocol/ids.ts';
import { LIMITS } from '../src/composition/limits.ts';
import { stepMaker } from '../src/protocol/maker.ts';
import { makerDeadline, type MakerState } from '../src/protocol/maker-state.ts';
import type { OfferTerms, Peer } from '../src/protocol/messages.ts';
import type { MakerInput, StepResult } from '../src/protocol/step.ts';
import type { MakerRecord } from '../src/protocol/records.ts';

export interface Attack {
  /** The number of silent takers in the queue; one more holds the offer. */
  readonly keys: number;
  readonly taker: 'stranger' | 'known';
  /** Whether a silent taker accepts again as soon as its hold has ended. */
  readonly comeBack: boolean;
}

const VALID_FOR_MS = 2 * 3_600_000;
const MAKER = 'maker' as PeerId;
const OFFER = 'offer' as OfferId;
const HONEST = 'honest' as PeerId;

/**
 * @param rules `plain`: order of arrival, and full holds; `now`: the rules of the protocol
 * @returns milliseconds until the honest taker is asked to confirm; null: it gave up, or had no turn within two hours
 */
export function queueOfFreeKeys(attack: Attack, rules: 'plain' | 'now', seed: number): number | null {
  return new Siege(attack, rules, seed).run();
}

class Siege {
  readonly #attack: Attack;
  readonly #rules: 'plain' | 'now';
  readonly #seed: number;
  #state: MakerState | null = null;
  #nowMs = 0;
  #steps = 0;
  #attempt = 0;
  #askAtMs = 0;

  constructor(attack: Attack, rules: 'plain' | 'now', seed: number) {
    this.#attack = attack;
    this.#rules = rules;
    this.#seed = seed;
  }

  run(): number | null {
    const terms = { offerId: OFFER, maker: MAKER, issuedAt: 0, expiresAt: VALID_FOR_MS } as OfferTerms;
    this.#step({ kind: 'open', terms });
    for (let key = 0; key <= this.#attack.keys; key += 1) this.#accept(`key-${key}` as PeerId);
    while (this.#nowMs < VALID_FOR_MS) {
      if (this.#nowMs >= this.#askAtMs && !this.#retry()) return null;
      if (this.#state?.reservation?.taker.id === HONEST) return this.#nowMs;
      const dueMs = this.#state === null ? null : makerDeadline(this.#state).monotonicMs;
      this.#nowMs = Math.max(this.#nowMs, Math.min(this.#askAtMs, dueMs ?? Infinity));
      this.#tick();
    }
    return null;
  }

  /**
   * Like a real taker: retries until it is in the queue. Then it asks from time to time whether it still is.
   * @returns false when it gives up
   */
  #retry(): boolean {
    if (!this.#isQueued) this.#accept(HONEST, this.#attack.taker === 'known');
    if (this.#isQueued) {
      this.#attempt = 0;
      this.#askAtMs = this.#nowMs + LIMITS.queuedStatusMinMs;
      return true;
    }
    this.#attempt += 1;
    this.#askAtMs = this.#nowMs + backOffMs(this.#attempt, LIMITS.acceptRetryMinMs, LIMITS.acceptRetryMaxMs, HONEST);
    return this.#attempt < LIMITS.acceptMaxAttempts;
  }

  get #isQueued(): boolean {
    if (this.#state?.reservation?.taker.id === HONEST) return true;
    return [...(this.#state?.queue ?? [])].some(({ taker }) => taker.id === HONEST);
  }

  #tick(): void {
    const silent = this.#state?.reservation?.taker.id;
    const { records } = this.#step({ kind: 'tick' });
    const isFree = records.some(({ type }) => type === 'released');
    if (isFree && this.#attack.comeBack && silent !== undefined) this.#accept(silent);
  }

  #accept(taker: PeerId, isKnown = false): void {
    const from: Peer = { id: taker, dialect: 'grapevine', verified: true };
    const message = { cmd: 'offer:accept', offerId: OFFER, maker: MAKER, taker } as const;
    // If all takers are known, the order of arrival decides.
    this.#step({ kind: 'message', from, message, isKnown: isKnown || this.#rules === 'plain' });
  }

  #step(input: MakerInput): StepResult<MakerState, MakerRecord> {
    this.#steps += 1;
    const random = fractionOf(`${this.#seed}/${this.#steps}`);
    const env = { wallMs: this.#nowMs, monotonicMs: this.#nowMs, life: 1, random };
    const result = stepMaker(this.#state, input, env);
    this.#state = result.state && (this.#rules === 'plain' ? { ...result.state, hadTurn: [] } : result.state);
    // A silent taker never answers, so the network gives up on the request.
    for (const effect of result.effects) {
      if (effect.kind !== 'send' || effect.to.id === HONEST) continue;
      this.#state = this.#state && lost(this.#state);
    }
    return result;
  }
}

/** The pending approval has no answer. In this model, it is not sent again. */
function lost(state: MakerState): MakerState {
  const { reservation } = state;
  return reservation === null ? state : { ...state, reservation: { ...reservation, isInFlight: true } };
}
