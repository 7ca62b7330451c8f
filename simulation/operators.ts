/**
 * The operators of a world: they announce, bid, choose, withdraw, cancel and close doubts by hand. They do so at random times, and more
 * often at critical moments.
 */
import type { DeskNotice } from '../src/desk/desk-events.ts';
import type { OfferDraft } from '../src/desk/offer-draft.ts';
import { GrapevineError } from '../src/protocol/errors.ts';
import { offerKey, type OfferId, type OfferKey, type PeerId } from '../src/protocol/ids.ts';
import type { DealResult, OfferTerms } from '../src/protocol/messages.ts';
import type { Dice } from './dice.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { JobOrders } from './job-orders.ts';
import type { OriginalTaker } from './originals.ts';
import type { SimDesk } from './sim-desk.ts';
import type { Timeline } from './timeline.ts';
import type { OperatorCommand, Witness } from './witness.ts';
import { bidFor, wants } from './wishes.ts';
import { isOurs, makerOfKey, offerIdOfKey } from './wire-payload.ts';

export interface OperatorsInit {
  readonly dice: Dice;
  readonly plan: FaultPlan;
  readonly timeline: Timeline;
  readonly witness: Witness;
  readonly desks: readonly SimDesk[];
  readonly originals: readonly OriginalTaker[];
  /** Null in a world without jobs. */
  readonly jobs: JobOrders | null;
  readonly deskOf: (id: PeerId) => SimDesk | undefined;
}

/** How often an operator looks whether a taker must be chosen, and for how long. */
const CHOICE_EVERY_MS = 10_000;
const CHOICES_AFTER_HEALING = 60;

type Order =
  | { readonly command: 'accept'; readonly unitPrice?: string }
  | { readonly command: 'award'; readonly taker: PeerId }
  | { readonly command: 'withdraw' }
  | { readonly command: 'cancel' }
  | { readonly command: 'renew' }
  | { readonly command: 'report'; readonly result: DealResult; readonly details?: string }
  | { readonly command: 'resolve'; readonly as: 'awarded' | 'released' | 'won' | 'lost' };

/** The notices after which an operator may act. */
const PIVOTS: ReadonlySet<string> = new Set([
  'award.reserved',
  'award.confirmed',
  'acceptance.queued',
  'award.released',
]);

export class Operators implements Witness {
  readonly #init: OperatorsInit;
  #cancellations: number;
  #withdrawals: number;
  #resolutions: number;
  #healed = false;

  constructor(init: OperatorsInit) {
    this.#init = init;
    ({
      cancellations: this.#cancellations,
      withdrawals: this.#withdrawals,
      resolutions: this.#resolutions,
    } = init.plan);
  }

  /** From now on, operators close every doubt about a client of the original. */
  healed(): void {
    this.#healed = true;
    for (let round = 1; round <= 10; round += 1) {
      this.#later(round * 70_000, () => {
        for (const desk of this.#init.desks) this.#resolveAllOf(desk);
      });
    }
    for (let round = 1; round <= CHOICES_AFTER_HEALING; round += 1) {
      this.#later(round * CHOICE_EVERY_MS, () => {
        for (const desk of this.#init.desks) this.#chooseAllOf(desk);
      });
    }
  }

  #chooseAllOf(desk: SimDesk): void {
    for (const snapshot of desk.up?.offers() ?? []) {
      if (snapshot.role !== 'maker' || snapshot.phase !== 'open' || snapshot.terms.award !== 'manual') continue;
      const chosen = this.#init.dice.pick(snapshot.acceptances);
      if (chosen !== undefined) this.#choose(desk.id, offerKey(desk.id, snapshot.terms.offerId), chosen.taker);
    }
  }

  #resolveAllOf(desk: SimDesk): void {
    for (const { role, terms } of desk.up?.offers() ?? []) {
      if (role === 'maker') this.resolveTruly(desk.id, offerKey(desk.id, terms.offerId));
    }
  }

  noticed(desk: PeerId, notice: DeskNotice): void {
    if (!('maker' in notice)) return;
    const offer = offerKey(notice.maker, notice.offerId);
    const isOwn = notice.maker === desk;
    if (notice.event === 'deal.won' || notice.event === 'deal.awarded') this.#reportLater(desk, offer);
    if (notice.event === 'offer.received' && this.#healed) this.#bidLater(desk, offer, notice.terms);
    if (this.#healed) return;
    if (notice.event === 'offer.received') {
      this.#bidLater(desk, offer, notice.terms);
      this.#wantLater(desk, offer);
    }
    const isOver = notice.event === 'acceptance.withdrawn' || (notice.event === 'deal.lost' && notice.gaveUp);
    if (isOver && !isOwn) {
      this.#acceptAnewLater(desk, offer);
    }
    if (notice.event === 'acceptance.queued' && isOwn) this.#maybeChoose(desk, offer, notice.taker);
    const { dice } = this.#init;
    if (notice.event === 'deal.in_doubt' || notice.event === 'award.in_doubt') this.#maybeResolve(desk, offer, isOwn);
    if (!PIVOTS.has(notice.event) || !dice.chance(0.3)) return;
    if (isOwn) this.#maybeCancel(desk, offer);
    else this.#maybeWithdraw(desk, offer);
  }

  announce(desk: SimDesk, validForMs: number): void {
    if (desk.up === null) return;
    const { dice, jobs } = this.#init;
    const amount = dice.pick(['1', '0.5', '12345678901234567890.000000000000000001', 3]);
    const draft = {
      type: dice.pick(['buy', 'sell'] as const),
      amount,
      pair: 'BTC/USD',
      validForMs,
      ...this.#priceAndPolicy(desk, validForMs),
    };
    this.#order(desk, jobs?.from(draft) ?? draft);
  }

  #order(desk: SimDesk, draft: OfferDraft): void {
    if (draft.reference === undefined) {
      this.#announce(desk, draft);
      return;
    }
    const { jobs } = this.#init;
    for (const afterMs of [0, ...(jobs?.repetitions() ?? [])]) {
      this.#later(afterMs, () => {
        this.#announce(desk, draft);
      });
    }
    const renewMs = jobs?.renewalByHandMs() ?? null;
    if (renewMs === null) return;
    this.#later(renewMs, () => {
      const known = desk.up
        ?.offers()
        .filter(({ role, terms }) => role === 'maker' && terms.reference === draft.reference);
      const latest = known?.at(-1)?.terms.offerId;
      if (latest !== undefined && !this.#healed)
        this.#command(desk.id, { command: 'renew' }, offerKey(desk.id, latest));
    });
  }

  #announce(desk: SimDesk, draft: OfferDraft): void {
    const { up } = desk;
    up?.announce(draft).then(
      (terms) => {
        if (desk.up !== up) return;
        this.#init.witness.ordered?.(desk.id, draft, terms);
        this.#reportResult(desk, 'announce', offerKey(desk.id, terms.offerId), null);
      },
      () => undefined,
    );
  }

  #priceAndPolicy(desk: SimDesk, validForMs: number): Partial<OfferDraft> {
    const { dice, desks } = this.#init;
    const others = desks.filter(({ id }) => id !== desk.id && dice.chance(0.5)).map(({ id }) => id);
    const to = others.length > 0 && dice.chance(0.25) ? { to: others } : {};
    if (dice.chance(0.4)) return to;
    const price = { unitPrice: dice.pick(['100', '90000.5', '7']) };
    const award = dice.pick(['first', 'first', 'best', 'manual'] as const);
    if (award !== 'best') return { ...to, ...price, award };
    return { ...to, ...price, award, windowMs: dice.whole(1, Math.min(validForMs - 1, 10_000)) };
  }

  #bidLater(id: PeerId, offer: OfferKey, terms: OfferTerms): void {
    const desk = this.#init.deskOf(id);
    const unitPrice = bidFor(id, terms);
    if (desk === undefined || unitPrice === null || !wants(id, terms, desk.eagerness)) return;
    this.#later(this.#init.dice.whole(0, 500), () => {
      this.#command(id, { command: 'accept', unitPrice }, offer);
    });
  }

  #maybeChoose(desk: PeerId, offer: OfferKey, taker: PeerId): void {
    const { dice } = this.#init;
    if (!dice.chance(0.5)) return;
    this.#later(dice.spread(1, 10_000), () => {
      this.#choose(desk, offer, taker);
    });
  }

  #choose(desk: PeerId, offer: OfferKey, taker: PeerId): void {
    this.#init.witness.chose?.(desk, offer, taker);
    this.#command(desk, { command: 'award', taker }, offer);
  }

  // ---- at critical moments ----------------------------------------------------------------------------------------------------

  #wantLater(desk: PeerId, offer: OfferKey): void {
    const { dice } = this.#init;
    if (!dice.chance(0.2)) return;
    this.#later(dice.spread(1, 20_000), () => {
      this.#command(desk, { command: 'accept' }, offer);
    });
  }

  /** Most report the result, some with details. Some try to change their report, which is refused. */
  #reportLater(desk: PeerId, offer: OfferKey): void {
    const { dice } = this.#init;
    if (!dice.chance(0.6)) return;
    for (const afterMs of dice.chance(0.3) ? [1, dice.spread(1, 30_000)] : [dice.spread(1, 20_000)]) {
      const result = dice.pick(['done', 'failed'] as const);
      const details = dice.chance(0.5) ? { details: `transaction ${dice.hex(4)}` } : {};
      this.#later(afterMs, () => {
        this.#command(desk, { command: 'report', result, ...details }, offer);
      });
    }
  }

  /** Accepts again after a withdrawal, sometimes at another price. */
  #acceptAnewLater(desk: PeerId, offer: OfferKey): void {
    const { dice, witness } = this.#init;
    if (!dice.chance(0.7)) return;
    // Clients of the original do not support bids.
    const unitPrice =
      isOurs(makerOfKey(offer)) && dice.chance(0.3) ? { unitPrice: dice.pick(['100', '90000.5', '7']) } : {};
    this.#later(dice.chance(0.3) ? 0 : dice.spread(1, 30_000), () => {
      witness.fault?.('accepted anew', `${desk} ${offer}`);
      this.#command(desk, { command: 'accept', ...unitPrice }, offer);
    });
  }

  #maybeCancel(desk: PeerId, offer: OfferKey): void {
    if (this.#cancellations <= 0) return;
    this.#cancellations -= 1;
    this.#soon(() => {
      this.#init.witness.fault?.('cancellation', offer);
      this.#command(desk, { command: 'cancel' }, offer);
    });
  }

  #maybeWithdraw(desk: PeerId, offer: OfferKey): void {
    if (this.#withdrawals <= 0) return;
    this.#withdrawals -= 1;
    this.#soon(() => {
      this.#init.witness.fault?.('withdrawal', `${desk} ${offer}`);
      this.#command(desk, { command: 'withdraw' }, offer);
    });
  }

  #maybeResolve(desk: PeerId, offer: OfferKey, isOwn: boolean): void {
    const { dice, witness } = this.#init;
    if (this.#resolutions <= 0 || !dice.chance(0.5)) return;
    this.#resolutions -= 1;
    this.#later(dice.spread(1, 10_000), () => {
      witness.fault?.('closed by hand', `${desk} ${offer}`);
      const as = isOwn ? dice.pick(['awarded', 'released'] as const) : dice.pick(['won', 'lost'] as const);
      this.#command(desk, { command: 'resolve', as }, offer);
    });
  }

  /** Closes the doubt with the true outcome, as if the operator had asked the other side. */
  resolveTruly(desk: PeerId, offer: OfferKey): void {
    const snapshot = this.#init
      .deskOf(desk)
      ?.up?.offers()
      .find(({ role, terms }) => role === 'maker' && terms.offerId === (offerIdOfKey(offer) as OfferId));
    if (snapshot?.role !== 'maker' || !snapshot.inDoubt) return;
    const taker = this.#init.originals.find(({ id }) => id === snapshot.taker);
    const as = taker?.took.has(offer) === true ? 'awarded' : 'released';
    this.#command(desk, { command: 'resolve', as }, offer);
  }

  #soon(act: () => void): void {
    const { dice } = this.#init;
    this.#later(dice.chance(0.3) ? 0 : dice.spread(1, 500), act);
  }

  #later(ms: number, act: () => void): void {
    this.#init.timeline.after(ms, act);
  }

  #command(id: PeerId, order: Order, offer: OfferKey): void {
    const desk = this.#init.deskOf(id);
    const up = desk?.up;
    if (desk === undefined || up === undefined || up === null) return;
    const told = (code: string | null): void => {
      if (desk.up === up) this.#reportResult(desk, order.command, offer, code);
    };
    const offerId = offerIdOfKey(offer);
    const maker = makerOfKey(offer);
    const act = async (): Promise<void> => {
      if (order.command === 'accept') await up.accept(offerId, { maker, unitPrice: order.unitPrice });
      else if (order.command === 'award') await up.award(offerId, order.taker);
      else if (order.command === 'withdraw') await up.withdraw(offerId, maker);
      else if (order.command === 'cancel') await desk.cancel(offerId);
      else if (order.command === 'renew') await up.renew(offerId);
      else if (order.command === 'report') await up.report(offerId, order.result, order.details, maker);
      else await up.resolve(offerId, order.as, maker);
    };
    act().then(
      () => {
        told(null);
      },
      (error: unknown) => {
        told(error instanceof GrapevineError ? error.code : 'ERR_INTERNAL');
      },
    );
  }

  #reportResult(desk: SimDesk, command: OperatorCommand, offer: OfferKey, code: string | null): void {
    this.#init.witness.commanded?.(desk.id, command, offer, code);
  }
}
