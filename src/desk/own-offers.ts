/**
 * Makes and renews our offers. A reference has only one offer, and an offer has only one renewal, also after a restart:
 * before a new offer is made, the journal is searched for an existing one.
 */
import type { Alarm, Clock } from '../ports/clock.ts';
import type { Journal, StoredOffer } from '../ports/journal.ts';
import type { Randomness } from '../ports/randomness.ts';
import { GrapevineError } from '../protocol/errors.ts';
import type { OfferId, PeerId } from '../protocol/ids.ts';
import { DESK_LIMITS } from './limits.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { MakerState } from '../protocol/maker-state.ts';
import type { Answer, OfferTerms } from '../protocol/messages.ts';
import type { OfferPlan } from '../protocol/records.ts';
import { canBeRenewed, needsRenewal, planOfRenewal } from '../protocol/renewal.ts';
import type { DeskNotice } from './desk-events.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { foldMaker } from './protocol-roles.ts';
import type { MakerActor, OfferBook } from './offer-book.ts';
import { assertSameOffer, draftOf, planOf, termsOf, type OfferDraft } from './offer-draft.ts';

/** An offer's id begins with the number of its time span in three digits, which repeat after four minutes. */
const MOMENT_MS = 62.5;
const MOMENTS = 16 ** 3;

export interface OwnOffersInit {
  readonly self: PeerId;
  readonly book: OfferBook;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** How many of our offers may be open at a time; `ownOffersMax` by default. */
  readonly openMax?: number | undefined;
  /** Throws if the answer is a refusal. */
  readonly assertDone: (answer: Answer | null) => void;
  /** Called when a renewal fails that no caller waits for; it is retried. */
  readonly failed: (error: unknown) => void;
}

export class OwnOffers {
  readonly #init: OwnOffersInit;
  readonly #queue = new KeyedQueue();
  /** Failed renewals that wait for a retry. */
  readonly #retries = new Map<OfferId, Alarm>();
  #stopped = false;

  constructor(init: OwnOffersInit) {
    this.#init = init;
  }

  /** @throws GrapevineError as `Desk.announce` */
  async announce(draft: OfferDraft): Promise<OfferTerms> {
    const terms = this.#termsOf(draft);
    const plan = planOf(draft);
    const { reference } = terms;
    if (reference === undefined) return this.#open(terms, plan);
    return this.#queue.run(`reference ${reference}`, async () => {
      const known = stateOf(await this.#init.journal.readLatestUnder(reference));
      if (known === null) return this.#open(terms, plan);
      assertSameOffer(known, { terms, plan });
      return known.terms;
    });
  }

  /** @throws GrapevineError as `Desk.renew` */
  renew(offerId: OfferId, validForMs: number | undefined): Promise<OfferTerms> {
    return this.#queue.run(`renewal of ${offerId}`, () => this.#renew(offerId, validForMs));
  }

  /** Renews an offer when its deal fails, if its plan requires that. */
  onNotice(notice: DeskNotice): void {
    if (notice.event !== 'deal.failed' && notice.event !== 'deal.overdue') return;
    if (notice.maker === this.#init.self) this.renewIfNeeded(notice.offerId);
  }

  /** At a start: makes a renewal that is due, and records this offer in the one that it renews, where a crash came before. */
  recover({ terms, plan }: MakerState): void {
    this.renewIfNeeded(terms.offerId);
    if (plan.renews === undefined) return;
    void this.renew(plan.renews, undefined).catch((error: unknown) => {
      if (!this.#stopped) this.#init.failed(error);
    });
  }

  /** Makes a renewal that no caller waits for; a failure is logged and retried. */
  renewIfNeeded(offerId: OfferId): void {
    if (!this.#needsRenewal(offerId)) return;
    void this.renew(offerId, undefined).catch((error: unknown) => {
      // The maker may have reported the deal as done meanwhile.
      if (!this.#needsRenewal(offerId)) return;
      this.#init.failed(error);
      this.#retryLater(offerId);
    });
  }

  stop(): void {
    this.#stopped = true;
    for (const alarm of this.#retries.values()) alarm.cancel();
    this.#retries.clear();
  }

  #needsRenewal(offerId: OfferId): boolean {
    const state = this.#init.book.own.inMemory(this.#init.book.keyOfOwn(offerId))?.state;
    return !this.#stopped && state != null && needsRenewal(state);
  }

  /** Checks everything before the old offer is changed. */
  async #renew(offerId: OfferId, validForMs: number | undefined): Promise<OfferTerms> {
    const actor = await this.#init.book.own.find(this.#init.self, offerId);
    const renewal = stateOf(await this.#init.journal.readRenewalOf(offerId));
    if (renewal !== null) return this.#renewed(actor, renewal.terms);
    // A report that is being written may decide otherwise. From the last check on, nothing waits until the new offer is
    // in the journal, so a later report is also later in the journal.
    while (!actor.isIdle) this.#init.assertDone(await actor.submit({ kind: 'tick' }));
    const { state } = actor;
    if (state === null) throw new GrapevineError('ERR_OFFER_UNKNOWN', `this desk has no offer ${offerId} of its own`);
    const renewForMs = state.renewForMs ?? validForMs;
    const terms = { ...this.#termsOf(draftOf(state.terms, renewForMs)), ...nextAttempt(state.terms) };
    if (!canBeRenewed(state)) {
      const validity = Number(terms.expiresAt) - Number(terms.issuedAt);
      this.#init.assertDone(await actor.submit({ kind: 'cancel', renewForMs: validity }));
    }
    await this.#open(terms, planOfRenewal(state));
    return this.#renewed(actor, terms);
  }

  /** Records the renewal in the old offer. If a crash prevents that, the new offer is found by its plan. */
  async #renewed(actor: MakerActor, terms: OfferTerms): Promise<OfferTerms> {
    if (actor.state?.renewedAs === null)
      this.#init.assertDone(await actor.submit({ kind: 'renewed', as: terms.offerId }));
    return terms;
  }

  #termsOf(draft: OfferDraft): OfferTerms {
    const { self, clock, randomness } = this.#init;
    const now = clock.now();
    return termsOf(draft, newOfferId(randomness, now), self, now);
  }

  async #open(terms: OfferTerms, plan: OfferPlan | undefined): Promise<OfferTerms> {
    this.#assertRoom();
    const { book } = this.#init;
    const actor = book.own.add(book.keyOfOwn(terms.offerId), null);
    this.#init.assertDone(await actor.submit({ kind: 'open', terms, ...(plan !== undefined && { plan }) }));
    return terms;
  }

  #assertRoom(): void {
    const { book, openMax = LIMITS.ownOffersMax } = this.#init;
    if (book.own.openCount < openMax) return;
    throw new GrapevineError(
      'ERR_OVERLOADED',
      `${openMax} offers of this desk are open, which is the maximum; cancel some or try again later`,
    );
  }

  #retryLater(offerId: OfferId): void {
    const { clock } = this.#init;
    this.#retries.get(offerId)?.cancel();
    const alarm = clock.wakeAtMonotonic(clock.monotonicNow() + DESK_LIMITS.renewalRetryMs, () => {
      this.#retries.delete(offerId);
      this.renewIfNeeded(offerId);
    });
    this.#retries.set(offerId, alarm);
  }
}

function stateOf(stored: StoredOffer | null): MakerState | null {
  return stored === null ? null : foldMaker(stored.records);
}

function nextAttempt({ reference, attempt = 1 }: OfferTerms): Pick<OfferTerms, 'attempt'> {
  if (reference === undefined) return {};
  if (attempt < LIMITS.attemptsMax) return { attempt: attempt + 1 };
  throw new GrapevineError(
    'ERR_INVALID_OFFER',
    `the reference was used ${LIMITS.attemptsMax} times, which is the maximum; make an offer with another reference`,
  );
}

/**
 * Offers that are made at the same time have ids with the same first digits, so they are near each other in each
 * journal's index, and fewer pages are written. The rest is random, including 20 bits of the part that people see.
 */
function newOfferId(randomness: Randomness, now: number): OfferId {
  const moment = Math.floor(now / MOMENT_MS) % MOMENTS;
  return `${moment.toString(16).padStart(3, '0')}${randomness.hex(15).slice(1)}` as OfferId;
}
