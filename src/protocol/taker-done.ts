/** Handles `offer:done`: the outcome from the maker. */
import { refusal, type Answer, type OfferDone, type Outcome, type Signature } from './messages.ts';
import { onOriginalsDone } from './original-maker.ts';
import { contradiction, type TakerContext } from './taker-context.ts';
import { loseBy, win } from './taker-outcome.ts';
import { isTakerFinished } from './taker-state.ts';

export function onDone(context: TakerContext, done: OfferDone, auth: Signature | undefined): Answer {
  const { dialect, phase } = context.state;
  const { outcome } = done;
  if (outcome === null) {
    if (dialect === 'original') return onOriginalsDone(context);
    return refusal('ERR_INVALID_MESSAGE', 'the end of this offer needs an outcome');
  }
  const isOurs = outcome === 'awarded' && done.winner === context.self;
  if (phase === 'closed' || phase === 'voided') return onTruth(context, outcome, isOurs);
  return isOurs ? onAward(context, done, auth) : onLoss(context, outcome);
}

/** Awarded to us. */
function onAward(context: TakerContext, done: OfferDone, auth: Signature | undefined): Answer {
  const { dialect, phase, epoch, unitPrice } = context.state;
  if (phase === 'won' && (done.epoch === epoch || dialect === 'original')) return { kind: 'acknowledged' };
  if (done.unitPrice !== unitPrice) return contradiction(context, 'awarded at another price than we confirmed');
  if (phase === 'confirmed' && done.epoch !== null && done.epoch === epoch) return win(context, epoch, 'done', auth);
  return contradiction(context, `awarded to us in ${phase}, which we did not confirm`);
}

function onLoss(context: TakerContext, outcome: Outcome): Answer {
  const { phase } = context.state;
  if (phase === 'won') return contradiction(context, `${outcome}, but awarded to us before`);
  // An offer that we gave up is lost then. One that we withdrew stays withdrawn.
  if (phase === 'gaveUp' || !isTakerFinished(context.state)) loseBy(context, outcome);
  return { kind: 'acknowledged' };
}

/**
 * After the doubt was resolved by hand, or the offer voided. Recorded once, although the maker repeats it until it is
 * acknowledged.
 */
function onTruth(context: TakerContext, outcome: Outcome, won: boolean): Answer {
  const { truth, closedAs } = context.state;
  if (truth !== null) {
    if (truth.outcome === outcome && truth.won === won) return { kind: 'acknowledged' };
    return contradiction(context, `${outcome}, but ${truth.outcome} in an earlier message`);
  }
  context.record({ type: 'truth', at: context.wallMs, outcome, won });
  const contradicts = closedAs !== null && won !== (closedAs === 'won');
  context.notice({ event: 'deal.truth', outcome, won, contradicts });
  return { kind: 'acknowledged' };
}
