/**
 * Checks S1 to S4 on all journals together, after every durable record: awards, takers that believe that they have the offer, and
 * confirmations. For clients of the original, only what docs/PROTOCOL.md ("Clients of the original") promises.
 */
import type { OfferKey, PeerId } from '../src/protocol/ids.ts';
import { hasStopped, isFinal, TAKER_LIFECYCLE, type TakerPhase } from '../src/protocol/lifecycle.ts';
import type { MakerState } from '../src/protocol/maker-state.ts';
import type { JournalEntry, MakerRecord } from '../src/protocol/records.ts';
import type { TakerState } from '../src/protocol/taker-state.ts';
import { Checks } from './checks.ts';
import type { Ledger } from './ledger.ts';
import { isLiar, isOurs, keyOf, makerOfKey, type WirePayload } from './wire-payload.ts';
import { Violation, type Witness } from './witness.ts';

type Award = Extract<MakerRecord, { type: 'awarded' }>;

export class DecisionChecker implements Witness {
  readonly name = 'decisions';
  readonly checks = new Checks('S1', 'S2', 'S3', 'S4', 'delivery');
  readonly #ledger: Ledger;
  readonly #awards = new Map<OfferKey, Award>();
  /** By offer: our taker that has written or shown that it has the offer. */
  readonly #believers = new Map<OfferKey, PeerId>();
  readonly #finals = new Map<string, string>();
  /** By offer: the clients of the original that took it. */
  readonly #taken = new Map<OfferKey, Set<PeerId>>();
  /** Includes confirmations that a taker has lost, because its journal was restored. */
  readonly #confirmed = new Set<string>();
  readonly #approved = new Set<string>();
  /** Released by an operator during a doubt, so the operator is responsible for the outcome. */
  readonly #byHand = new Set<string>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  wrote(desk: PeerId, { offer, records }: JournalEntry): void {
    for (const { role, record } of records) {
      if (role === 'maker' && record.type === 'delivered' && record.givenUp !== true) this.#onDelivery(desk, offer);
      if (role === 'maker' && record.type === 'awarded') this.#onAward(offer, record);
      if (role === 'maker' && record.type === 'released' && record.reason === 'byHand')
        this.#onReleaseByHand(offer, record.epoch);
      if (role === 'taker' && record.type === 'confirmed') this.#confirmed.add(`${desk} ${offer} ${record.epoch}`);
      if (role === 'taker' && record.type === 'won') this.#believe(desk, offer);
    }
    this.#check(offer);
  }

  noticed(desk: PeerId, notice: { readonly event: string; readonly offerId?: string; readonly maker?: PeerId }): void {
    if (notice.event !== 'deal.won') return;
    const offer = `${notice.maker ?? ''}/${notice.offerId ?? ''}` as OfferKey;
    this.#believe(desk, offer);
    this.#check(offer);
  }

  /** For its receiver, an approval of a maker of the original is the deal. */
  received(desk: PeerId, from: PeerId, { cmd, body }: WirePayload): void {
    const offer = keyOf(body);
    const isMakers = offer !== null && from === makerOfKey(offer) && !isOurs(from);
    if (cmd === 'offer:accept:approved' && isMakers) this.#approved.add(`${desk} ${offer}`);
  }

  signedConfirmation(liar: PeerId, offer: OfferKey, epoch: number): void {
    this.#confirmed.add(`${liar} ${offer} ${epoch}`);
  }

  took(original: PeerId, offer: OfferKey): void {
    const takers = this.#taken.get(offer) ?? new Set();
    this.#taken.set(offer, takers.add(original));
    this.#check(offer);
  }

  /** A crash has lost these lazy entries. The speech checker checks the messages that depended on them. */
  forgot(desk: PeerId, entries: readonly JournalEntry[]): void {
    for (const { offer, records } of entries) {
      this.#finals.delete(makerOfKey(offer) === desk ? offer : `${desk} about ${offer}`);
      for (const { record } of records) {
        if (record.type === 'awarded') this.#awards.delete(offer);
        if (record.type === 'won' && this.#believers.get(offer) === desk) this.#believers.delete(offer);
      }
      this.#check(offer);
    }
  }

  /** The desk has lost records, so its later decisions are compared anew. */
  restored(desk: PeerId): void {
    for (const what of this.#finals.keys()) if (what.startsWith(desk)) this.#finals.delete(what);
  }

  #onAward(offer: OfferKey, award: Award): void {
    this.checks.did('S1');
    const former = this.#awards.get(offer);
    if (former !== undefined) {
      throw new Violation(`S1: ${offer} was awarded to ${former.taker.id} and then to ${award.taker.id}`);
    }
    this.#awards.set(offer, award);
    const { taker, epoch, byHand = false } = award;
    this.checks.did('S3');
    if (taker.dialect === 'original') {
      if (!byHand && this.#taken.get(offer)?.has(taker.id) !== true) {
        throw new Violation(`S3: ${offer} was awarded to ${taker.id} of the original, which never took it`);
      }
    } else if (!this.#confirmed.has(`${taker.id} ${offer} ${epoch}`)) {
      throw new Violation(`S3: ${offer} was awarded to ${taker.id}, which had not confirmed reservation ${epoch}`);
    }
  }

  /** A taker that has acknowledged the outcome has it in its journal. */
  #onDelivery(desk: PeerId, offer: OfferKey): void {
    const account = this.#ledger.offers.get(offer);
    const reserved = account?.records.findLast((record) => record.type === 'reserved');
    const taker = reserved?.type === 'reserved' ? reserved.taker.id : null;
    if (taker === null || isLiar(taker) || this.#ledger.wereRestored.has(taker) || this.#ledger.wereRestored.has(desk))
      return;
    this.checks.did('delivery');
    const known = this.#ledger.taker(offer, taker);
    const state = known?.state;
    // It may have acknowledged the end after it had withdrawn, and have accepted again since.
    if (known?.records.some(({ type }) => type === 'withdrawn') === true) return;
    // Only a report may be missing; the outcome is known.
    const isOver =
      state !== undefined && (hasStopped(state.phase) || isFinal<TakerPhase>(TAKER_LIFECYCLE, state.phase));
    if (isOver && (state.phase !== 'closed' || state.truth !== null)) return;
    // A crash has lost an acceptance without a confirmation. The taker is not in doubt, and asks again.
    const isFree = state === undefined || state.phase === 'accepting';
    if (isFree && account?.state.phase !== 'awarded') return;
    throw new Violation(
      `L1: the outcome of ${offer} counts as delivered to ${taker}, which is ${state?.phase ?? 'away'}`,
    );
  }

  #onReleaseByHand(offer: OfferKey, epoch: number): void {
    const account = this.#ledger.offers.get(offer);
    for (const record of account?.records ?? []) {
      if (record.type === 'reserved' && record.epoch === epoch) this.#byHand.add(`${offer} ${record.taker.id}`);
    }
  }

  #believe(taker: PeerId, offer: OfferKey): void {
    const former = this.#believers.get(offer) ?? taker;
    this.#believers.set(offer, taker);
    // A maker of the original gives its offer to the next taker if an answer is lost. We can't prevent that.
    if (former === taker || !isOurs(makerOfKey(offer))) return;
    throw new Violation(`S1: ${former} and ${taker} both believe that they have won ${offer}`);
  }

  #check(offer: OfferKey): void {
    const maker = this.#ledger.maker(offer);
    if (maker !== null) this.#checkMaker(offer, maker);
    for (const [taker, { state }] of this.#ledger.takers(offer)) this.#checkTaker(taker, offer, state);
    if (maker !== null) this.#checkOriginals(offer, maker);
  }

  #checkMaker(offer: OfferKey, { phase, award }: MakerState): void {
    const isOver = phase === 'awarded' || phase === 'cancelled' || phase === 'expired' || phase === 'voided';
    this.#checkFinal(offer, isOver ? `${phase} ${award?.taker.id ?? ''}` : null);
  }

  #checkTaker(taker: PeerId, offer: OfferKey, state: TakerState): void {
    const isOver = isFinal<TakerPhase>(TAKER_LIFECYCLE, state.phase);
    this.#checkFinal(`${taker} about ${offer}`, isOver ? state.phase : null);
    if (!isOurs(makerOfKey(offer))) {
      if (state.phase !== 'won' || this.#approved.has(`${taker} ${offer}`)) return;
      throw new Violation(`S2: ${taker} believes that it has won ${offer}, which the original never gave it`);
    }
    const award = this.#awards.get(offer);
    const isWinner = award?.taker.id === taker;
    if (isWinner || state.phase === 'won') this.checks.did('S2');
    if (state.phase === 'won' && !(isWinner && award.epoch === state.epoch)) {
      throw new Violation(`S2: ${taker} believes that it has won ${offer}, which is ${award?.taker.id ?? 'nobody'}'s`);
    }
    if (this.#ledger.wereRestored.has(taker)) return;
    if (isWinner && (state.phase === 'lost' || state.phase === 'gaveUp' || state.phase === 'withdrawn')) {
      throw new Violation(`S2: ${offer} was awarded to ${taker}, which believes ${state.phase}`);
    }
  }

  #checkFinal(what: string, phase: string | null): void {
    const former = this.#finals.get(what);
    if (former !== undefined) this.checks.did('S4');
    if (former !== undefined && former !== phase)
      throw new Violation(`S4: ${what} was ${former}, and is ${phase ?? 'not over'}`);
    if (phase !== null) this.#finals.set(what, phase);
  }

  /** A client of the original that took an approval has the offer, or it is reserved for that client. */
  #checkOriginals(offer: OfferKey, { award, reservation }: MakerState): void {
    if (this.#ledger.wereRestored.has(makerOfKey(offer))) return;
    const held = award?.taker.id ?? reservation?.taker.id ?? null;
    for (const original of this.#taken.get(offer) ?? []) {
      if (held === original || this.#byHand.has(`${offer} ${original}`)) continue;
      throw new Violation(`S2: ${original} of the original took ${offer}, which is ${held ?? 'nobody'}'s`);
    }
  }
}
