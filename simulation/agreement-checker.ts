/**
 * Checks that both sides agree on a deal: the terms, the price, a taker that may have the offer, and the award policy. It compares the
 * journals of both sides with each other, with the orders of the operators, and with the notices.
 */
import type { DeskNotice } from '../src/desk/desk-events.ts';
import type { OfferDraft } from '../src/desk/offer-draft.ts';
import { offerKey, type Decimal, type OfferKey, type PeerId } from '../src/protocol/ids.ts';
import { queueIndex } from '../src/protocol/maker-state.ts';
import type { OfferTerms, Peer } from '../src/protocol/messages.ts';
import type { JournalEntry, MakerRecord } from '../src/protocol/records.ts';
import { Checks } from './checks.ts';
import { isBetterForMaker } from './exact-price.ts';
import type { Ledger } from './ledger.ts';
import { isOurs, keyOf, makerOfKey, type WirePayload } from './wire-payload.ts';
import { Violation, type LiveState, type Witness } from './witness.ts';

interface Bid {
  readonly taker: PeerId;
  readonly price: Decimal | null;
}

type Reserved = Extract<MakerRecord, { type: 'reserved' }>;

const TERMS = [
  'offerId',
  'maker',
  'type',
  'amount',
  'pair',
  'unitPrice',
  'issuedAt',
  'expiresAt',
  'award',
  'windowMs',
] as const;

export class AgreementChecker implements Witness {
  readonly name = 'agreement';
  readonly checks = new Checks(
    'terms',
    'price of a bid',
    'addressee',
    'best price first',
    'operator’s choice',
    'as ordered',
    'price as shown',
    'price as said',
  );
  readonly #ledger: Ledger;
  /** The takers that the operator of a maker has chosen, also if the command was refused. */
  readonly #chosen = new Map<OfferKey, Set<PeerId>>();
  /** The waiting takers and their prices at the start of a step; by the reservation that the step makes. */
  readonly #waiting = new Map<OfferKey, readonly Bid[]>();
  readonly #waitingAt = new Map<string, readonly Bid[]>();

  /** @param ledger gets each event before this checker */
  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  ordered(_desk: PeerId, draft: OfferDraft, { offerId, maker, ...terms }: OfferTerms): void {
    this.checks.did('as ordered');
    const { type, amount, pair = null, unitPrice = null, award = 'first', windowMs, to } = draft;
    const same =
      terms.type === type &&
      terms.amount === String(amount) &&
      terms.pair === pair &&
      terms.unitPrice === unitPrice &&
      (terms.award ?? 'first') === award &&
      terms.windowMs === windowMs &&
      terms.to?.join() === to?.join();
    const offer = offerKey(maker, offerId);
    if (!same) throw new Violation(`agreement: ${offer} is not what its operator ordered: ${JSON.stringify(terms)}`);
  }

  chose(_desk: PeerId, offer: OfferKey, taker: PeerId): void {
    this.#chosen.set(offer, (this.#chosen.get(offer) ?? new Set()).add(taker));
  }

  stepping(_desk: PeerId, offer: OfferKey, live: LiveState): void {
    if (live.role !== 'maker' || live.state?.terms.award !== 'best') return;
    const { terms, queue } = live.state;
    const waiting = [...queue].map(({ taker, unitPrice }) => ({
      taker: taker.id,
      price: unitPrice ?? terms.unitPrice,
    }));
    this.#waiting.set(offer, waiting);
  }

  stepped(_desk: PeerId, offer: OfferKey, { role, state }: LiveState): void {
    const waiting = this.#waiting.get(offer);
    if (role !== 'maker' || waiting === undefined || !state?.reservation) return;
    const key = `${offer} ${state.reservation.epoch}`;
    // Who left a full queue in the same step is not passed over: its place was drawn for another taker.
    const stayed = waiting.filter(({ taker }) => queueIndex(state, taker) !== -1);
    if (!this.#waitingAt.has(key)) this.#waitingAt.set(key, stayed);
  }

  wrote(desk: PeerId, { offer, records }: JournalEntry): void {
    for (const { role, record } of records) {
      if (role === 'maker' && record.type === 'reserved') this.#checkChoice(offer, record);
      if (role === 'maker' && record.type === 'awarded') this.#checkDeal(offer, record.taker);
      if (role === 'taker' && (record.type === 'confirmed' || record.type === 'won')) this.#checkTaker(offer, desk);
    }
  }

  sent(desk: PeerId, _to: PeerId, { cmd, body }: WirePayload): void {
    const offer = keyOf(body);
    if (!isOurs(desk) || offer === null || (cmd !== 'offer:accept:approved' && cmd !== 'offer:done')) return;
    const maker = this.#ledger.maker(offer);
    const agreed = maker?.award ?? maker?.reservation;
    // An offer that ended without a deal has no price.
    if (agreed === undefined || agreed === null) return;
    this.checks.did('price as said');
    const said = body.unitPrice === undefined ? undefined : String(body.unitPrice);
    if (said === agreed.unitPrice) return;
    throw new Violation(
      `agreement: ${cmd} of ${offer} says the price ${said ?? 'asked'}, its journal ${agreed.unitPrice ?? 'asked'}`,
    );
  }

  noticed(desk: PeerId, notice: DeskNotice): void {
    if (notice.event !== 'deal.won' && notice.event !== 'deal.awarded') return;
    const offer = offerKey(notice.maker, notice.offerId);
    const side =
      notice.event === 'deal.won' ? this.#ledger.taker(offer, desk)?.state : this.#ledger.maker(offer)?.award;
    if (side === undefined || side === null) return;
    this.checks.did('price as shown');
    if (notice.unitPrice === side.unitPrice) return;
    throw new Violation(
      `agreement: ${desk} is shown the price ${notice.unitPrice ?? 'asked'} of ${offer}, its journal says ${side.unitPrice ?? 'asked'}`,
    );
  }

  // ---- whom -------------------------------------------------------------------------------------------------------------

  #checkChoice(offer: OfferKey, { taker, unitPrice, epoch }: Reserved): void {
    const terms = this.#ledger.maker(offer)?.terms;
    if (terms === undefined) return;
    if (terms.to !== undefined) {
      this.checks.did('addressee');
      if (!terms.to.includes(taker.id))
        throw new Violation(`agreement: ${offer} is held for ${taker.id}, for whom it is not`);
    }
    if (terms.award === 'manual') {
      this.checks.did('operator’s choice');
      if (this.#chosen.get(offer)?.has(taker.id) !== true)
        throw new Violation(`agreement: ${offer} is held for ${taker.id}, whom its operator has not chosen`);
    }
    if (terms.award === 'best')
      this.#checkBest(offer, epoch, terms, { taker: taker.id, price: unitPrice ?? terms.unitPrice });
  }

  #checkBest(offer: OfferKey, epoch: number, terms: OfferTerms, { taker, price }: Bid): void {
    for (const other of this.#waitingAt.get(`${offer} ${epoch}`) ?? []) {
      if (other.taker === taker || other.price === null || price === null) continue;
      // A bid that a liar forged is not a bid of the taker.
      const wish = this.#ledger.taker(offer, other.taker)?.state;
      if (wish === undefined || (wish.unitPrice ?? terms.unitPrice) !== other.price) continue;
      this.checks.did('best price first');
      if (isBetterForMaker(terms, other.price, price))
        throw new Violation(
          `agreement: ${offer} is held for ${taker} at ${price}, and ${other.taker} offers ${other.price}`,
        );
    }
  }

  // ---- what -------------------------------------------------------------------------------------------------------------

  #checkTaker(offer: OfferKey, taker: PeerId): void {
    const maker = this.#ledger.maker(offer);
    const chosen = maker?.award ?? maker?.reservation;
    if (chosen?.taker.id === taker) this.#checkDeal(offer, chosen.taker);
  }

  #checkDeal(offer: OfferKey, { id }: Peer): void {
    const maker = this.#ledger.maker(offer);
    const wish = this.#ledger.taker(offer, id)?.state;
    // A restored desk may have lost its own records.
    if (maker === null || wish === undefined || !isOurs(makerOfKey(offer)) || this.#ledger.wereRestored.has(id)) return;
    this.checks.did('terms');
    const differs = TERMS.find((name) => maker.terms[name] !== wish.terms[name]);
    if (differs !== undefined)
      throw new Violation(
        `agreement: ${differs} of ${offer} is ${String(maker.terms[differs])} to its maker and ${String(wish.terms[differs])} to ${id}`,
      );
    if (maker.terms.to?.join() !== wish.terms.to?.join())
      throw new Violation(`agreement: ${offer} is for others to its maker than to ${id}`);
    const asked = maker.terms.unitPrice;
    const made = (maker.award ?? maker.reservation)?.unitPrice ?? asked;
    const wanted = wish.unitPrice ?? asked;
    if (wish.unitPrice !== undefined) this.checks.did('price of a bid');
    if (made === wanted) return;
    throw new Violation(
      `agreement: the price of ${offer} is ${made ?? 'none'} to its maker and ${wanted ?? 'none'} to ${id}`,
    );
  }
}
