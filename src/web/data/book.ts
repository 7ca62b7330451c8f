/**
 * The offers that the desk knows. The page never computes the state of an offer: an event only says which offer to load again. The
 * events of a short time are combined into one request.
 */
import { batch, computed, signal, type ReadonlySignal } from '@preact/signals';
import type { ControlEvent, Offer } from '../../control/contract.ts';
import { hasEnded } from '../../control/contract/ended-phases.ts';
import { CONTROL_LIMITS } from '../../control/limits.ts';
import { api } from './api.ts';

const { controlPageMax: PAGE, controlIdsMax: IDS_MAX } = CONTROL_LIMITS;
/** If more offers than this have changed, the whole book is loaded. */
const CHANGES_MAX = 2_000;
const GATHER_MS = 80;
const RETRY_MS = 1_000;
/** The latest ended offers, which stay in the book. */
const ENDED_MAX = 500;

export const keyOf = ({ maker, offerId }: { readonly maker: string; readonly offerId: string }): string =>
  `${maker}/${offerId}`;

export class Book {
  readonly #isLive: () => boolean;
  readonly #offers = new Map<string, Offer>();
  /** A new object after each change, around the same map. */
  readonly #state = signal({ offers: this.#offers });
  readonly #changed = new Set<string>();
  #isScheduled = false;
  /** Events may be missing, so the whole book must be loaded. */
  #isStale = true;
  #loading: Promise<void> = Promise.resolve();
  /** False until the book has been loaded once. */
  readonly isLoaded = signal(false);

  readonly offers: ReadonlySignal<readonly Offer[]> = computed(() => [...this.#state.value.offers.values()]);

  /** @param isLive whether the desk is connected */
  constructor(isLive: () => boolean) {
    this.#isLive = isLive;
  }

  get(key: string): Offer | undefined {
    return this.#state.value.offers.get(key);
  }

  onEvents(events: readonly ControlEvent[]): void {
    for (const event of events) {
      if (event.event === 'stream.open' || event.event === 'stream.gap') this.#isStale = true;
      else if ('offerId' in event) this.#changed.add(event.offerId);
    }
    this.scheduleLoad();
  }

  /** Loads what has changed, after a short time. Does nothing if nothing has changed. */
  scheduleLoad(): void {
    if (this.#isScheduled || !(this.#isStale || this.#changed.size > 0)) return;
    this.#isScheduled = true;
    setTimeout(() => void this.#load(), GATHER_MS);
  }

  /** Adds or replaces offers, also those from the answers to actions. */
  put(offers: readonly Offer[]): void {
    for (const offer of offers) this.#offers.set(keyOf(offer), offer);
    this.#state.value = { offers: this.#offers };
  }

  async #load(): Promise<void> {
    this.#isScheduled = false;
    const ids = [...this.#changed];
    this.#changed.clear();
    try {
      const isAll = this.#isStale || ids.length > CHANGES_MAX;
      await this.#enqueue(() => (isAll ? this.#loadAll() : this.#loadSome(ids)));
    } catch {
      // The retry loads the whole book. If the desk is not connected, the next connection starts it.
      this.#isStale = true;
      setTimeout(() => {
        if (this.#isLive()) this.scheduleLoad();
      }, RETRY_MS);
    }
  }

  /** One request after another, so that an older answer never replaces a newer one. */
  #enqueue(work: () => Promise<void>): Promise<void> {
    const next = this.#loading.catch(() => undefined).then(work);
    this.#loading = next;
    return next;
  }

  async #loadAll(): Promise<void> {
    // Set before the requests, as events that arrive meanwhile may make the answers stale.
    this.#isStale = false;
    // The latest offers include ended ones, which the filter "Include ended" shows after a reload.
    const { offers: latest } = await api.offers({ recent: true, sort: 'age', limit: ENDED_MAX });
    const found: Offer[] = [];
    let total = Infinity;
    while (found.length < total) {
      // Sorted by age: a new offer moves others to later pages, and an event names it.
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
