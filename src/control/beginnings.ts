/** When offers began, for the latest that have; a bounded memory. */
import { CONTROL_LIMITS } from './limits.ts';

export class Beginnings {
  readonly #times = new Map<string, number>();

  /** The first time counts. */
  begin(offer: string, at: number): void {
    if (this.#times.has(offer)) return;
    const [oldest] = this.#times.keys();
    if (oldest !== undefined && this.#times.size >= CONTROL_LIMITS.measuredOffersMax) this.#times.delete(oldest);
    this.#times.set(offer, at);
  }

  /** Null when nobody saw the beginning. */
  end(offer: string): number | null {
    const at = this.#times.get(offer) ?? null;
    this.#times.delete(offer);
    return at;
  }
}
