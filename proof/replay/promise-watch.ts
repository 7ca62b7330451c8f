/**
 * Checks the promises of the model on real desks. After every event and every crash, it compares their messages and notices with the
 * written and the durable records of their journals.
 */
import type { DeskNotice } from '../../src/desk/desk-events.ts';
import type { PeerId } from '../../src/protocol/ids.ts';
import { isFinal, MAKER_LIFECYCLE, type MakerPhase } from '../../src/protocol/lifecycle.ts';
import { applyMaker, type MakerState } from '../../src/protocol/maker-state.ts';
import type { JournalRecord, MakerRecord, TakerRecord } from '../../src/protocol/records.ts';
import { applyTaker, type TakerState } from '../../src/protocol/taker-state.ts';
import type { WirePayload } from '../../simulation/wire-payload.ts';
import type { Witness } from '../../simulation/witness.ts';
import type { Promised } from '../searches.ts';
import type { Book } from './losing-journal.ts';

export class Broken extends Error {
  readonly promise: Promised;

  constructor(promise: Promised, text: string) {
    super(`${promise}: ${text}`);
    this.promise = promise;
  }
}

interface PromiseWatchInit {
  readonly maker: PeerId;
  readonly books: ReadonlyMap<PeerId, Book>;
  readonly nameOf: (peer: PeerId) => string;
  /** Checks only this promise. */
  readonly only: Promised | undefined;
  /** Checks more than the protocol promises: a taker that has shown a loss is not in doubt later. */
  readonly lossEndsDoubt: boolean;
}

/** The latest final state that a taker has shown to its operator. */
type Shown = 'won' | 'lost' | 'closed' | 'withdrawn';

export class PromiseWatch implements Witness {
  readonly #init: PromiseWatchInit;
  #told: { readonly outcome: string; readonly winner: string | null } | null = null;
  readonly #shown = new Map<PeerId, Shown>();
  readonly #confirmed = new Set<PeerId>();
  readonly #lostEarly = new Set<PeerId>();
  #takenBy: PeerId | null = null;
  broken: Broken | null = null;

  constructor(init: PromiseWatchInit) {
    this.#init = init;
  }

  // ---- what happens -------------------------------------------------------------------------------------------------------

  sent(desk: PeerId, _to: PeerId, { cmd, body }: WirePayload): void {
    if (desk !== this.#init.maker || cmd !== 'offer:done') return;
    const { outcome = '', winner = null } = body;
    const before = this.#told;
    this.#told = { outcome, winner };
    if (before === null || (before.outcome === outcome && before.winner === winner)) return;
    const which = before.outcome === 'awarded' && outcome === 'awarded' ? 'S1' : 'S4';
    this.#break(
      which,
      `told ${before.outcome} ${this.#name(before.winner)}, and then ${outcome} ${this.#name(winner)}`,
    );
  }

  noticed(desk: PeerId, notice: DeskNotice): void {
    switch (notice.event) {
      case 'deal.awarded':
        this.#onAward(notice.taker, notice.epoch);
        return;
      case 'award.confirmed':
        this.#onConfirmation(desk);
        return;
      case 'deal.won':
        this.#shown.set(desk, 'won');
        return;
      case 'deal.closed_by_hand':
        this.#shown.set(desk, 'closed');
        return;
      case 'acceptance.withdrawn':
        this.#shown.set(desk, 'withdrawn');
        return;
      case 'deal.lost':
        // A taker that has not confirmed can ask for the outcome again.
        if (this.#confirmed.has(desk)) this.#shown.set(desk, 'lost');
        else this.#lostEarly.add(desk);
        return;
      default:
    }
  }

  took(original: PeerId): void {
    this.#takenBy = original;
  }

  crashed(desk: PeerId): void {
    this.#init.books.get(desk)?.crashed();
    if (desk === this.#init.maker) this.#checkTold();
    else this.#checkShown(desk);
  }

  // ---- S1 to S4 -----------------------------------------------------------------------------------------------------------

  #onAward(taker: PeerId, epoch: number): void {
    const book = this.#init.books.get(taker);
    if (book === undefined) return;
    const confirmed = book.durable.some(({ record }) => record.type === 'confirmed' && record.epoch === epoch);
    if (!confirmed)
      this.#break('S3', `awarded to ${this.#name(taker)}, whose disk has no confirmation of epoch ${epoch}`);
  }

  #onConfirmation(taker: PeerId): void {
    if (this.#shown.get(taker) === 'withdrawn')
      this.#break('S4', `${this.#name(taker)} confirms what it has withdrawn`);
    if (this.#init.lossEndsDoubt && this.#lostEarly.has(taker))
      this.#break('S4', `${this.#name(taker)} has shown that it has lost, and is in doubt`);
    this.#confirmed.add(taker);
  }

  #checkTold(): void {
    if (this.#told === null) return;
    const phase = this.#makerState('durable')?.phase ?? 'unknown';
    if (phase !== this.#told.outcome) this.#break('S4', `told ${this.#told.outcome}, and the journal says ${phase}`);
  }

  #checkShown(taker: PeerId): void {
    const shown = this.#shown.get(taker);
    const phase = this.#takerState(taker, 'durable')?.phase ?? 'seen';
    if (shown === undefined || shown === 'withdrawn' || shown === phase) return;
    this.#break('S4', `${this.#name(taker)} has shown ${shown}, and its journal says ${phase}`);
  }

  /** After every event: no confirmation is repeated, as this could go on for ever (L1); and S2, for both sides. */
  check(): void {
    for (const [taker, { written }] of this.#init.books) {
      const epochs = written.flatMap(({ record }) => (record.type === 'confirmed' ? [record.epoch] : []));
      if (new Set(epochs).size < epochs.length) this.#break('L1', `${this.#name(taker)} confirms again what is over`);
    }
    // After a violation, the journal may be inconsistent.
    if (this.broken === null) this.#checkAward();
  }

  #checkAward(): void {
    const maker = this.#makerState('durable');
    const award = maker?.award ?? null;
    for (const [taker, shown] of this.#shown) {
      const isWinner = this.#makerState('written')?.award?.taker.id === taker;
      if (shown === 'won' && !isWinner)
        this.#break('S2', `${this.#name(taker)} shows won, and was not awarded the offer`);
    }
    if (award !== null && this.#init.books.has(award.taker.id)) {
      const state = this.#takerState(award.taker.id, 'written');
      const stands =
        state !== null && ['confirmed', 'won', 'closed'].includes(state.phase) && state.epoch === award.epoch;
      if (!stands) this.#break('S2', `awarded to ${this.#name(award.taker.id)}, which is ${state?.phase ?? 'away'}`);
    }
    const written = this.#makerState('written');
    const held = written?.award?.taker.id ?? written?.reservation?.taker.id ?? null;
    if (this.#takenBy !== null && held !== this.#takenBy)
      this.#break('S2', `${this.#name(this.#takenBy)} took the offer, which is ${this.#name(held)}'s`);
  }

  // ---- L1 -----------------------------------------------------------------------------------------------------------------

  checkEnd(mustBeAwarded: boolean): void {
    const maker = this.#makerState('written');
    if (maker !== null && !isFinal<MakerPhase>(MAKER_LIFECYCLE, maker.phase)) {
      this.#break('L1', `the offer is still ${maker.phase}${mustBeAwarded ? ', and has a willing taker' : ''}`);
    }
    for (const taker of this.#init.books.keys()) {
      const phase = taker === this.#init.maker ? null : this.#takerState(taker, 'written')?.phase;
      if (phase === 'accepting' || phase === 'confirmed') this.#break('L1', `${this.#name(taker)} is still ${phase}`);
    }
  }

  #break(promise: Promised, text: string): void {
    if (this.#init.only !== undefined && this.#init.only !== promise) return;
    this.broken ??= new Broken(promise, text);
  }

  #name(peer: string | null): string {
    return peer === null ? 'nobody' : this.#init.nameOf(peer as PeerId);
  }

  #makerState(which: 'written' | 'durable'): MakerState | null {
    const records = this.#records(this.#init.maker, which) as readonly MakerRecord[];
    return records.reduce<MakerState | null>(applyMaker, null);
  }

  #takerState(taker: PeerId, which: 'written' | 'durable'): TakerState | null {
    const records = this.#records(taker, which) as readonly TakerRecord[];
    return records.reduce<TakerState | null>(applyTaker, null);
  }

  #records(desk: PeerId, which: 'written' | 'durable'): readonly JournalRecord['record'][] {
    return (this.#init.books.get(desk)?.[which] ?? []).map(({ record }) => record);
  }
}
