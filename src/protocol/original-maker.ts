/**
 * The taker's handling of a maker that is a client of the original demo: its approval is the deal, and there is no
 * confirmation. Its `offer:done` only means that the offer has ended. Source of every rule: docs/PROTOCOL.md, "Clients
 * of the original".
 */
import { refusal, type Answer } from './messages.ts';
import type { TakerContext } from './taker-context.ts';
import { lose } from './taker-outcome.ts';
import { isTakerFinished } from './taker-state.ts';

export function onOriginalsApproval(context: TakerContext): Answer {
  const { phase } = context.state;
  if (phase === 'accepting' || phase === 'queued') {
    context.record({ type: 'won', at: context.wallMs, epoch: null });
    context.notice({ event: 'deal.won', epoch: null });
  } else if (phase !== 'won') {
    return refusal('ERR_NOT_INTERESTED', `not wanted: ${phase}`);
  }
  return { kind: 'confirmed', epoch: null };
}

export function onOriginalsDone(context: TakerContext): Answer {
  if (!isTakerFinished(context.state)) lose(context, 'taken');
  return { kind: 'acknowledged' };
}
