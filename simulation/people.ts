/**
 * The people of a world: they announce, want, withdraw, cancel and close doubts by hand, at times by chance and, more often
 * than chance would have it, just when it hurts.
 */
import type { DeskNotice } from '../src/desk/desk-events.ts';
import { GrapevineError } from '../src/protocol/errors.ts';
import { offerKey, type OfferId, type OfferKey, type PeerId } from '../src/protocol/ids.ts';
import type { Dice } from './dice.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { OriginalTaker } from './originals.ts';
import type { SimDesk } from './sim-desk.ts';
import type { Timeline } from './timeline.ts';
import type { OperatorCommand, Witness } from './witness.ts';
import { makerOfKey, offerIdOfKey } from './wire-payload.ts';

export interface PeopleInit {
  readonly dice: Dice;
  readonly plan: FaultPlan;
  readonly timeline: Timeline;
  readonly witness: Witness;
  readonly desks: readonly SimDesk[];
  readonly originals: readonly OriginalTaker[];
  readonly deskOf: (id: PeerId) => SimDesk | undefined;
}

/** Moments after which somebody may interfere. */
const PIVOTS: ReadonlySet<string> = new Set([
  'award.reserved',
  'award.confirmed',
  'acceptance.queued',
  'award.released',
]);

export class People implements Witness {
  readonly #init: PeopleInit;
  #cancellations: number;
  #withdrawals: number;
  #resolutions: number;
  #healed = false;

  constructor(init: PeopleInit) {
    this.#init = init;
    ({
      cancellations: this.#cancellations,
      withdrawals: this.#withdrawals,
      resolutions: this.#resolutions,
    } = init.plan);
  }

  /** From now on operators close every doubt that a client of the original leaves them in. */
  healed(): void {
    this.#healed = true;
    for (let round = 1; round <= 10; round += 1) {
      this.#later(round * 70_000, () => {
        for (const desk of this.#init.desks) this.#resolveAllOf(desk);
      });
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
    if (this.#healed) return;
    if (notice.event === 'offer.received') this.#wantLater(desk, offer);
    const { dice } = this.#init;
    if (notice.event === 'deal.in_doubt' || notice.event === 'award.in_doubt') this.#maybeResolve(desk, offer, isOwn);
    if (!PIVOTS.has(notice.event) || !dice.chance(0.3)) return;
    if (isOwn) this.#maybeCancel(desk, offer);
    else this.#maybeWithdraw(desk, offer);
  }

  announce(desk: SimDesk, validForMs: number): void {
    const { up } = desk;
    if (up === null) return;
    const { dice } = this.#init;
    const amount = dice.pick(['1', '0.5', '12345678901234567890.000000000000000001', 3]);
    const draft = { type: dice.pick(['buy', 'sell'] as const), amount, pair: 'BTC/USD', validForMs };
    up.announce(draft).then(
      ({ offerId }) => {
        if (desk.up === up) this.#tell(desk, 'announce', offerKey(desk.id, offerId), null);
      },
      () => undefined,
    );
  }

  // ---- when it hurts ----------------------------------------------------------------------------------------------------

  #wantLater(desk: PeerId, offer: OfferKey): void {
    const { dice } = this.#init;
    if (!dice.chance(0.2)) return;
    this.#later(dice.spread(1, 20_000), () => {
      this.#command(desk, 'accept', offer);
    });
  }

  #maybeCancel(desk: PeerId, offer: OfferKey): void {
    if (this.#cancellations <= 0) return;
    this.#cancellations -= 1;
    this.#soon(() => {
      this.#init.witness.fault?.('cancellation', offer);
      this.#command(desk, 'cancel', offer);
    });
  }

  #maybeWithdraw(desk: PeerId, offer: OfferKey): void {
    if (this.#withdrawals <= 0) return;
    this.#withdrawals -= 1;
    this.#soon(() => {
      this.#init.witness.fault?.('withdrawal', `${desk} ${offer}`);
      this.#command(desk, 'withdraw', offer);
    });
  }

  #maybeResolve(desk: PeerId, offer: OfferKey, isOwn: boolean): void {
    const { dice, witness } = this.#init;
    if (this.#resolutions <= 0 || !dice.chance(0.5)) return;
    this.#resolutions -= 1;
    this.#later(dice.spread(1, 10_000), () => {
      witness.fault?.('closed by hand', `${desk} ${offer}`);
      if (isOwn) this.#command(desk, 'resolve', offer, dice.pick(['awarded', 'released'] as const));
      else this.#command(desk, 'resolve', offer, dice.pick(['won', 'lost'] as const));
    });
  }

  /** What a careful operator does: asks the other's people first. */
  resolveTruly(desk: PeerId, offer: OfferKey): void {
    const snapshot = this.#init
      .deskOf(desk)
      ?.up?.offers()
      .find(({ role, terms }) => role === 'maker' && terms.offerId === (offerIdOfKey(offer) as OfferId));
    if (snapshot?.role !== 'maker' || !snapshot.inDoubt) return;
    const taker = this.#init.originals.find(({ id }) => id === snapshot.taker);
    this.#command(desk, 'resolve', offer, taker?.took.has(offer) === true ? 'awarded' : 'released');
  }

  #soon(act: () => void): void {
    const { dice } = this.#init;
    this.#later(dice.chance(0.3) ? 0 : dice.spread(1, 500), act);
  }

  #later(ms: number, act: () => void): void {
    this.#init.timeline.after(ms, act);
  }

  #command(id: PeerId, command: OperatorCommand, offer: OfferKey, as?: 'awarded' | 'released' | 'won' | 'lost'): void {
    const desk = this.#init.deskOf(id);
    const up = desk?.up;
    if (desk === undefined || up === undefined || up === null) return;
    const told = (code: string | null): void => {
      if (desk.up === up) this.#tell(desk, command, offer, code);
    };
    const offerId = offerIdOfKey(offer);
    const maker = makerOfKey(offer);
    const act = async (): Promise<void> => {
      if (command === 'accept') await up.accept(offerId, { maker });
      else if (command === 'withdraw') await up.withdraw(offerId, maker);
      else if (command === 'cancel') await desk.cancel(offerId);
      else if (as !== undefined) await up.resolve(offerId, as, maker);
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

  #tell(desk: SimDesk, command: OperatorCommand, offer: OfferKey, code: string | null): void {
    this.#init.witness.commanded?.(desk.id, command, offer, code);
  }
}
