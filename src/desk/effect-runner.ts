/** Runs the effects of a step: sends messages, returns their results to the offer, publishes notices. */
import type { Clock } from '../ports/clock.ts';
import type { Identity } from '../ports/identity.ts';
import type { Log } from '../ports/log.ts';
import type { OfferKey } from '../protocol/ids.ts';
import type { Notice } from '../protocol/notices.ts';
import type { Effect } from '../protocol/step.ts';
import { FixedWindowCounter } from '../transport/fixed-window-counter.ts';
import { isDeskId } from '../wire/desk-id.ts';
import type { DeskNotice, OfferAnnounced } from './desk-events.ts';
import type { Neighbours } from './neighbours.ts';
import type { OfferBook } from './offer-book.ts';
import { DESK_LIMITS } from './limits.ts';
import type { Outbox } from './outbox.ts';

type Broadcast = Extract<Effect, { kind: 'broadcast' }>;

type BroadcastCounts = Pick<OfferAnnounced, 'reached' | 'unreachable' | 'refused'>;

export interface EffectRunnerInit {
  readonly book: OfferBook;
  readonly outbox: Outbox;
  readonly identity: Identity;
  readonly neighbours: Neighbours;
  readonly clock: Clock;
  readonly log: Log;
  readonly publish: (notice: DeskNotice) => void;
  /** Called for an offer that is new to us. */
  readonly received: (offer: OfferKey) => void;
}

const SECOND_MS = 1_000;

export class EffectRunner {
  readonly #init: EffectRunnerInit;
  readonly #announcedAgain: FixedWindowCounter;

  constructor(init: EffectRunnerInit) {
    this.#init = init;
    this.#announcedAgain = new FixedWindowCounter(SECOND_MS, () => init.clock.monotonicNow());
  }

  run(offer: OfferKey, effects: readonly Effect[], notices: readonly Notice[]): void {
    for (const effect of effects) {
      if (effect.kind === 'send') this.#send(offer, effect);
      else void this.#broadcast(effect);
    }
    const { book, publish, received } = this.#init;
    for (const notice of notices) {
      if (notice.event === 'deal.won') book.recordDeal(notice.maker);
      // A client of the original proves nothing.
      if (notice.event === 'deal.awarded' && isDeskId(notice.taker)) book.recordDeal(notice.taker);
      publish({ ...notice, verified: this.#isVerified(offer, notice) });
      if (notice.event === 'offer.received') received(offer);
    }
  }

  #send(offer: OfferKey, effect: Extract<Effect, { kind: 'send' }>): void {
    const { book, outbox } = this.#init;
    void outbox.send(effect, book.own.inMemory(offer)?.state?.terms).then((result) => {
      const own = book.own.inMemory(offer);
      if (own !== undefined) own.post(result);
      else book.others.inMemory(offer)?.post(result);
    });
  }

  async #broadcast(effect: Broadcast): Promise<void> {
    const { log, publish } = this.#init;
    const { message, isRepeated } = effect;
    if (isRepeated && !this.#mayRepeat(effect)) return;
    const sent = await this.#sendToAll(effect);
    if (message.cmd !== 'offer:new') return;
    const counts = { offerId: message.terms.offerId, ...sent };
    if (isRepeated) log.write('debug', 'offer.announced_again', counts);
    else publish({ event: 'offer.announced', ...counts });
  }

  /**
   * Each offer has its own timer, so the load would grow with the number of offers. An announcement above the limit is
   * skipped. Nothing is lost: a new desk asks for our list, and a waiting taker asks for the status of its offer.
   */
  #mayRepeat({ to }: Broadcast): boolean {
    // In a large network, a new desk gets the whole book from its links.
    if (to === undefined && this.#init.neighbours.isLargeNetwork) return false;
    return this.#announcedAgain.spend('all offers', 1) <= DESK_LIMITS.announcedAgainPerSecond;
  }

  async #sendToAll(effect: Broadcast): Promise<BroadcastCounts> {
    const { identity, neighbours, outbox } = this.#init;
    const { message, to } = effect;
    if (to === undefined && neighbours.isLargeNetwork) {
      const { taken, missed } = await neighbours.spread(message, await identity.signFact(message));
      // The links pass it on; we don't get the answers of the desks behind them.
      if (taken.length > 0) return { reached: taken.length, unreachable: missed.length, refused: 0 };
    }
    const { reached, unreached } = await outbox.broadcast(effect);
    const refused = unreached.filter(({ code }) => code === 'ERR_REFUSED').length;
    return { reached: reached.length, unreachable: unreached.length, refused };
  }

  /** Whether the peers in this notice have proven their keys. */
  #isVerified(offer: OfferKey, notice: Notice): boolean {
    const { book } = this.#init;
    const own = book.own.inMemory(offer);
    if (own === undefined) return book.others.inMemory(offer)?.state?.auth !== undefined;
    // A taker with a key proves it in each message.
    return !('taker' in notice) || isDeskId(notice.taker);
  }
}
