/**
 * Renewal: a new offer in place of one that has failed or ended without a deal. This module decides when it is
 * possible, when it is due, and what the new offer inherits. Source: docs/PROTOCOL.md, "After the deal".
 */
import type { DealReports } from './deal-reports.ts';
import type { OfferId } from './ids.ts';
import type { MakerPhase } from './lifecycle.ts';
import type { OfferTerms, Peer } from './messages.ts';
import type { OfferPlan } from './records.ts';

/** The part of a maker's state that is used here. */
interface Renewable {
  readonly terms: OfferTerms;
  readonly plan: OfferPlan;
  readonly phase: MakerPhase;
  readonly award: { readonly taker: Peer } | null;
  readonly reports: DealReports;
  /** The winner did not report in time. */
  readonly isOverdue: boolean;
  /** It was cancelled to be renewed with this validity. */
  readonly renewForMs: number | null;
  readonly renewedAs: OfferId | null;
}

/** Whether the deal has failed: by the maker's own report, else by the winner's, else by the time limit. */
export function hasFailed({ award, reports, isOverdue }: Renewable): boolean {
  if (award === null) return false;
  const result = reports.own?.result ?? reports.other?.result;
  return result === undefined ? isOverdue : result === 'failed';
}

export function canBeRenewed(state: Renewable): boolean {
  return state.phase === 'cancelled' || state.phase === 'expired' || hasFailed(state);
}

/** Whether a renewal is due: the offer was cancelled for that, or it has failed and its plan says so. */
export function needsRenewal(state: Renewable): boolean {
  const { plan, terms, renewForMs, renewedAs } = state;
  if (renewedAs !== null) return false;
  if (renewForMs !== null) return true;
  if (plan.ifFailed === undefined || !hasFailed(state)) return false;
  return (terms.attempt ?? 1) < plan.ifFailed.attemptsMax;
}

/** The plan of the new offer. It names the old one, so that the new one is found after a crash. */
export function planOfRenewal(state: Renewable): OfferPlan {
  const { terms, plan, award } = state;
  const excluded = [...(plan.excluded ?? [])];
  if (plan.ifFailed?.excludes === true && award !== null && hasFailed(state)) excluded.push(award.taker.id);
  return {
    renews: terms.offerId,
    ...(excluded.length > 0 && { excluded }),
    ...(plan.ifFailed !== undefined && { ifFailed: plan.ifFailed }),
  };
}
