/**
 * Checks that a desk's memory agrees with its journal: at the start of each step, at a crash, and at the end. Also checks queues: each
 * taker at most once, and not the taker with the reservation.
 */
import type { DealReports, Report } from '../src/protocol/deal-reports.ts';
import type { OfferKey, PeerId } from '../src/protocol/ids.ts';
import type { MakerState } from '../src/protocol/maker-state.ts';
import type { TakerState } from '../src/protocol/taker-state.ts';
import { Checks } from './checks.ts';
import type { Ledger } from './ledger.ts';
import { Violation, type LiveState, type Witness } from './witness.ts';

interface Latest {
  readonly offer: OfferKey;
  readonly before: LiveState;
  readonly after: LiveState;
  readonly isWriting: boolean;
}

export class MemoryChecker implements Witness {
  readonly name = 'memory';
  readonly checks = new Checks('steps', 'crashes', 'queues');
  readonly #ledger: Ledger;
  readonly #latest = new Map<PeerId, Map<OfferKey, Latest>>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  stepping(desk: PeerId, offer: OfferKey, live: LiveState): void {
    this.checks.did('steps');
    if (!this.#isFold(desk, offer, live)) this.#fail(desk, offer, live);
    if (live.role !== 'maker' || live.state === null || live.state.queue.length === 0) return;
    this.checks.did('queues');
    assertOneAcceptanceEach(offer, live.state);
  }

  stepped(desk: PeerId, offer: OfferKey, live: LiveState, records: number): void {
    const ofDesk = this.#latest.get(desk) ?? new Map<OfferKey, Latest>();
    this.#latest.set(desk, ofDesk);
    const before = ofDesk.get(offer)?.after ?? { role: live.role, state: null };
    ofDesk.set(offer, { offer, before, after: live, isWriting: records > 0 });
  }

  crashed(desk: PeerId): void {
    for (const { offer, before, after, isWriting } of this.#latest.get(desk)?.values() ?? []) {
      this.checks.did('crashes');
      if (this.#isFold(desk, offer, after)) continue;
      // The current write may not be durable.
      if (!isWriting || (before.state !== null && !this.#isFold(desk, offer, before))) this.#fail(desk, offer, after);
    }
    this.#latest.delete(desk);
  }

  /** The desk's state of an offer in memory. */
  live(desk: PeerId, offer: OfferKey): LiveState | null {
    return this.#latest.get(desk)?.get(offer)?.after ?? null;
  }

  /** All writes have ended. */
  ended(): void {
    for (const [desk, offers] of this.#latest) {
      for (const { offer, after } of offers.values())
        if (!this.#isFold(desk, offer, after)) this.#fail(desk, offer, after);
    }
  }

  #isFold(desk: PeerId, offer: OfferKey, { role, state }: LiveState): boolean {
    if (role === 'maker') {
      const folded = this.#ledger.maker(offer);
      return state === null || folded === null ? state === folded : sameMaker(state, folded);
    }
    const folded = this.#ledger.taker(offer, desk)?.state ?? null;
    // Offers that were only received are in no journal.
    if (folded === null) return state === null || state.phase === 'seen' || state.phase === 'lost';
    return state !== null && sameTaker(state, folded);
  }

  #fail(desk: PeerId, offer: OfferKey, { role, state }: LiveState): never {
    const folded = role === 'maker' ? this.#ledger.maker(offer) : this.#ledger.taker(offer, desk)?.state;
    throw new Violation(
      `fold: ${desk} has ${offer} in memory as ${state?.phase ?? 'nothing'}, its journal as ${folded?.phase ?? 'nothing'}`,
    );
  }
}

function sameMaker(a: MakerState, b: MakerState): boolean {
  return (
    a.phase === b.phase &&
    a.epoch === b.epoch &&
    a.reservation?.taker.id === b.reservation?.taker.id &&
    a.reservation?.epoch === b.reservation?.epoch &&
    a.reservation?.until === b.reservation?.until &&
    a.award?.taker.id === b.award?.taker.id &&
    a.award?.epoch === b.award?.epoch &&
    a.outcomeRecipient?.id === b.outcomeRecipient?.id &&
    sameReports(a.reports, b.reports) &&
    a.terms.amount === b.terms.amount &&
    a.terms.expiresAt === b.terms.expiresAt
  );
}

function sameTaker(a: TakerState, b: TakerState): boolean {
  return (
    durablePhase(a) === durablePhase(b) &&
    a.epoch === b.epoch &&
    a.reason === b.reason &&
    a.closedAs === b.closedAs &&
    a.truth?.outcome === b.truth?.outcome &&
    a.truth?.won === b.truth?.won &&
    a.dialect === b.dialect &&
    sameReports(a.reports, b.reports) &&
    a.terms.amount === b.terms.amount &&
    a.terms.expiresAt === b.terms.expiresAt
  );
}

function sameReports(a: DealReports, b: DealReports): boolean {
  return a.hasStoppedSending === b.hasStoppedSending && sameReport(a.own, b.own) && sameReport(a.other, b.other);
}

function sameReport(a: Report | null, b: Report | null): boolean {
  return a?.result === b?.result && a?.at === b?.at && a?.details?.text === b?.details?.text;
}

/** The phase in the journal. It does not record that the maker has queued us. */
function durablePhase({ phase }: TakerState): string {
  return phase === 'queued' ? 'accepting' : phase;
}

function assertOneAcceptanceEach(offer: OfferKey, { queue, reservation }: MakerState): void {
  const waiting = [...queue].map(({ taker }) => taker.id);
  const held = reservation === null ? [] : [reservation.taker.id];
  const all = [...held, ...waiting];
  if (new Set(all).size < all.length) throw new Violation(`queue: ${offer} has one taker twice: ${all.join(', ')}`);
}
