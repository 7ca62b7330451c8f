/**
 * The offers that the desk knows, as it says them. The page never works out a state by itself: an event only says which offer
 * to ask for again. Many events in a short time become one request.
 */
import { batch, computed, signal, type ReadonlySignal } from '@preact/signals';
import type { ControlEvent, Offer } from '../../control/contract.ts';
import { hasEnded } from '../../control/contract/ended-phases.ts';
import { CONTROL_LIMITS } from '../../control/limits.ts';
import { api } from './api.ts';

const { controlPageMax: PAGE, controlIdsMax: IDS_MAX } = CONTROL_LIMITS;
/** More changes than this at once, and the whole book is loaded again. */
const CHANGES_MAX = 2_000;
const GATHER_MS = 80;
const RETRY_MS = 1_000;
/** Ended offers stay to be seen for so many more endings. */
const ENDED_MAX = 500;

export const keyOf = ({ maker, offerId }: { readonly maker: string; readonly offerId: string }): string =>
  `${maker}/${offerId}`;

export class Book {
  readonly #isLive: () => boolean;
  readonly #offers = new Map<string, Offer>();
  /** Another object after each change; the map within is the same. */
  readonly #held = signal({ offers: this.#offers });
  readonly #changed = new Set<string>();
  #isWaiting = false;
  /** Events may be missing: nothing less than the whole book will do. */
  #isStale = true;
  #loading: Promise<void> = Promise.resolve();
  /** False until the book has been loaded once. */
  readonly isLoaded = signal(false);

  readonly offers: ReadonlySignal<readonly Offer[]> = computed(() => [...this.#held.value.offers.values()]);

  /** @param isLive whether the desk can be asked just now */
  constructor(isLive: () => boolean) {
    this.#isLive = isLive;
  }

  get(key: string): Offer | undefined {
    return this.#held.value.offers.get(key);
  }

  /** After the connection was made: what could not be asked for before is asked for now. */
  catchUp(): void {
    this.#waitForMore();
  }

  onEvents(events: readonly ControlEvent[]): void {
    for (const event of events) {
      if (event.event === 'stream.open' || event.event === 'stream.gap') this.#isStale = true;
      else if ('offerId' in event) this.#changed.add(event.offerId);
    }
    this.#waitForMore();
  }

  #waitForMore(): void {
    if (this.#isWaiting || !(this.#isStale || this.#changed.size > 0)) return;
    this.#isWaiting = true;
    setTimeout(() => void this.#gather(), GATHER_MS);
  }

  /** What the answer to an action says is shown at once. */
  put(offers: readonly Offer[]): void {
    for (const offer of offers) this.#offers.set(keyOf(offer), offer);
    this.#held.value = { offers: this.#offers };
  }

  async #gather(): Promise<void> {
    this.#isWaiting = false;
    const ids = [...this.#changed];
    this.#changed.clear();
    try {
      const isAll = this.#isStale || ids.length > CHANGES_MAX;
      await this.#afterThat(() => (isAll ? this.#loadAll() : this.#loadSome(ids)));
    } catch {
      // Where the desk is gone for now, all of it is asked for again when it is back.
      this.#isStale = true;
      setTimeout(() => {
        if (this.#isLive()) this.#waitForMore();
      }, RETRY_MS);
    }
  }

  /** One after the other, so that an older answer never replaces a newer one. */
  #afterThat(work: () => Promise<void>): Promise<void> {
    const next = this.#loading.catch(() => undefined).then(work);
    this.#loading = next;
    return next;
  }

  async #loadAll(): Promise<void> {
    // An event from here on may say that this is old already.
    this.#isStale = false;
    // The latest, with those of them that have ended: "ended too" has something to show after a reload.
    const { offers: latest } = await api.offers({ recent: true, sort: 'age', limit: ENDED_MAX });
    const found: Offer[] = [];
    let total = Infinity;
    while (found.length < total) {
      // By age: what comes meanwhile moves others to later pages, and is named by an event.
      const page = await api.offers({ sort: 'age', offset: found.length, limit: PAGE });
      found.push(...page.offers);
      total = page.offers.length === 0 ? 0 : page.total;
    }
    const ended = [...this.#offers.values(), ...latest.reverse()].filter(hasEnded);
    this.#offers.clear();
    batch(() => {
      this.put([...ended, ...found]);
      this.isLoaded.value = true;
    });
    this.#forgetEnded();
  }

  async #loadSome(ids: readonly string[]): Promise<void> {
    for (let from = 0; from < ids.length; from += IDS_MAX) {
      const { offers } = await api.offers({ ids: ids.slice(from, from + IDS_MAX), all: true });
      this.put(offers);
    }
    this.#forgetEnded();
  }

  #forgetEnded(): void {
    const ended = [...this.#offers].filter(([, offer]) => hasEnded(offer));
    for (const [key] of ended.slice(0, Math.max(0, ended.length - ENDED_MAX))) this.#offers.delete(key);
  }
}
