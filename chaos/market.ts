/** Makes and sometimes cancels offers, so that the given number is open. It pauses when it is too far ahead of the kills. */
import type { DeskKeeper } from './desk-keeper.ts';
import type { OfferTally } from './offer-tally.ts';
import type { PlannedOffer } from './plan.ts';

export interface MarketInit {
  readonly makers: readonly DeskKeeper[];
  readonly tally: OfferTally;
  readonly nextOffer: () => PlannedOffer;
  /** The most open offers at the same time. */
  readonly openMax: number;
  /** The number of offers that are allowed so far. */
  readonly allowance: () => number;
}

const TICK_MS = 25;

export class Market {
  readonly #init: MarketInit;
  readonly #timers = new Set<NodeJS.Timeout>();
  #ticking: NodeJS.Timeout | null = null;
  #planned: PlannedOffer | null = null;
  #ordered = 0;
  #underWay = 0;

  constructor(init: MarketInit) {
    this.#init = init;
  }

  start(): void {
    this.#ticking = setInterval(() => {
      this.#tick();
    }, TICK_MS);
  }

  stop(): void {
    if (this.#ticking !== null) clearInterval(this.#ticking);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #tick(): void {
    const { tally, openMax, allowance } = this.#init;
    while (tally.openCount + this.#underWay < openMax && this.#ordered < allowance()) {
      const planned = (this.#planned ??= this.#init.nextOffer());
      const maker = this.#makerFor(planned);
      if (maker === null) return;
      this.#planned = null;
      void this.#announce(maker, planned);
    }
  }

  /** The planned maker, or the next one that is up. */
  #makerFor({ maker }: PlannedOffer): DeskKeeper | null {
    const { makers } = this.#init;
    const inTurn = [...makers.slice(maker), ...makers.slice(0, maker)];
    return inTurn.find(({ life }) => life === 'up') ?? null;
  }

  async #announce(maker: DeskKeeper, { draft, cancelAfterMs }: PlannedOffer): Promise<void> {
    this.#ordered += 1;
    this.#underWay += 1;
    const result = await maker.order({ what: 'announce', draft });
    this.#underWay -= 1;
    // If the result is unknown, another offer is made in its place.
    if (result.kind !== 'done') this.#ordered -= 1;
    else if (cancelAfterMs !== null) this.#cancelLater(maker, result.offerId, cancelAfterMs);
  }

  #cancelLater(maker: DeskKeeper, offerId: string, afterMs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void maker.order({ what: 'cancel', offerId });
    }, afterMs);
    this.#timers.add(timer);
  }
}
