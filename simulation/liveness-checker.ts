/**
 * Checks L1: some time after the last fault, every offer must have ended. Compares journals, as the other checkers do, and the remaining
 * alarms and requests of the desks.
 */
import type { OfferKey, PeerId } from '../src/protocol/ids.ts';
import { hasStopped, isFinal, TAKER_LIFECYCLE, type TakerPhase } from '../src/protocol/lifecycle.ts';
import type { MakerState } from '../src/protocol/maker-state.ts';
import type { TakerState } from '../src/protocol/taker-state.ts';
import { Checks } from './checks.ts';
import type { Ledger } from './ledger.ts';
import { isOurs, makerOfKey } from './wire-payload.ts';
import { Violation } from './witness.ts';

export interface Ending {
  readonly ledger: Ledger;
  /** Whether this peer was up until the end. */
  readonly isUp: (peer: PeerId) => boolean;
}

/** The longest waits of the protocol together: after this time, each taker had its turn. */
const ENOUGH_MS = 150_000;
/** The real time after which promises must be fulfilled. Clocks can be a few per cent fast or slow. */
export const PROMISE_MS = 1.05 * ENOUGH_MS;

export function livenessChecks(): Checks {
  return new Checks('offers', 'takers', 'promised awards');
}

export interface PromiseInit {
  readonly nowOf: (desk: PeerId) => number;
  /** The number of acceptance attempts that a taker has left. */
  readonly attemptsLeft: (taker: PeerId, offer: OfferKey) => number;
}

/** An offer that must be awarded to any of these takers, as there is enough time on all clocks. */
export interface PromisedAward {
  readonly offer: OfferKey;
  readonly takers: readonly PeerId[];
}

export function promisedAwards({ ledger, isUp }: Ending, init: PromiseInit): readonly PromisedAward[] {
  const { nowOf, attemptsLeft } = init;
  const hasTime = (desk: PeerId, { terms: { expiresAt } }: TakerState | MakerState): boolean =>
    isUp(desk) && (expiresAt ?? 0) - nowOf(desk) > ENOUGH_MS;
  return [...ledger.offers].flatMap(([offer, { state }]) => {
    if ((state.phase !== 'open' && state.phase !== 'reserved') || !hasTime(makerOfKey(offer), state)) return [];
    const takers = [...ledger.takers(offer)]
      .filter(([taker, wish]) => !isOver(wish.state) && hasTime(taker, wish.state))
      .filter(([taker]) => state.plan.excluded?.includes(taker) !== true)
      // A fault may have lost the current attempt.
      .filter(([taker, wish]) => wish.state.phase === 'confirmed' || attemptsLeft(taker, offer) > 1)
      .map(([taker]) => taker);
    return takers.length === 0 ? [] : [{ offer, takers }];
  });
}

/**
 * Holds and other waits are real time, even if clocks are set. So this is called after that time, and not only at the end.
 * @throws Violation
 */
export function checkPromises(ending: Ending, promised: readonly PromisedAward[], checks: Checks): void {
  for (const promise of promised) {
    checks.did('promised awards');
    checkPromise(ending, promise);
  }
}

/** @throws Violation */
export function checkEnding(ending: Ending, checks: Checks): void {
  const { ledger, isUp } = ending;
  for (const [offer, { state }] of ledger.offers) {
    if (isUp(makerOfKey(offer))) {
      checks.did('offers');
      checkOffer(ending, offer, state);
    }
  }
  for (const [offer, takers] of ledger.wanted) {
    for (const [taker, { state }] of takers)
      if (isUp(taker)) {
        checks.did('takers');
        checkTaker(ending, offer, taker, state);
      }
  }
}

function checkPromise({ ledger }: Ending, { offer, takers }: PromisedAward): void {
  const phase = ledger.maker(offer)?.phase;
  if (phase === 'awarded' || phase === 'cancelled' || ledger.wereRestored.has(makerOfKey(offer))) return;
  // Their operators may have withdrawn.
  const isWanted = takers.some((taker) => !BY_OPERATORS.has(ledger.taker(offer, taker)?.state.phase ?? ''));
  if (!isWanted) return;
  throw new Violation(`L1: ${offer} had a willing, reachable taker and time enough, and is ${phase ?? 'unknown'}`);
}

const BY_OPERATORS: ReadonlySet<string> = new Set(['closed', 'withdrawn', 'voided']);

function checkOffer({ ledger, isUp }: Ending, offer: OfferKey, state: MakerState): void {
  if (state.phase === 'open' || state.phase === 'reserved') throw new Violation(`L1: ${offer} is still ${state.phase}`);
  // A restored taker may have lost its confirmation.
  if (state.outcomeRecipient !== null && ledger.wereRestored.has(state.outcomeRecipient.id)) return;
  // A report may be missing too: the report checker checks that.
  if (state.outcomeRecipient === null || !isUp(state.outcomeRecipient.id)) return;
  throw new Violation(`L1: the outcome of ${offer} is still owed to ${state.outcomeRecipient.id}`);
}

function checkTaker({ ledger, isUp }: Ending, offer: OfferKey, taker: PeerId, state: TakerState): void {
  const makerId = makerOfKey(offer);
  if (!isOver(state)) {
    // Only the maker can end the doubt of a taker that has confirmed.
    if (state.phase === 'confirmed' && (!isUp(makerId) || ledger.wereRestored.has(makerId))) return;
    throw new Violation(`L1: ${taker} is left ${state.phase} about ${offer}`);
  }
  const { phase, reason, truth } = state;
  if ((phase === 'lost' || phase === 'gaveUp') && reason === null) {
    throw new Violation(`L1: ${taker} ${phase} ${offer} without a reason`);
  }
  const maker = ledger.maker(offer);
  if (!isOurs(makerId) || maker === null || ledger.wereRestored.has(makerId) || ledger.wereRestored.has(taker)) return;
  const end = maker.phase === 'awarded' ? 'taken' : maker.phase;
  const wasRefused = reason === 'refused' && maker.plan.excluded?.includes(taker) === true;
  if (phase === 'lost' && reason !== end && !wasRefused)
    throw new Violation(`L1: ${taker} was told ${reason ?? ''} of ${offer}, which is ${end}`);
  if (truth !== null && truth.outcome !== maker.phase) {
    throw new Violation(`L1: ${taker} was told the truth ${truth.outcome} of ${offer}, which is ${maker.phase}`);
  }
}

/** Whether the offer has ended for the taker. It may still report, or accept again. */
function isOver({ phase }: Pick<TakerState, 'phase'>): boolean {
  return hasStopped(phase) || isFinal<TakerPhase>(TAKER_LIFECYCLE, phase);
}
