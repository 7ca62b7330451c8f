/**
 * Status queries (`offer:status`). A queued taker asks the maker from time to time. A taker that has confirmed is in
 * doubt: it asks until it knows the decision, and decides nothing by itself.
 */
import { isUndecided } from './lifecycle.ts';
import type { SendResult, StatusAnswer } from './messages.ts';
import { acceptAgain } from './taker-acceptance.ts';
import { loseHold } from './taker-approval.ts';
import {
  confirmedWaitMs,
  contradiction,
  partiesOf,
  queuedWaitMs,
  sendToMaker,
  type TakerContext,
} from './taker-context.ts';
import { lose, loseBy, win } from './taker-outcome.ts';

export function sendDueStatusQuery(context: TakerContext): void {
  const { phase, dialect, isStatusQueryInFlight, statusQueryAt } = context.state;
  const asks = phase === 'confirmed' || (phase === 'queued' && dialect === 'grapevine');
  if (!asks || isStatusQueryInFlight || context.monotonicMs < statusQueryAt) return;
  context.set({ isStatusQueryInFlight: true });
  sendToMaker(context, { cmd: 'offer:status', ...partiesOf(context) }, { what: 'status' });
}

export function onStatusResult(context: TakerContext, result: SendResult): void {
  context.set({ isStatusQueryInFlight: false });
  const { phase } = context.state;
  if (phase !== 'queued' && phase !== 'confirmed') return;
  if (result.kind !== 'status') {
    onFailedQuery(context, result);
    return;
  }
  context.set({ failedQueries: 0, ...(result.standing === 'none' && { announcedQueries: 0 }) });
  if (phase === 'confirmed') onConfirmedStatus(context, result);
  else onQueuedStatus(context, result);
}

function onFailedQuery(context: TakerContext, result: Exclude<SendResult, StatusAnswer>): void {
  const { phase, failedQueries, epoch } = context.state;
  const code = 'code' in result ? result.code : 'ERR_ANSWER_INVALID';
  context.set({ failedQueries: failedQueries + 1 });
  if (phase === 'confirmed') {
    // Also for ERR_OFFER_UNKNOWN: the maker stored the offer before our confirmation. So it has lost its journal or
    // restored a copy, and perhaps nobody knows its decision.
    if (failedQueries === 0) context.notice({ event: 'deal.in_doubt', epoch: epoch ?? 0, reason: code });
    context.set({ statusQueryAt: context.monotonicMs + confirmedWaitMs(context, failedQueries + 2) });
  } else if (result.kind === 'refused' && code === 'ERR_OFFER_UNKNOWN') {
    lose(context, 'unknown-offer');
  } else {
    context.set({ statusQueryAt: context.monotonicMs + queuedWaitMs(context, failedQueries + 2) });
  }
}

function onConfirmedStatus(context: TakerContext, status: StatusAnswer): void {
  const { phase, standing, epoch } = status;
  const confirmed = context.state.epoch;
  context.set({ statusQueryAt: context.monotonicMs + confirmedWaitMs(context, 1) });
  // A delayed answer from before our reservation says nothing about it. But a lost offer has no later reservation.
  if (confirmed === null || (epoch < confirmed && standing !== 'lost')) return;
  if (standing === 'won') {
    onAward(context, confirmed, status);
  } else if (standing === 'lost') {
    if (!isUndecided(phase)) loseBy(context, phase);
  } else if (standing !== 'reserved' || epoch > confirmed) {
    loseHold(context, confirmed);
  }
}

function onAward(context: TakerContext, confirmed: number, { epoch, unitPrice, auth }: StatusAnswer): void {
  if (unitPrice !== context.state.unitPrice) contradiction(context, 'awarded at another price than we confirmed');
  else if (epoch === confirmed) win(context, epoch, 'status', auth);
  else contradiction(context, `awarded to us in reservation ${epoch}, which we did not confirm`);
}

function onQueuedStatus(context: TakerContext, { phase, standing }: StatusAnswer): void {
  // For every answer, even an invalid one, so that there is a pause before the next query.
  context.set({ statusQueryAt: context.monotonicMs + queuedWaitMs(context, 2) });
  switch (standing) {
    case 'won':
      contradiction(context, 'awarded to us, but we did not confirm');
      lose(context, 'contradiction');
      return;
    case 'lost':
      if (!isUndecided(phase)) loseBy(context, phase);
      return;
    case 'none':
      acceptAgain(context);
      return;
    case 'queued':
      return;
    case 'reserved':
      context.set({ statusQueryAt: context.monotonicMs + confirmedWaitMs(context, 1) });
  }
}
