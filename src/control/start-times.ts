/** Start times of offers, to measure how long they take; only of the latest. */
import { CONTROL_LIMITS } from './limits.ts';

export class StartTimes {
  readonly #times = new Map<string, number>();

  /** Only the first call for an offer counts. */
  start(offer: string, at: number): void {
    if (this.#times.has(offer)) return;
    const [oldest] = this.#times.keys();
    if (oldest !== undefined && this.#times.size >= CONTROL_LIMITS.measuredOffersMax) this.#times.delete(oldest);
    this.#times.set(offer, at);
  }

  /** The start time, which is then removed; null if it is not known. */
  end(offer: string): number | null {
    const at = this.#times.get(offer) ?? null;
    this.#times.delete(offer);
    return at;
  }
}
