/**
 * The taker's half of the protocol. Once it has confirmed it never concludes anything by itself: only its maker's word ends
 * the doubt (or an operator, who is recorded as such). Source of every rule: docs/PROTOCOL.md, "The taker".
 */
import { bidOf } from './acceptance.ts';
import { backOffMs } from './back-off.ts';
import { takerMustSync } from './durability.ts';
import type { ErrorCode } from './errors.ts';
import type { Decimal, PeerId } from './ids.ts';
import { hasStopped, isFinal, TAKER_LIFECYCLE, type TakerPhase } from './lifecycle.ts';
import { LIMITS } from './limits.ts';
import {
  refusal,
  type Answer,
  type Auth,
  type DirectMessage,
  type OfferApproved,
  type OfferDone,
  type OfferNew,
  type OfferTerms,
  type Outcome,
  type Peer,
  type SendResult,
  type StatusAnswer,
} from './messages.ts';
import { isWithinLimit } from './price.ts';
import type { LossReason, TakerRecord } from './records.ts';
import type { Correlation, Received, StepEnvironment, TakerInput, Transition } from './step.ts';
import {
  applyTaker,
  hopeEndsAt,
  makerOf,
  moveTaker,
  seenState,
  takerFinished,
  type TakerState,
} from './taker-state.ts';
import { ReportStep } from './deal-reports.ts';

/** What a refused acceptance means; a code that is not here is worth another attempt. */
const LOSS_BY_CODE: Partial<Record<ErrorCode, LossReason>> = {
  ERR_OFFER_TAKEN: 'taken',
  ERR_OFFER_CANCELLED: 'cancelled',
  ERR_OFFER_EXPIRED: 'expired',
  ERR_OFFER_UNKNOWN: 'unknown-offer',
  ERR_REFUSED: 'refused',
  ERR_INVALID_MESSAGE: 'refused',
  ERR_UNKNOWN_COMMAND: 'refused',
  ERR_CONTRADICTION: 'refused',
  ERR_PRICE_LIMIT: 'refused',
  ERR_NOT_ADDRESSED: 'refused',
  ERR_NOT_ADMITTED: 'refused',
  ERR_UNSIGNED: 'refused',
  // Not ERR_SIGNATURE: what we sign is good, so that it was said of something that somebody else has sent in our name.
};

/**
 * @param self this desk's id
 * @param env its wall clock decides nothing but when to stop hoping
 */
export function stepTaker(
  state: TakerState | null,
  input: TakerInput,
  env: StepEnvironment,
  self: PeerId,
): Transition<TakerState, TakerRecord> {
  if (state !== null) return new TakerTurn(state, env, self).take(input);
  if (input.kind === 'message' && input.message.cmd === 'offer:new' && input.from.id === input.message.terms.maker) {
    const { terms } = input.message;
    if (terms.to?.includes(self) === false) return nothing(refusal('ERR_NOT_ADDRESSED', 'this offer is for others'));
    const { from, auth } = input;
    const seen = seenState({ terms, dialect: from.dialect, ...(auth !== undefined && { auth }) }, env.wallMs);
    if (isTooFarAhead(terms, env.wallMs)) {
      return nothing(refusal('ERR_INVALID_MESSAGE', 'issued in the future, or valid for longer than 30 days from now'));
    }
    if (env.wallMs < hopeEndsAt(seen)) return new TakerTurn(seen, env, self).see();
    return nothing(refusal('ERR_OFFER_EXPIRED', 'the offer was over when we heard of it'));
  }
  return nothing(refusal('ERR_OFFER_UNKNOWN', 'no such offer here'));
}

function nothing(answer: Answer): Transition<TakerState, TakerRecord> {
  return { state: null, records: [], sync: false, answer, effects: [], notices: [] };
}

/** By our own clock: a maker can write any `issuedAt` into its offer, or none. */
function isTooFarAhead({ issuedAt, expiresAt }: OfferTerms, wallMs: number): boolean {
  const latest = wallMs + LIMITS.validitySkewMs;
  return (issuedAt ?? 0) > latest || (expiresAt ?? 0) > latest + LIMITS.validityMaxMs;
}

class TakerTurn extends ReportStep<TakerState, TakerRecord> {
  protected readonly side = 'taker';
  readonly #self: PeerId;

  constructor(state: TakerState, env: StepEnvironment, self: PeerId) {
    super(state, env, { apply: applyTaker, mustSync: takerMustSync });
    this.#self = self;
  }

  protected partner(): Peer | null {
    return this.state.phase === 'won' ? makerOf(this.state) : null;
  }

  see(): Transition<TakerState, TakerRecord> {
    this.notice({ event: 'offer.received', terms: this.state.terms });
    return this.finish({ kind: 'acknowledged' });
  }

  take(input: TakerInput): Transition<TakerState, TakerRecord> {
    if (input.kind === 'void') return this.#void();
    if (input.kind === 'recover') this.#forgetWhatWasUnderWay();
    const answer = this.#dispatch(input);
    this.#settleHope();
    this.#sendWhatIsDue();
    return this.finish(answer);
  }

  #dispatch(input: Exclude<TakerInput, { kind: 'void' }>): Answer | null {
    switch (input.kind) {
      case 'message':
        return this.#onMessage(input);
      case 'result':
        this.#onResult(input.correlation, input.result);
        return null;
      case 'accept':
        return this.#accept(input.unitPrice);
      case 'withdraw':
        return this.#withdraw();
      case 'unlisted':
        // What we take part in ends by its maker's word about us alone.
        if (this.state.phase === 'seen') this.#lose('unknown-offer', null);
        return null;
      case 'resolve':
        return this.#resolve(input.as);
      case 'report':
        return this.report(input.result, input.details);
      case 'recover':
      case 'tick':
        return null;
    }
  }

  // ---- commands of the operator ---------------------------------------------------------------------------------------

  #accept(unitPrice: Decimal | undefined): Answer {
    // Nobody is told "accepted" of an offer whose time is over.
    if (this.state.phase === 'seen') this.#settleHope();
    const { phase, terms } = this.state;
    const bid = unitPrice === terms.unitPrice ? undefined : unitPrice;
    if (phase === 'seen' || hasStopped(phase)) {
      if (this.wallMs >= hopeEndsAt(this.state)) return refusal('ERR_OFFER_EXPIRED', 'the offer is over by now');
      if (!isWithinLimit(terms, bid))
        return refusal('ERR_PRICE_LIMIT', `the maker's limit is ${terms.unitPrice ?? ''}`);
      this.#want(bid);
    } else if (!takerFinished(this.state) && unitPrice !== undefined && bid !== this.state.unitPrice) {
      return refusal('ERR_WRONG_STATE', `it is accepted already, at ${this.state.unitPrice ?? "the maker's price"}`);
    }
    return takerFinished(this.state) && this.state.phase !== 'won' ? this.#overRefusal() : { kind: 'acknowledged' };
  }

  #want(bid: Decimal | undefined): void {
    const { terms, dialect, auth } = this.state;
    const price = bid === undefined ? {} : { unitPrice: bid };
    this.record({
      type: 'accepting',
      at: this.wallMs,
      terms,
      dialect,
      ...price,
      ...(auth !== undefined && { auth }),
    });
    this.#startAccepting();
  }

  #withdraw(): Answer {
    switch (this.state.phase) {
      case 'withdrawn':
        return { kind: 'acknowledged' };
      case 'accepting':
      case 'queued':
        this.record({ type: 'withdrawn', at: this.wallMs });
        this.notice({ event: 'acceptance.withdrawn' });
        // While an acceptance is under way, its withdrawal could overtake it.
        if (!this.state.acceptInFlight) this.#tellWithdrawal();
        return { kind: 'acknowledged' };
      case 'confirmed':
        return refusal('ERR_OFFER_IN_DOUBT', 'too late: confirmed, and only the maker knows whether it was awarded');
      case 'seen':
        return refusal('ERR_WRONG_STATE', 'nothing to withdraw: not accepted');
      default:
        return this.#overRefusal();
    }
  }

  #resolve(as: 'won' | 'lost'): Answer {
    if (this.state.phase !== 'confirmed') return refusal('ERR_WRONG_STATE', 'nothing is in doubt here');
    this.record({ type: 'closed', at: this.wallMs, as });
    this.notice({ event: 'deal.closed_by_hand', as });
    return { kind: 'acknowledged' };
  }

  #overRefusal(): Answer {
    const { phase, reason } = this.state;
    const known = Object.entries(LOSS_BY_CODE).find(([, loss]) => loss === reason)?.[0] as ErrorCode | undefined;
    return refusal(known ?? 'ERR_WRONG_STATE', `this is over: ${phase}${reason === null ? '' : ` (${reason})`}`);
  }

  // ---- messages -----------------------------------------------------------------------------------------------------

  #onMessage({ from, message, auth }: Received): Answer {
    if (from.id !== this.state.terms.maker) {
      return this.#contradiction(`${message.cmd} from ${from.id}, who is not the maker`);
    }
    switch (message.cmd) {
      case 'offer:new':
        return this.#onAnnouncement(message);
      case 'offer:accept:approved':
        return this.#onApproval(message, auth);
      case 'offer:accept:released':
        return this.#onReleased(message.epoch);
      case 'offer:done':
        return this.#onDone(message, auth);
      case 'deal:report':
        return this.onReport(message, from, auth);
      default:
        return this.#contradiction(`${message.cmd} for an offer that is not ours`);
    }
  }

  /**
   * An offer is announced again only while nobody waits for it, so that a taker that thinks it waits may be wrong: it asks. But
   * anybody can repeat an announcement: it changes nothing, and each further one has to wait longer before it makes us ask.
   */
  #onAnnouncement({ terms }: OfferNew): Answer {
    if (!sameTerms(terms, this.state.terms)) return this.#contradiction('the terms of this offer have changed');
    const { phase, hints, hintAt, dialect } = this.state;
    const waits = phase === 'queued' || phase === 'confirmed';
    const mayBeTriedAgain = phase === 'gaveUp' && this.wallMs < hopeEndsAt(this.state);
    if ((!waits && !mayBeTriedAgain) || this.monotonicMs < hintAt) return { kind: 'acknowledged' };
    this.set({ hints: hints + 1, hintAt: this.monotonicMs + this.#hintWait(hints + 1), askAt: this.monotonicMs });
    // Its maker is back, it seems. Whether we still want it is for the desk's program to say.
    if (mayBeTriedAgain) this.notice({ event: 'offer.received', terms: this.state.terms });
    // A maker of the original can't be asked.
    if (phase === 'queued' && dialect === 'original') this.#acceptAnew();
    return { kind: 'acknowledged' };
  }

  #onApproval(approval: OfferApproved, auth: Auth | undefined): Answer {
    const { epoch, unitPrice } = approval;
    const { dialect, phase } = this.state;
    if (dialect === 'original') return this.#onOriginalsApproval();
    if (unitPrice !== this.state.unitPrice) return this.#onApprovalAtOtherPrice();
    if (epoch === null) return refusal('ERR_INVALID_MESSAGE', 'an approval of this offer needs an epoch');
    switch (phase) {
      case 'accepting':
      case 'queued':
        return this.#confirm(epoch, approval, auth);
      case 'confirmed':
        return this.#confirmAgain(epoch, approval, auth);
      case 'won':
        return epoch === this.state.epoch ? { kind: 'confirmed', epoch } : this.#stale(epoch);
      case 'closed':
        // An operator who says that we have it stands by the confirmation; to deny it would give it to somebody else.
        if (this.state.closedAs === 'won' && epoch === this.state.epoch) return { kind: 'confirmed', epoch };
        return refusal('ERR_NOT_INTERESTED', 'not wanted: closed by hand');
      default:
        return refusal('ERR_NOT_INTERESTED', `not wanted: ${phase}`);
    }
  }

  /** Of an acceptance that we took back, when we have accepted anew: the refusal ends that one, so that ours has to be sent again. */
  #onApprovalAtOtherPrice(): Answer {
    const { phase, isAnew } = this.state;
    if (!isAnew || (phase !== 'accepting' && phase !== 'queued'))
      return this.#contradiction('approved at another price than we accepted at');
    if (phase === 'queued') this.#acceptAnew();
    return refusal('ERR_NOT_INTERESTED', 'not wanted: accepted at another price since');
  }

  /** Durable before it is said: a confirmation that a crash could forget might be awarded to somebody who denies it. */
  #confirm(epoch: number, { until }: OfferApproved, auth: Auth | undefined): Answer {
    if (epoch <= this.state.epochFloor) return this.#stale(epoch);
    const hold = until === null ? {} : { until };
    this.record({ type: 'confirmed', at: this.wallMs, epoch, ...hold, ...(auth !== undefined && { auth }) });
    this.notice({ event: 'award.confirmed', epoch });
    this.set({ unanswered: 0, askAt: this.monotonicMs + LIMITS.confirmedStatusMinMs });
    return { kind: 'confirmed', epoch };
  }

  #confirmAgain(epoch: number, approval: OfferApproved, auth: Auth | undefined): Answer {
    const confirmed = this.state.epoch ?? 0;
    if (epoch === confirmed) return { kind: 'confirmed', epoch };
    if (epoch < confirmed) return this.#stale(epoch);
    // A later reservation for us says that the earlier one is over.
    this.record({ type: 'released', at: this.wallMs, epoch: confirmed });
    return this.#confirm(epoch, approval, auth);
  }

  #stale(epoch: number): Answer {
    return refusal('ERR_STALE_EPOCH', `reservation ${epoch.toString()} is over`);
  }

  /** The original knows no reservation: its approval is the deal, and nothing will follow that could confirm it. */
  #onOriginalsApproval(): Answer {
    const { phase } = this.state;
    if (phase === 'accepting' || phase === 'queued') {
      this.record({ type: 'won', at: this.wallMs, epoch: null });
      this.notice({ event: 'deal.won', epoch: null });
    } else if (phase !== 'won') {
      return refusal('ERR_NOT_INTERESTED', `not wanted: ${phase}`);
    }
    return { kind: 'confirmed', epoch: null };
  }

  #onReleased(epoch: number): Answer {
    const { phase, epoch: confirmed, epochFloor } = this.state;
    // An old one that was overtaken by a later reservation says nothing about that.
    if (takerFinished(this.state) || epoch <= epochFloor || (confirmed !== null && epoch < confirmed))
      return { kind: 'acknowledged' };
    if (phase === 'confirmed' && confirmed !== null) this.#loseHold(confirmed);
    else if (phase === 'queued') this.#acceptAnew();
    this.set({ epochFloor: epoch });
    return { kind: 'acknowledged' };
  }

  #onDone(done: OfferDone, auth: Auth | undefined): Answer {
    const { dialect, phase, epoch } = this.state;
    if (done.outcome === null) return dialect === 'original' ? this.#onOriginalsDone() : this.#missingOutcome();
    if (phase === 'closed' || phase === 'voided') return this.#onTruth(done.outcome, done.winner === this.#self);
    const ours = done.outcome === 'awarded' && done.winner === this.#self;
    if (!ours) return this.#onLoss(done.outcome);
    if (phase === 'won' && (done.epoch === epoch || dialect === 'original')) return { kind: 'acknowledged' };
    if (done.unitPrice !== this.state.unitPrice)
      return this.#contradiction('awarded at another price than we confirmed');
    if (phase === 'confirmed' && done.epoch !== null && done.epoch === epoch)
      return this.#win(done.epoch, 'done', auth);
    return this.#contradiction(`awarded to us in ${phase}, which we did not confirm`);
  }

  #onOriginalsDone(): Answer {
    if (!takerFinished(this.state)) this.#lose('taken', null);
    return { kind: 'acknowledged' };
  }

  #missingOutcome(): Answer {
    return refusal('ERR_INVALID_MESSAGE', 'the end of this offer needs an outcome');
  }

  #onLoss(outcome: Outcome): Answer {
    const { phase } = this.state;
    if (phase === 'won') return this.#contradiction(`${outcome}, but awarded to us before`);
    // What we gave up is not tried again then. What we withdrew is none of our business, unless we accept it anew.
    if (phase === 'gaveUp' || !takerFinished(this.state))
      this.#lose(outcome === 'awarded' ? 'taken' : outcome, outcome);
    return { kind: 'acknowledged' };
  }

  /** Once: the maker repeats it until it is acknowledged, and may not fill our journal with it. */
  #onTruth(outcome: Outcome, won: boolean): Answer {
    const { truth } = this.state;
    if (truth !== null) {
      if (truth.outcome === outcome && truth.won === won) return { kind: 'acknowledged' };
      return this.#contradiction(`${outcome}, but we were told ${truth.outcome} before`);
    }
    this.record({ type: 'truth', at: this.wallMs, outcome, won });
    const { closedAs } = this.state;
    const contradicts = closedAs !== null && won !== (closedAs === 'won');
    this.notice({ event: 'deal.truth', outcome, won, contradicts });
    return { kind: 'acknowledged' };
  }

  // ---- results of what was sent ---------------------------------------------------------------------------------------

  #onResult(correlation: Extract<TakerInput, { kind: 'result' }>['correlation'], result: SendResult): void {
    const { round, attempt, phase, acceptInFlight } = this.state;
    if (correlation.what === 'acceptance' && correlation.round === round && correlation.attempt === attempt) {
      this.set({ acceptInFlight: false });
      // An approval may have overtaken the answer to our acceptance.
      if (phase === 'accepting') this.#onAcceptanceResult(result);
      else if (phase === 'withdrawn' && acceptInFlight) this.#onWithdrawnResult(result);
    } else if (correlation.what === 'report') {
      this.onReportResult(result);
    } else if (correlation.what === 'question') {
      this.set({ askInFlight: false });
      if (this.state.phase === 'queued' || this.state.phase === 'confirmed') this.#onQuestionResult(result);
    }
  }

  #onAcceptanceResult(result: SendResult): void {
    if (result.kind === 'queued' || result.kind === 'accepted') {
      this.state = moveTaker(this.state, 'queued');
      this.set({ unanswered: 0, askAt: this.monotonicMs + this.#queuedWait(1) });
      const position = result.kind === 'queued' ? result.position : 0;
      this.notice({ event: 'acceptance.queued', taker: this.#self, position });
    } else if (result.kind === 'declined' && this.state.dialect === 'original') {
      this.#lose('taken', null);
    } else {
      const code = 'code' in result ? result.code : 'ERR_ANSWER_INVALID';
      const loss = result.kind === 'refused' ? LOSS_BY_CODE[code] : undefined;
      if (loss === undefined) this.#retryAcceptance(code, result.kind === 'refused' ? 'refused' : 'unreachable');
      else this.#lose(loss, null);
    }
  }

  /** It was withdrawn while it was under way. */
  #onWithdrawnResult({ kind }: SendResult): void {
    if (kind !== 'refused' && kind !== 'unsent') this.#tellWithdrawal();
  }

  #retryAcceptance(reason: ErrorCode, loss: LossReason): void {
    const { attempt } = this.state;
    if (attempt >= LIMITS.acceptMaxAttempts) {
      this.#giveUp(loss);
      return;
    }
    const inMs = backOffMs(attempt, LIMITS.acceptRetryMinMs, LIMITS.acceptRetryMaxMs, this.#spread());
    this.set({ acceptAt: this.monotonicMs + inMs });
    this.notice({ event: 'acceptance.retry', attempt, reason, inMs });
  }

  #onQuestionResult(result: SendResult): void {
    if (result.kind === 'status') {
      this.set({ unanswered: 0 });
      if (this.state.phase === 'confirmed') this.#onConfirmedStatus(result);
      else this.#onQueuedStatus(result);
      return;
    }
    const { phase, unanswered, epoch } = this.state;
    const code = 'code' in result ? result.code : 'ERR_ANSWER_INVALID';
    this.set({ unanswered: unanswered + 1 });
    if (phase === 'confirmed') {
      // Also when the maker says that it knows nothing: it journalled the offer before it announced it, so it has lost
      // its journal, and nobody can tell any more what it decided.
      if (unanswered === 0) this.notice({ event: 'deal.in_doubt', epoch: epoch ?? 0, reason: code });
      this.set({ askAt: this.monotonicMs + this.#confirmedWait(unanswered + 2) });
    } else if (result.kind === 'refused' && code === 'ERR_OFFER_UNKNOWN') {
      this.#lose('unknown-offer', null);
    } else {
      this.set({ askAt: this.monotonicMs + this.#queuedWait(unanswered + 2) });
    }
  }

  #onConfirmedStatus({ phase, standing, epoch, unitPrice, auth }: StatusAnswer): void {
    const confirmed = this.state.epoch;
    this.set({ askAt: this.monotonicMs + this.#confirmedWait(1) });
    // An answer from before our reservation says nothing about it; it was overtaken. But no reservation follows the end.
    if (confirmed === null || (epoch < confirmed && standing !== 'lost')) return;
    if (standing === 'won') {
      if (unitPrice !== this.state.unitPrice) this.#contradiction('awarded at another price than we confirmed');
      else if (epoch === confirmed) this.#win(epoch, 'status', auth);
      else this.#contradiction(`awarded to us in reservation ${epoch.toString()}, which we did not confirm`);
    } else if (standing === 'lost') {
      if (phase === 'awarded' || phase === 'cancelled' || phase === 'expired') {
        this.#lose(phase === 'awarded' ? 'taken' : phase, phase);
      }
    } else if (standing !== 'reserved' || epoch > confirmed) {
      this.#loseHold(confirmed);
    }
  }

  #onQueuedStatus({ phase, standing }: StatusAnswer): void {
    // Whatever it says, and be it nonsense: there is a pause before the next question.
    this.set({ askAt: this.monotonicMs + this.#queuedWait(2) });
    switch (standing) {
      case 'won':
        this.#contradiction('awarded to us, but we did not confirm');
        this.#lose('contradiction', null);
        return;
      case 'lost':
        if (phase !== 'open' && phase !== 'reserved') this.#lose(phase === 'awarded' ? 'taken' : phase, phase);
        return;
      case 'none':
        this.set({ hints: 0 });
        this.#acceptAnew();
        return;
      case 'queued':
        return;
      case 'reserved':
        this.set({ askAt: this.monotonicMs + this.#confirmedWait(1) });
    }
  }

  // ---- what the clock does ----------------------------------------------------------------------------------------------

  /** Only before a confirmation; afterwards there is no hope to lose, there is a fact to learn. */
  #settleHope(): void {
    if (this.wallMs < hopeEndsAt(this.state)) return;
    const { phase, dialect, unanswered } = this.state;
    if (phase === 'seen') this.#lose('expired', 'expired');
    else if (phase === 'accepting') this.#giveUp('expired');
    else if (phase === 'queued') {
      if (dialect === 'original' || unanswered >= LIMITS.statusMaxAttemptsAfterExpiry) this.#giveUp('no-answer');
    }
  }

  #sendWhatIsDue(): void {
    const { phase, dialect, acceptInFlight, acceptAt, askInFlight, askAt } = this.state;
    if (phase === 'accepting' && !acceptInFlight && this.monotonicMs >= acceptAt) this.#sendAcceptance();
    const asks = phase === 'confirmed' || (phase === 'queued' && dialect === 'grapevine');
    if (asks && !askInFlight && this.monotonicMs >= askAt) this.#ask();
    this.sendDueReport(this.#self);
  }

  #forgetWhatWasUnderWay(): void {
    this.forgetReportUnderWay();
    this.set({
      attempt: 0,
      acceptInFlight: false,
      acceptAt: this.monotonicMs,
      askInFlight: false,
      askAt: this.monotonicMs,
    });
  }

  // ---- what happens to the offer: a record each -----------------------------------------------------------------------

  #win(epoch: number, by: 'done' | 'status', auth: Auth | undefined): Answer {
    const proof = auth === undefined ? {} : { by, auth };
    this.record({ type: 'won', at: this.wallMs, epoch, ...proof });
    this.notice({ event: 'deal.won', epoch, ...bidOf(this.state) });
    return { kind: 'acknowledged' };
  }

  /** @param outcome how the offer ended as far as we were told, for those who took no part in it */
  #lose(reason: LossReason, outcome: Outcome | null): void {
    const { phase } = this.state;
    if (phase === 'gaveUp') {
      this.record({ type: 'lost', at: this.wallMs, reason });
      this.notice({ event: 'offer.gone', outcome });
    } else if (phase === 'seen') {
      this.state = { ...moveTaker(this.state, 'lost'), reason };
      this.notice({ event: 'offer.gone', outcome });
    } else {
      this.record({ type: 'lost', at: this.wallMs, reason });
      this.notice({ event: 'deal.lost', reason, gaveUp: false });
    }
  }

  #giveUp(reason: LossReason): void {
    this.record({ type: 'gaveUp', at: this.wallMs, reason });
    this.notice({ event: 'deal.lost', reason, gaveUp: true });
  }

  /** The maker does not hold it for us any more. We still want it: at the end of the queue. */
  #loseHold(epoch: number): void {
    this.record({ type: 'released', at: this.wallMs, epoch });
    this.notice({ event: 'award.lost_hold', epoch });
    this.#startAccepting();
  }

  /** In a restored copy: whether we confirmed since, accepted anew, withdrew or won has been forgotten. */
  #void(): Transition<TakerState, TakerRecord> {
    const { phase } = this.state;
    const isOpen = hasStopped(phase)
      ? this.wallMs < hopeEndsAt(this.state)
      : !isFinal<TakerPhase>(TAKER_LIFECYCLE, phase);
    if (isOpen) {
      this.record({ type: 'voided', at: this.wallMs });
      this.notice({ event: 'offer.voided' });
    }
    return this.finish(null);
  }

  #acceptAnew(): void {
    this.state = moveTaker(this.state, 'accepting');
    this.#startAccepting();
  }

  // ---- what is said -----------------------------------------------------------------------------------------------------

  #startAccepting(): void {
    this.set({ round: this.state.round + 1, attempt: 0, acceptInFlight: false, acceptAt: this.monotonicMs });
  }

  #sendAcceptance(): void {
    const attempt = this.state.attempt + 1;
    this.set({ attempt, acceptInFlight: true });
    this.#tellMaker(
      { cmd: 'offer:accept', ...this.#names(), ...bidOf(this.state) },
      { what: 'acceptance', round: this.state.round, attempt },
    );
    if (attempt === 1) this.notice({ event: 'acceptance.sent', attempt });
  }

  /** Once, as a courtesy: a maker that does not get it asks, and is refused. */
  #tellWithdrawal(): void {
    if (this.state.dialect === 'original') return;
    this.#tellMaker({ cmd: 'offer:accept:withdrawn', ...this.#names() }, { what: 'hint' });
  }

  #ask(): void {
    this.set({ askInFlight: true });
    this.#tellMaker({ cmd: 'offer:status', ...this.#names() }, { what: 'question' });
  }

  #names(): Pick<OfferApproved, 'offerId' | 'maker' | 'taker'> {
    const { offerId, maker } = this.state.terms;
    return { offerId, maker, taker: this.#self };
  }

  // ---- bookkeeping ------------------------------------------------------------------------------------------------------

  #contradiction(text: string): Answer {
    this.notice({ event: 'peer.contradiction', text });
    return refusal('ERR_CONTRADICTION', text);
  }

  #hintWait(attempt: number): number {
    return backOffMs(attempt, LIMITS.confirmedStatusMinMs, LIMITS.queuedStatusMaxMs, this.#spread());
  }

  #queuedWait(attempt: number): number {
    return backOffMs(attempt, LIMITS.queuedStatusMinMs, LIMITS.queuedStatusMaxMs, this.#spread());
  }

  #confirmedWait(attempt: number): number {
    return backOffMs(attempt, LIMITS.confirmedStatusMinMs, LIMITS.confirmedStatusMaxMs, this.#spread());
  }

  #spread(): string {
    return `${this.#self}/${this.state.terms.offerId}`;
  }

  #tellMaker(message: DirectMessage, correlation: Correlation): void {
    this.send(makerOf(this.state), message, correlation);
  }
}

function sameTerms(a: OfferTerms, b: OfferTerms): boolean {
  const keys = Object.keys({ ...a, ...b }) as (keyof OfferTerms)[];
  return keys.every((key) => (key === 'to' ? a.to?.join() === b.to?.join() : a[key] === b[key]));
}
