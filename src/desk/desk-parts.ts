/** Creates the parts of a desk from its components and connects them. */
import type { EventEmitter } from 'node:events';
import { unlimited } from '../ports/rate-limit.ts';
import type { Answer } from '../protocol/messages.ts';
import { isDeskId } from '../wire/desk-id.ts';
import { AccessList } from './access-list.ts';
import { Bans } from './bans.ts';
import type { DeskComponents } from './desk-components.ts';
import { Dispatcher } from './dispatcher.ts';
import { EffectRunner } from './effect-runner.ts';
import { EquivocationWatch } from './equivocation-watch.ts';
import { errorLogger } from './error-logger.ts';
import { InterestRunner } from './interest-runner.ts';
import { STEPS } from './protocol-roles.ts';
import { Neighbours } from './neighbours.ts';
import { NoticePublisher } from './notice-publisher.ts';
import { OfferBook } from './offer-book.ts';
import { Outbox } from './outbox.ts';
import { OwnOffers } from './own-offers.ts';
import { PastOffers } from './past-offers.ts';
import { RefusalCounter } from './refusal-counter.ts';
import { RequestHandler } from './request-handler.ts';

/** What the parts call in their `DeskLifecycle`. */
export interface DeskHooks {
  readonly emitter: EventEmitter;
  /** Called when the journal fails. */
  readonly failed: (error: unknown) => void;
  /** Throws if the answer is a refusal. */
  readonly assertDone: (answer: Answer | null) => void;
}

export class DeskParts {
  readonly components: DeskComponents;
  readonly publisher: NoticePublisher;
  readonly access: AccessList;
  readonly bans: Bans;
  readonly refusals: RefusalCounter;
  readonly outbox: Outbox;
  readonly book: OfferBook;
  readonly interest: InterestRunner;
  readonly neighbours: Neighbours;
  readonly ownOffers: OwnOffers;
  readonly past: PastOffers;
  readonly requests: RequestHandler;
  readonly #dispatcher: Dispatcher;
  readonly #effects: EffectRunner;
  readonly #hooks: DeskHooks;

  constructor(components: DeskComponents, hooks: DeskHooks) {
    const { identity, network, journal, clock, log, evidence } = components;
    this.components = components;
    this.#hooks = hooks;
    this.publisher = new NoticePublisher(hooks.emitter, log, errorLogger(log, 'listener.failed'));
    this.access = new AccessList(components.access);
    this.bans = new Bans({ access: this.access, evidence, clock, publish: this.publisher.publish });
    this.refusals = new RefusalCounter(components.refused);
    this.outbox = new Outbox(network, identity, (by, result) => this.neighbours.onResult(by, result));
    this.book = this.#makeBook();
    this.interest = this.#makeInterest();
    this.neighbours = this.#makeNeighbours();
    this.#effects = this.#makeEffects();
    this.ownOffers = this.#makeOwnOffers();
    this.past = new PastOffers(identity, journal, this.neighbours);
    this.#dispatcher = this.#makeDispatcher();
    this.requests = this.#makeRequests();
  }

  #makeBook(): OfferBook {
    const { identity, randomness, steps = STEPS, bookCapacity } = this.components;
    return new OfferBook({
      identity,
      services: {
        ...this.components,
        random: () => Number.parseInt(randomness.hex(6), 16) / 2 ** 48,
        emit: (...step) => this.#effects.run(...step),
        failed: this.#hooks.failed,
      },
      steps,
      capacity: bookCapacity,
      isNamed: (maker) => this.access.isNamed(maker),
      dropped: ({ offerId, maker }) =>
        this.publisher.publish({ event: 'offer.gone', offerId, maker, outcome: null, verified: isDeskId(maker) }),
    });
  }

  #makeInterest(): InterestRunner {
    return new InterestRunner({
      ...this.components,
      book: this.book,
      allows: (id) => this.access.allows(id),
      failed: errorLogger(this.components.log, 'interest.failed'),
    });
  }

  #makeEffects(): EffectRunner {
    return new EffectRunner({
      ...this.components,
      book: this.book,
      outbox: this.outbox,
      neighbours: this.neighbours,
      publish: (notice) => {
        this.publisher.publish(notice);
        this.ownOffers.onNotice(notice);
      },
      received: (offer) => this.interest.ask(offer),
    });
  }

  #makeNeighbours(): Neighbours {
    const { networks = 1, log } = this.components;
    return new Neighbours({
      ...this.components,
      outbox: this.outbox,
      book: this.book,
      access: this.access,
      networks,
      onListed: (offer) => this.#dispatcher.onListed(offer),
      failed: errorLogger(log, 'neighbours.failed'),
    });
  }

  #makeOwnOffers(): OwnOffers {
    const { identity, ownOffersMax, log } = this.components;
    return new OwnOffers({
      ...this.components,
      self: identity.id,
      book: this.book,
      openMax: ownOffersMax,
      assertDone: this.#hooks.assertDone,
      failed: errorLogger(log, 'renewal.failed'),
    });
  }

  #makeDispatcher(): Dispatcher {
    const { clock, listLimit = unlimited } = this.components;
    return new Dispatcher({
      ...this.components,
      book: this.book,
      access: this.access,
      listLimit,
      neighbours: this.neighbours,
      watch: new EquivocationWatch(),
      now: () => clock.now(),
      refusals: this.refusals,
      equivocated: (names, statements) => this.bans.onEquivocation(names, statements),
      repeated: (offer) => this.interest.onRepeated(offer),
    });
  }

  #makeRequests(): RequestHandler {
    const { rateLimit = unlimited, log } = this.components;
    return new RequestHandler({
      ...this.components,
      book: this.book,
      rateLimit,
      dispatcher: this.#dispatcher,
      neighbours: this.neighbours,
      refusals: this.refusals,
      failed: errorLogger(log, 'broadcast.failed'),
    });
  }
}
