/**
 * A job is given once at a time: an offer has one renewal at most, which is made only when the offer has ended without a
 * deal or its deal has failed; a reference has one offer per attempt; a taker that is excluded is never reserved. At the
 * end each renewal that is due was made. Source: docs/PROTOCOL.md, "After the deal".
 */
import { offerKey, type OfferId, type OfferKey, type PeerId } from '../src/protocol/ids.ts';
import type { JournalEntry, MakerRecord } from '../src/protocol/records.ts';
import { canBeRenewed, hasFailed, needsRenewal } from '../src/protocol/renewal.ts';
import { Checks } from './checks.ts';
import type { Ledger } from './ledger.ts';
import type { Ending } from './liveness-checker.ts';
import { makerOfKey, offerIdOfKey } from './wire-payload.ts';
import { Violation, type OperatorCommand, type Witness } from './witness.ts';

type Opened = Extract<MakerRecord, { type: 'opened' }>;

export class RenewalChecker implements Witness {
  readonly name = 'renewals';
  readonly checks = new Checks('renewed', 'references', 'exclusions', 'granted', 'recorded', 'at the end');
  readonly #ledger: Ledger;
  /** By the renewed offer. */
  readonly #renewals = new Map<OfferKey, OfferId>();
  /** By maker, reference and attempt. */
  readonly #references = new Map<string, OfferId>();

  /** @param ledger that is called before this one */
  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  wrote(desk: PeerId, { offer, records }: JournalEntry): void {
    // A restored copy has forgotten what its desk has done since.
    if (this.#ledger.wereRestored.has(desk)) return;
    for (const { role, record } of records) {
      if (role !== 'maker') continue;
      if (record.type === 'opened') this.#opened(offer, record);
      if (record.type === 'renewed') this.#recorded(offer, record.as);
      if (record.type === 'reserved') this.#assertNotExcluded(offer, record.taker.id);
    }
  }

  commanded(desk: PeerId, command: OperatorCommand, offer: OfferKey, code: string | null): void {
    if (command !== 'renew' || code !== null || this.#ledger.wereRestored.has(desk)) return;
    this.checks.did('granted');
    const renewal = this.#renewals.get(offer);
    const isDurable =
      renewal !== undefined &&
      this.#ledger.makerStates(offerKey(desk, renewal), 'durable').some((state) => state !== null);
    if (!isDurable) throw new Violation(`renewals: the renewal of ${offer} was granted, and is not in the journal`);
  }

  /** @throws Violation where a renewal that is due was not made */
  ended({ isUp }: Pick<Ending, 'isUp'>): void {
    for (const [offer, { state }] of this.#ledger.offers) {
      const maker = makerOfKey(offer);
      if (!isUp(maker) || this.#ledger.wereRestored.has(maker)) continue;
      if (state.plan.ifFailed !== undefined) this.checks.did('at the end');
      if (needsRenewal(state)) throw new Violation(`renewals: ${offer} needs a renewal, and has none`);
      const renewal = this.#renewals.get(offer) ?? null;
      if (renewal !== state.renewedAs)
        throw new Violation(`renewals: ${offer} is renewed as ${renewal ?? 'nothing'}, and does not say so`);
    }
  }

  #opened(offer: OfferKey, { terms, plan }: Opened): void {
    const { maker, offerId, reference, attempt = 1 } = terms;
    if (reference !== undefined) {
      this.checks.did('references');
      const key = `${maker} ${reference} ${attempt}`;
      const other = this.#references.get(key) ?? offerId;
      if (other !== offerId)
        throw new Violation(`renewals: ${offerId} and ${other} are both attempt ${attempt} of ${reference}`);
      this.#references.set(key, offerId);
    }
    if (plan?.renews !== undefined) this.#renewed(offerKey(maker, plan.renews), { terms, plan });
  }

  #renewed(former: OfferKey, { terms, plan }: Pick<Opened, 'terms' | 'plan'>): void {
    this.checks.did('renewed');
    const other = this.#renewals.get(former);
    if (other !== undefined) throw new Violation(`renewals: ${former} is renewed as ${other} and as ${terms.offerId}`);
    this.#renewals.set(former, terms.offerId);
    const state = this.#ledger.maker(former);
    if (state === null || !canBeRenewed(state))
      throw new Violation(`renewals: ${former} is renewed, and is ${state?.phase ?? 'unknown'}`);
    const excluded = new Set(state.plan.excluded);
    if (state.plan.ifFailed?.excludes === true && state.award !== null && hasFailed(state))
      excluded.add(state.award.taker.id);
    const isSame =
      terms.reference === state.terms.reference &&
      (terms.reference === undefined || terms.attempt === (state.terms.attempt ?? 1) + 1) &&
      [...excluded].every((taker) => plan?.excluded?.includes(taker) === true);
    if (!isSame) throw new Violation(`renewals: ${terms.offerId} does not continue ${former}`);
  }

  #recorded(former: OfferKey, as: OfferId): void {
    this.checks.did('recorded');
    if (this.#renewals.get(former) === as) return;
    throw new Violation(`renewals: ${former} records the renewal ${as}, which is none of it`);
  }

  #assertNotExcluded(offer: OfferKey, taker: PeerId): void {
    const excluded = this.#ledger.maker(offer)?.plan.excluded;
    if (excluded === undefined) return;
    this.checks.did('exclusions');
    if (excluded.includes(taker))
      throw new Violation(`renewals: ${offerIdOfKey(offer)} is reserved for ${taker}, which is excluded`);
  }
}
