/**
 * L1: what must have come to its end some time after nothing was done to the world any more. Looks at journals, as the
 * other checkers do, and at what desks have left behind.
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
  /** Whether that peer was up until the end. */
  readonly isUp: (peer: PeerId) => boolean;
}

/** Longest waits of the protocol together, so that whoever has so much time gets his chance. */
const ENOUGH_MS = 150_000;
/** Real time after which what was promised must have come about; clocks may be a few per cent fast or slow. */
export const PROMISE_MS = 1.05 * ENOUGH_MS;

export function livenessChecks(): Checks {
  return new Checks('offers', 'takers', 'promised awards');
}

export interface PromiseInit {
  readonly nowOf: (desk: PeerId) => number;
  /** Attempts that a taker has left to get its acceptance through, as far as it knows. */
  readonly attemptsLeft: (taker: PeerId, offer: OfferKey) => number;
}

/** An offer that has to be awarded, to whomever, because these want it and there is time enough on all clocks. */
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
      // The attempt that is under way may have been lost before all was well.
      .filter(([taker, wish]) => wish.state.phase === 'confirmed' || attemptsLeft(taker, offer) > 1)
      .map(([taker]) => taker);
    return takers.length === 0 ? [] : [{ offer, takers }];
  });
}

/**
 * Holds and other waits last as long as they say in real time, whatever was done to any clock: so this is looked at when that time is
 * over, and not only at the end.
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
  // Their operators may have changed their minds.
  const isWanted = takers.some((taker) => !BY_OPERATORS.has(ledger.taker(offer, taker)?.state.phase ?? ''));
  if (!isWanted) return;
  throw new Violation(`L1: ${offer} had a willing, reachable taker and time enough, and is ${phase ?? 'unknown'}`);
}

const BY_OPERATORS: ReadonlySet<string> = new Set(['closed', 'withdrawn', 'voided']);

function checkOffer({ ledger, isUp }: Ending, offer: OfferKey, state: MakerState): void {
  if (state.phase === 'open' || state.phase === 'reserved') throw new Violation(`L1: ${offer} is still ${state.phase}`);
  // Who was restored may have forgotten that it confirmed.
  if (state.outcomeRecipient !== null && ledger.wereRestored.has(state.outcomeRecipient.id)) return;
  // It may owe a report as well: see the report checker.
  if (state.outcomeRecipient === null || !isUp(state.outcomeRecipient.id)) return;
  throw new Violation(`L1: the outcome of ${offer} is still owed to ${state.outcomeRecipient.id}`);
}

function checkTaker({ ledger, isUp }: Ending, offer: OfferKey, taker: PeerId, state: TakerState): void {
  const makerId = makerOfKey(offer);
  if (!isOver(state)) {
    // Only its maker can end the doubt of who has confirmed.
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

/** For the taker; it may owe a report, or may want the offer anew. */
function isOver({ phase }: Pick<TakerState, 'phase'>): boolean {
  return hasStopped(phase) || isFinal<TakerPhase>(TAKER_LIFECYCLE, phase);
}
