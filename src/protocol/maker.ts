/**
 * The maker's half of the protocol: presumed-abort two-phase commit with one participant at a time. The only place where
 * an offer is awarded. Source of every rule: docs/PROTOCOL.md, "The maker".
 *
 * Each step settles what the clock has decided first, then the input, then takes the next acceptance: so a confirmation
 * that is processed after the end of its hold is late, whatever happened in between.
 */
import { acceptanceOf, bidOf, type Acceptance } from './acceptance.ts';
import { backOffMs } from './back-off.ts';
import { chooseNext, type Draw } from './choice.ts';
import { makerMustSync } from './durability.ts';
import { nextEpoch } from './epochs.ts';
import type { ErrorCode } from './errors.ts';
import type { OfferId, PeerId } from './ids.ts';
import { LIMITS } from './limits.ts';
import {
  applyMaker,
  canBeRenewed,
  isRevocable,
  outcomeOf,
  overdueAt,
  queueIndex,
  statusFor,
  type Delivery,
  type MakerState,
  type Reservation,
} from './maker-state.ts';
import {
  refusal,
  type Answer,
  type Auth,
  type OfferDone,
  type Outcome,
  type Peer,
  type SendResult,
} from './messages.ts';
import { isWithinLimit } from './price.ts';
import type { MakerRecord, ReleaseReason } from './records.ts';
import type { MakerInput, Received, StepEnvironment, Transition } from './step.ts';
import { ReportStep } from './deal-reports.ts';

/** Refusals that say nothing about the taker's will: it is asked again while the hold lasts. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_OVERLOADED',
  'ERR_RATE_LIMITED',
  'ERR_STOPPING',
  'ERR_INTERNAL',
  'ERR_WRONG_DESK',
  'ERR_JOURNAL',
]);

/**
 * @param env its wall clock decides about the validity of its offers
 */
export function stepMaker(
  state: MakerState | null,
  input: MakerInput,
  env: StepEnvironment,
): Transition<MakerState, MakerRecord> {
  if (state === null) {
    if (input.kind === 'open') {
      const { terms, plan } = input;
      const first: MakerRecord = { type: 'opened', at: env.wallMs, terms, ...(plan !== undefined && { plan }) };
      return new MakerTurn({ first }, env).open();
    }
    return idle(null, refusal('ERR_OFFER_UNKNOWN', 'no such offer here'));
  }
  if (input.kind === 'open') return idle(state, refusal('ERR_WRONG_STATE', 'this offer exists already'));
  return new MakerTurn(state, env).take(input);
}

function idle(state: MakerState | null, answer: Answer | null): Transition<MakerState, MakerRecord> {
  return { state, records: [], sync: false, answer, effects: [], notices: [] };
}

class MakerTurn extends ReportStep<MakerState, MakerRecord> {
  protected readonly side = 'maker';
  readonly #env: StepEnvironment;
  /** What the draws of this step have left of its random number. */
  #random: number | null = null;

  constructor(state: MakerState | { readonly first: MakerRecord }, env: StepEnvironment) {
    super(state, env, { apply: applyMaker, mustSync: makerMustSync });
    this.#env = env;
  }

  /** Several draws use one number up, from its first digits to its last. */
  readonly #draw: Draw = (count) => {
    const scaled = (this.#random ?? this.#env.random) * count;
    const drawn = Math.min(Math.floor(scaled), count - 1);
    this.#random = scaled - drawn;
    return drawn;
  };

  protected partner(): Peer | null {
    return this.state.award?.taker ?? null;
  }

  protected override isLate(): boolean {
    return this.state.isOverdue;
  }

  open(): Transition<MakerState, MakerRecord> {
    const { terms } = this.state;
    this.notice({ event: 'offer.opened', terms });
    this.set({ windowEndsAt: this.monotonicMs + (terms.windowMs ?? 0) });
    // An offer that a crash forgets costs its takers a "no longer known"; an approval of it waits until it is durable.
    this.#broadcastNew(false, { atOnce: true });
    return this.finish({ kind: 'acknowledged' });
  }

  take(input: Exclude<MakerInput, { kind: 'open' }>): Transition<MakerState, MakerRecord> {
    if (input.kind === 'void') return this.#void();
    if (input.kind === 'recover') this.#forgetWhatWasUnderWay();
    this.#settleExpiry();
    this.#settleHold();
    this.#settleOverdue();
    const answer = this.#dispatch(input);
    this.#settleExpiry();
    this.#reserveNext();
    this.#sendWhatIsDue();
    if (typeof answer !== 'string') return this.finish(answer);
    // Only now is it known whether this taker waits or has its turn: what it is told is what this step leaves behind.
    return this.finish(input.kind === 'message' ? this.#answerAbout(input, answer) : null);
  }

  #dispatch(input: Exclude<MakerInput, { kind: 'open' | 'void' }>): Answer | 'queued' | 'standing' | null {
    switch (input.kind) {
      case 'message':
        return this.#onMessage(input);
      case 'result':
        this.#onResult(input.to, input.correlation, input.result);
        return null;
      case 'cancel':
        return this.#cancel();
      case 'award':
        return this.#choose(input.taker);
      case 'resolve':
        return this.#resolve(input.as);
      case 'report':
        return this.report(input.result, input.details);
      case 'renewed':
        return this.#renewed(input.as);
      case 'recover':
      case 'tick':
        return null;
    }
  }

  // ---- messages ---------------------------------------------------------------------------------------------------

  #onMessage(received: Received): Answer | 'queued' | 'standing' {
    const { from, message } = received;
    if (from.id === this.state.terms.maker) return refusal('ERR_CONTRADICTION', 'this offer is your own');
    if (message.cmd === 'offer:status') return 'standing';
    if (message.cmd === 'deal:report') return this.onReport(message, from, received.auth);
    if (message.cmd === 'offer:accept') return this.#onAcceptance(acceptanceOf(received, message));
    if (message.cmd === 'offer:accept:withdrawn') return this.#onWithdrawal(from);
    this.notice({ event: 'peer.contradiction', text: `${message.cmd} for an offer of ours from ${from.id}` });
    return refusal('ERR_CONTRADICTION', 'only the maker of an offer may say that');
  }

  #onAcceptance(acceptance: Acceptance): Answer | 'queued' {
    const { taker, unitPrice } = acceptance;
    const { phase, award, reservation, terms, plan } = this.state;
    // The same acceptance again gets the same answer, however often the network repeats it.
    if (award?.taker.id === taker.id) return 'queued';
    if (phase !== 'open' && phase !== 'reserved') return this.#overRefusal(phase);
    if (reservation?.taker.id === taker.id) return 'queued';
    const isExcluded = plan.excluded?.includes(taker.id) === true;
    if (isExcluded || terms.to?.includes(taker.id) === false)
      return refusal('ERR_NOT_ADDRESSED', 'this offer is for others');
    if (!isWithinLimit(terms, unitPrice)) return refusal('ERR_PRICE_LIMIT', `the limit is ${terms.unitPrice ?? ''}`);
    if (nextEpoch(this.state.epoch, this.life) === null) {
      return refusal('ERR_OVERLOADED', 'this offer has been held as often as it can be before this desk starts again');
    }
    return queueIndex(this.state, taker.id) === -1 ? this.#enqueue(this.#asItCounts(acceptance)) : 'queued';
  }

  #asItCounts({ isKnown, ...acceptance }: Acceptance): Acceptance {
    return isKnown === true && !this.state.hadTurn.includes(acceptance.taker.id)
      ? { ...acceptance, isKnown }
      : acceptance;
  }

  /** At the end of the queue, if there is room or somebody gives way. */
  #enqueue(acceptance: Acceptance): Answer | 'queued' {
    if (acceptance.isKnown !== true) this.set({ strangersAsked: this.state.strangersAsked + 1 });
    const { queue } = this.state;
    const longer = this.#withRoomFor(acceptance).push(acceptance);
    if (longer === null) {
      return refusal('ERR_QUEUE_FULL', `${queue.capacity.toString()} acceptances are waiting already`);
    }
    this.set({ queue: longer });
    this.#shortenHold();
    this.notice({ event: 'acceptance.queued', taker: acceptance.taker.id, position: longer.size });
    return 'queued';
  }

  /**
   * In a full queue one stranger gives way, always to a taker that we know. To another stranger it does so that of all
   * strangers that ever asked each is as likely to wait (reservoir sampling): coming early with many keys gains nothing. Who gave
   * way learns it by asking.
   */
  #withRoomFor({ isKnown }: Acceptance): MakerState['queue'] {
    const { queue, strangersAsked } = this.state;
    if (!queue.isFull) return queue;
    const strangers = [...queue].flatMap((waiting, index) => (waiting.isKnown === true ? [] : [index]));
    if (strangers.length === 0) return queue;
    // The highest number stands for the newcomer.
    const place = isKnown === true ? this.#draw(strangers.length) : strangersAsked - 1 - this.#draw(strangersAsked);
    const index = strangers[place];
    return index === undefined ? queue : queue.without(index);
  }

  /**
   * Only of what waits: the taker that the offer is held for answers the approval, and may have confirmed before its withdrawal
   * arrives, if that one is an old one.
   */
  #onWithdrawal({ id: taker, dialect }: Peer): Answer {
    if (dialect === 'original') return refusal('ERR_UNSIGNED', 'nobody has proven that it is the one who accepted');
    const index = queueIndex(this.state, taker);
    if (index !== -1) {
      this.set({ queue: this.state.queue.without(index) });
      this.notice({ event: 'acceptance.withdrawn', taker });
    }
    return { kind: 'acknowledged' };
  }

  #answerAbout(received: Received, what: 'queued' | 'standing'): Answer {
    const { from } = received;
    if (what === 'standing') return statusFor(this.state, from.id, this.life) ?? this.#overRefusal('voided');
    return { kind: 'queued', position: queueIndex(this.state, from.id) + 1 };
  }

  #overRefusal(phase: Outcome | 'voided'): Answer {
    switch (phase) {
      case 'awarded':
        return refusal('ERR_OFFER_TAKEN', 'the offer has been awarded');
      case 'cancelled':
        return refusal('ERR_OFFER_CANCELLED', 'the offer has been cancelled');
      case 'expired':
        return refusal('ERR_OFFER_EXPIRED', 'the offer has expired');
      case 'voided':
        return refusal('ERR_OFFER_UNKNOWN', 'this desk was restored from a copy and does not know what became of it');
    }
  }

  // ---- commands of the operator -------------------------------------------------------------------------------------

  #cancel(): Answer {
    const { phase } = this.state;
    if (phase === 'cancelled') return { kind: 'acknowledged' };
    if (phase === 'awarded' || phase === 'expired' || phase === 'voided') return this.#overRefusal(phase);
    if (!isRevocable(this.state)) {
      return refusal(
        'ERR_OFFER_IN_DOUBT',
        'an approval that counts as the deal is out; it must be answered or resolved',
      );
    }
    this.#end('cancelled');
    return { kind: 'acknowledged' };
  }

  #choose(taker: PeerId): Answer {
    const { phase, award, reservation, terms } = this.state;
    if (award?.taker.id === taker || reservation?.taker.id === taker) return { kind: 'acknowledged' };
    if (phase !== 'open' && phase !== 'reserved') return this.#overRefusal(phase);
    if (terms.award !== 'manual') return refusal('ERR_WRONG_STATE', 'this offer is not awarded by hand');
    if (reservation !== null) {
      return refusal('ERR_WRONG_STATE', `the offer is held for ${reservation.taker.id} at the moment`);
    }
    if (queueIndex(this.state, taker) === -1) return refusal('ERR_WRONG_STATE', `${taker} has not accepted it`);
    this.set({ chosen: taker });
    return { kind: 'acknowledged' };
  }

  #renewed(as: OfferId): Answer {
    const { renewedAs } = this.state;
    if (renewedAs !== null || !canBeRenewed(this.state)) return refusal('ERR_WRONG_STATE', 'it is not to be renewed');
    this.record({ type: 'renewed', at: this.wallMs, as });
    return { kind: 'acknowledged' };
  }

  #resolve(as: 'awarded' | 'released'): Answer {
    const { reservation } = this.state;
    if (reservation?.inDoubt !== true) return refusal('ERR_WRONG_STATE', 'nothing is in doubt here');
    if (as === 'awarded') this.#award(reservation, true);
    else this.#release(reservation, 'byHand');
    return { kind: 'acknowledged' };
  }

  // ---- results of what was sent -------------------------------------------------------------------------------------

  #onResult(to: Peer, correlation: Extract<MakerInput, { kind: 'result' }>['correlation'], result: SendResult): void {
    if (correlation.what === 'approval') this.#onApprovalResult(to, correlation.epoch, result);
    else if (correlation.what === 'delivery') this.#onDeliveryResult(to, result);
    else if (correlation.what === 'report') this.onReportResult(result);
  }

  #onApprovalResult(to: Peer, epoch: number, result: SendResult): void {
    const { reservation } = this.state;
    if (reservation?.epoch !== epoch || reservation.taker.id !== to.id) {
      this.#onLateApprovalResult(to, epoch, result);
    } else if (reservation.until === null) {
      this.#onOriginalsResult(reservation, result);
    } else if (result.kind === 'confirmed' && result.epoch === epoch) {
      this.#award(reservation, false, result.auth);
    } else if (result.kind === 'refused' && !PASSING.has(result.code)) {
      this.#release(reservation, 'refused', result.code);
    } else {
      // No answer is no refusal. The same taker is asked again, for the same epoch, until its hold ends.
      this.#retryApproval(reservation, LIMITS.approvalRetryMinMs, LIMITS.approvalRetryMaxMs);
    }
  }

  /** To a client of the original the approval is the deal: see docs/PROTOCOL.md, "Clients of the original". */
  #onOriginalsResult(reservation: Reservation, result: SendResult): void {
    const retry = (held: Reservation): void => {
      this.#retryApproval(held, LIMITS.doubtRetryMinMs, LIMITS.doubtRetryMaxMs);
    };
    switch (result.kind) {
      case 'refused':
        // After a doubt even an error proves nothing: it may have forgotten what it took. The operator decides.
        if (reservation.inDoubt) retry(reservation);
        else this.#release(reservation, 'refused', result.code);
        return;
      case 'unsent':
        if (reservation.inDoubt) retry(reservation);
        else this.#release(reservation, 'unreachable', result.code);
        return;
      case 'unknown':
        if (!reservation.inDoubt) this.#noticeDoubt(reservation);
        retry({ ...reservation, inDoubt: true });
        return;
      default:
        this.#award(reservation, false);
    }
  }

  /** A confirmation of an epoch that is over is never honoured; its taker is told at once instead of being left in doubt. */
  #onLateApprovalResult(to: Peer, epoch: number, result: SendResult): void {
    const { phase, award } = this.state;
    if (award?.taker.id === to.id && award.epoch === epoch) return;
    if (to.dialect === 'original') {
      this.#onLateOriginalsResult(to, result);
      return;
    }
    if (result.kind !== 'confirmed') return;
    const outcome = outcomeOf(this.state);
    if (outcome !== null) this.send(to, this.#done(outcome), { what: 'hint' });
    else if (phase !== 'voided') this.#hintReleased(to, epoch);
  }

  /** An operator released it, and now it says that it took it after all: nothing can mend that, and nobody may hide it. */
  #onLateOriginalsResult(to: Peer, result: SendResult): void {
    if (result.kind === 'refused' || result.kind === 'unsent' || result.kind === 'unknown') return;
    this.notice({ event: 'peer.contradiction', text: `${to.id} took what was released by hand` });
  }

  #onDeliveryResult(to: Peer, result: SendResult): void {
    const { owed, delivery } = this.state;
    if (owed?.id !== to.id || delivery === null) return;
    if (result.kind === 'acknowledged') {
      this.record({ type: 'delivered', at: this.wallMs });
      this.notice({ event: 'outcome.delivered', taker: to.id });
    } else if (delivery.attempt >= LIMITS.deliveryMaxAttempts) {
      this.record({ type: 'delivered', at: this.wallMs, givenUp: true });
    } else {
      const { deliveryRetryMinMs, deliveryRetryMaxMs } = LIMITS;
      const wait = backOffMs(delivery.attempt, deliveryRetryMinMs, deliveryRetryMaxMs, this.#spread(to));
      this.#setDelivery({ ...delivery, inFlight: false, dueAt: this.monotonicMs + wait });
    }
  }

  // ---- what the clock decides ---------------------------------------------------------------------------------------

  /** Validity and award compete in this one queue; after an approval that counts as the deal, validity has to wait. */
  #settleExpiry(): void {
    const { expiresAt } = this.state.terms;
    if (expiresAt !== null && this.wallMs >= expiresAt && isRevocable(this.state)) this.#end('expired');
  }

  #settleHold(): void {
    const { reservation } = this.state;
    if (reservation?.until == null || this.monotonicMs < reservation.holdEndsAt) return;
    this.#release(reservation, 'silent');
  }

  /** The award stays what it is; people and programs are told that nothing was heard of it. */
  #settleOverdue(): void {
    const { award } = this.state;
    const dueAt = overdueAt(this.state);
    if (award === null || dueAt === null || this.wallMs < dueAt) return;
    this.record({ type: 'overdue', at: this.wallMs });
    this.notice({ event: 'deal.overdue', taker: award.taker.id });
  }

  #sendWhatIsDue(): void {
    const { reservation, delivery, owed, phase, announceAgain, queue } = this.state;
    if (reservation !== null && !reservation.inFlight && this.monotonicMs >= reservation.resendAt)
      this.#approve(reservation);
    if (owed !== null && delivery !== null && !delivery.inFlight && this.monotonicMs >= delivery.dueAt) {
      this.#deliver(owed, delivery);
    }
    // Takers rely on it: while somebody waits, nothing is announced again.
    if (phase === 'open' && queue.size === 0 && this.monotonicMs >= announceAgain.dueAt) this.#broadcastNew(true);
    if (this.state.award !== null) this.sendDueReport(this.state.award.taker.id);
  }

  /**
   * After a start: nothing is on its way any more, and an approval to an original may have been received. Nobody knows how long
   * the desk was down, as its wall clock may have been set: a hold gets its full length again, and a window at most that.
   */
  #forgetWhatWasUnderWay(): void {
    this.forgetReportUnderWay();
    const { reservation, delivery, owed, terms } = this.state;
    const windowMs = terms.windowMs ?? 0;
    const windowLeftMs = Math.min(windowMs, Math.max(0, (terms.issuedAt ?? 0) + windowMs - this.wallMs));
    this.state = {
      ...this.state,
      announceAgain: { attempt: 0, dueAt: this.monotonicMs },
      windowEndsAt: this.monotonicMs + windowLeftMs,
      reservation: reservation && {
        ...reservation,
        holdEndsAt: this.#endOfHold(reservation.taker),
        attempt: 0,
        inFlight: false,
        resendAt: this.monotonicMs,
        inDoubt: reservation.until === null,
      },
      delivery: delivery && { attempt: 0, inFlight: false, dueAt: this.monotonicMs },
    };
    if (reservation?.until === null) this.#noticeDoubt(reservation);
    // The crash may have come before anybody was told.
    const outcome = outcomeOf(this.state);
    if (owed !== null && outcome !== null) this.#broadcastDone(outcome);
  }

  // ---- decisions: a record each ---------------------------------------------------------------------------------------

  #reserveNext(): void {
    while (this.state.phase === 'open') {
      const next = chooseNext(this.state, this.monotonicMs, this.#draw);
      if (next === null) return;
      const epoch = nextEpoch(this.state.epoch, this.life);
      if (epoch === null) {
        // Who waits learns it by asking, and is then refused.
        this.set({ queue: this.state.queue.cleared() });
        return;
      }
      this.set({ queue: this.state.queue.without(next.index), chosen: null });
      this.#reserve(next.acceptance, epoch);
    }
  }

  #reserve(acceptance: Acceptance, epoch: number): void {
    const { taker, isKnown } = acceptance;
    const until = taker.dialect === 'original' ? null : this.#untilForTaker();
    if (isKnown === true)
      this.set({ hadTurn: [...this.state.hadTurn, taker.id].slice(-LIMITS.acceptancesPerOfferMax) });
    this.record({ type: 'reserved', at: this.wallMs, taker, epoch, until, ...bidOf(acceptance) });
    this.notice({ event: 'award.reserved', taker: taker.id, epoch, until, ...bidOf(acceptance) });
    const { reservation } = this.state;
    if (reservation === null) return;
    const isStrangers = isKnown !== true && this.state.terms.award !== 'manual';
    this.#setReservation({ ...reservation, isStrangers, holdEndsAt: this.#endOfHold(taker) });
    this.#shortenHold();
  }

  /** While others wait, a stranger's hold is halved for each one of a stranger that ended in silence. */
  #shortenHold(): void {
    const { reservation, queue, silentHolds } = this.state;
    if (reservation?.isStrangers !== true || queue.size === 0 || silentHolds === 0) return;
    const holdMs = Math.max(LIMITS.strangerHoldMinMs, LIMITS.reservationMs / 2 ** silentHolds);
    const holdEndsAt = Math.min(reservation.holdEndsAt, this.monotonicMs + holdMs);
    if (holdEndsAt < reservation.holdEndsAt && reservation.until !== null) {
      this.#setReservation({ ...reservation, holdEndsAt });
    }
  }

  /** What the taker is told; it may go by its own clock and is not held to it. */
  #untilForTaker(): number {
    const { expiresAt } = this.state.terms;
    return Math.min(this.wallMs + LIMITS.reservationMs, expiresAt ?? Infinity);
  }

  #endOfHold({ dialect }: Peer): number {
    return dialect === 'original' ? Infinity : this.monotonicMs + LIMITS.reservationMs;
  }

  #release(reservation: Reservation, reason: ReleaseReason, detail?: ErrorCode): void {
    const { taker, epoch } = reservation;
    if (reason === 'silent' && reservation.isStrangers) this.set({ silentHolds: this.state.silentHolds + 1 });
    const why = detail === undefined ? { reason } : { reason, detail };
    this.record({ type: 'released', at: this.wallMs, epoch, ...why });
    this.set({ announceAgain: { attempt: 0, dueAt: this.monotonicMs + LIMITS.announceAgainMinMs } });
    this.notice({ event: 'award.released', taker: taker.id, epoch, ...why });
    // Whoever refused knows; whoever was silent may have confirmed into the void.
    if (reason === 'silent') this.#hintReleased(taker, epoch);
  }

  /** The decision: one record, then told. Without that order a crash would forget an award that its winner knows of. */
  #award(reservation: Reservation, byHand: boolean, auth?: Auth): void {
    const { taker, epoch } = reservation;
    const proof = auth === undefined ? {} : { auth };
    this.record({ type: 'awarded', at: this.wallMs, taker, epoch, ...(byHand && { byHand }), ...proof });
    this.notice({ event: 'deal.awarded', taker: taker.id, epoch, byHand, ...bidOf(reservation) });
    this.#broadcastDone('awarded');
  }

  #end(outcome: 'cancelled' | 'expired'): void {
    this.record({ type: outcome, at: this.wallMs });
    this.notice({ event: `offer.${outcome}` });
    this.#broadcastDone(outcome);
  }

  /**
   * What a restored copy has forgotten may be an award, so that not even the clock may decide about it any more. Nobody is
   * told an outcome, because nobody here knows it.
   */
  #void(): Transition<MakerState, MakerRecord> {
    if (this.state.phase === 'open' || this.state.phase === 'reserved') {
      this.record({ type: 'voided', at: this.wallMs });
      this.notice({ event: 'offer.voided' });
    }
    return this.finish(null);
  }

  // ---- what is said -------------------------------------------------------------------------------------------------

  #approve(reservation: Reservation): void {
    const { taker, epoch, until } = reservation;
    const { offerId, maker } = this.state.terms;
    this.#setReservation({ ...reservation, inFlight: true, attempt: reservation.attempt + 1 });
    this.send(
      taker,
      {
        cmd: 'offer:accept:approved',
        offerId,
        maker,
        taker: taker.id,
        epoch: until === null ? null : epoch,
        until,
        ...bidOf(reservation),
      },
      { what: 'approval', epoch },
      until === null,
    );
  }

  #retryApproval(reservation: Reservation, minMs: number, maxMs: number): void {
    const wait = backOffMs(Math.max(1, reservation.attempt), minMs, maxMs, this.#spread(reservation.taker));
    this.#setReservation({ ...reservation, inFlight: false, resendAt: this.monotonicMs + wait });
  }

  #hintReleased(taker: Peer, epoch: number): void {
    const { offerId, maker } = this.state.terms;
    this.send(taker, { cmd: 'offer:accept:released', offerId, maker, taker: taker.id, epoch }, { what: 'hint' });
  }

  #deliver(to: Peer, delivery: Delivery): void {
    const outcome = outcomeOf(this.state);
    if (outcome === null) return;
    this.#setDelivery({ ...delivery, inFlight: true, attempt: delivery.attempt + 1 });
    this.send(to, this.#done(outcome), { what: 'delivery' });
  }

  #done(outcome: Outcome): OfferDone {
    const { terms, award } = this.state;
    return {
      cmd: 'offer:done',
      offerId: terms.offerId,
      maker: terms.maker,
      outcome,
      winner: award?.taker.id ?? null,
      epoch: award?.epoch ?? null,
      ...(award !== null && bidOf(award)),
    };
  }

  #broadcastDone(outcome: Outcome): void {
    this.broadcast({ message: this.#done(outcome), again: false, ...this.#audience() });
  }

  #audience(): { readonly to?: readonly PeerId[] } {
    const { to } = this.state.terms;
    return to === undefined ? {} : { to };
  }

  #broadcastNew(again: boolean, whether: { readonly atOnce?: true } = {}): void {
    const { terms, announceAgain } = this.state;
    const attempt = announceAgain.attempt + 1;
    const { announceAgainMinMs, announceAgainMaxMs } = LIMITS;
    const wait = backOffMs(attempt, announceAgainMinMs, announceAgainMaxMs, terms.offerId);
    this.state = { ...this.state, announceAgain: { attempt, dueAt: this.monotonicMs + wait } };
    this.broadcast({ message: { cmd: 'offer:new', terms }, again, ...this.#audience(), ...whether });
  }

  // ---- bookkeeping ------------------------------------------------------------------------------------------------------

  #noticeDoubt(reservation: Reservation): void {
    this.notice({ event: 'award.in_doubt', taker: reservation.taker.id, epoch: reservation.epoch });
  }

  #setReservation(reservation: Reservation): void {
    this.set({ reservation });
  }

  #setDelivery(delivery: Delivery): void {
    this.set({ delivery });
  }

  #spread(taker: Peer): string {
    return `${this.state.terms.offerId}/${taker.id}`;
  }
}
