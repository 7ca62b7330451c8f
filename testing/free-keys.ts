/**
 * The attack of free keys on one offer, in simulated time: strangers fill the queue and never answer, then an honest taker comes,
 * tries as the protocol says, and answers at once.
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
  /** How many wait in the queue; one more holds the offer. */
  readonly keys: number;
  readonly taker: 'stranger' | 'known';
  /** A silent key accepts again at once. */
  readonly comeBack: boolean;
}

const VALID_FOR_MS = 2 * 3_600_000;
const MAKER = 'maker' as PeerId;
const OFFER = 'offer' as OfferId;
const HONEST = 'honest' as PeerId;

/**
 * @param rules `plain`: in order of arrival, each with its full hold
 * @returns milliseconds until the honest taker is asked to confirm; null: it gave up before, or had no turn within two hours
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
      if (this.#nowMs >= this.#askAtMs && !this.#tryOn()) return null;
      if (this.#state?.reservation?.taker.id === HONEST) return this.#nowMs;
      const dueMs = this.#state === null ? null : makerDeadline(this.#state).monotonicMs;
      this.#nowMs = Math.max(this.#nowMs, Math.min(this.#askAtMs, dueMs ?? Infinity));
      this.#tick();
    }
    return null;
  }

  /** As a taker does: some attempts to get into the queue, and once it waits a question now and then whether it still does. */
  #tryOn(): boolean {
    if (!this.#waits) this.#accept(HONEST, this.#attack.taker === 'known');
    if (this.#waits) {
      this.#attempt = 0;
      this.#askAtMs = this.#nowMs + LIMITS.queuedStatusMinMs;
      return true;
    }
    this.#attempt += 1;
    this.#askAtMs = this.#nowMs + backOffMs(this.#attempt, LIMITS.acceptRetryMinMs, LIMITS.acceptRetryMaxMs, HONEST);
    return this.#attempt < LIMITS.acceptMaxAttempts;
  }

  get #waits(): boolean {
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
    // Where nobody is a stranger, the rules are those of arrival.
    this.#step({ kind: 'message', from, message, isKnown: isKnown || this.#rules === 'plain' });
  }

  #step(input: MakerInput): StepResult<MakerState, MakerRecord> {
    this.#steps += 1;
    const random = fractionOf(`${this.#seed}/${this.#steps}`);
    const env = { wallMs: this.#nowMs, monotonicMs: this.#nowMs, life: 1, random };
    const result = stepMaker(this.#state, input, env);
    this.#state = result.state && (this.#rules === 'plain' ? { ...result.state, hadTurn: [] } : result.state);
    // Nothing that is sent to a silent key is ever answered; the network gives up on it.
    for (const effect of result.effects) {
      if (effect.kind !== 'send' || effect.to.id === HONEST) continue;
      this.#state = this.#state && lost(this.#state);
    }
    return result;
  }
}

/** The approval that was under way has no answer: it is sent again later, and not in this model. */
function lost(state: MakerState): MakerState {
  const { reservation } = state;
  return reservation === null ? state : { ...state, reservation: { ...reservation, isInFlight: true } };
}
