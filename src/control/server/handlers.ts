/** The handler of each route: calls the desk and returns what the contract promises. */
import { GrapevineError } from '../../protocol/errors.ts';
import { CONTROL_LIMITS } from '../limits.ts';
import type {
  BodyOf,
  Check,
  Offer,
  OfferToTest,
  ParamsOf,
  Proven,
  QueryOf,
  ResponseOf,
  RouteName,
  RulesReloaded,
  RulesVerdict,
  Setting,
} from '../contract.ts';
import type { ActivityLog } from '../activity.ts';
import type { EventLog } from '../event-log.ts';
import type { ControlledDesk } from './desk-adapter.ts';
import { findOffer, findTaker } from './find-offer.ts';
import type { OfferListings } from './offer-listings.ts';
import { selectOffers } from './select-offers.ts';

/** What the process around a desk can do: rules, settings, and files of this machine. */
export interface DeskOperations {
  /** Without secrets. */
  config(): readonly Setting[];
  doctor(): Promise<readonly Check[]>;
  /** Copies the journal to a new file. */
  backup(file: string): Promise<void>;
  /** Invalid rules are refused, and the previous ones stay. */
  reloadRules(): RulesReloaded | Promise<RulesReloaded>;
  testRules(offer: OfferToTest): RulesVerdict | Promise<RulesVerdict>;
  /** @throws GrapevineError ERR_RECEIPT for an invalid proof */
  verify(proof: Readonly<Record<string, unknown>>): Proven;
}

export interface HandlerContext {
  readonly desk: ControlledDesk;
  readonly operations: DeskOperations;
  readonly events: EventLog;
  readonly activity: ActivityLog;
  readonly listings: OfferListings;
  /** A new link to the page. @throws GrapevineError ERR_WRONG_STATE when no page is served */
  readonly pageLink: () => string;
}

interface RouteInput<Name extends RouteName> {
  readonly params: ParamsOf<Name>;
  readonly query: QueryOf<Name>;
  readonly body: BodyOf<Name>;
}

/** Routes that return one JSON body. `metrics`, `openapi` and `events` are served in `control-app.ts`. */
export type PlainRoute = Exclude<RouteName, 'metrics' | 'openapi' | 'events'>;

export const HANDLERS: {
  readonly [Name in PlainRoute]: (
    context: HandlerContext,
    input: RouteInput<Name>,
  ) => ResponseOf<Name> | Promise<ResponseOf<Name>>;
} = {
  health: () => ({ alive: true }),
  ready: ({ desk }) => readiness(desk),
  desk: ({ desk, events }) => ({ ...desk.describe(), cursor: events.cursor }),

  offers: ({ desk, listings }, { query }) => offersPage(desk, listings, query),
  announce: ({ desk }, { body }) => desk.announce(body),
  offer: ({ desk }, { params, query }) => findOffer(desk, { ...params, ...query }),

  accept: async ({ desk }, { params, body }) => {
    const { maker, unitPrice } = body;
    const offer = await findOffer(desk, { ...params, maker, role: 'taker' });
    await desk.accept(offer.offerId, { maker: offer.maker, unitPrice });
    return currentOffer(desk, offer);
  },
  withdraw: async ({ desk }, { params, body }) => {
    const offer = await findOffer(desk, { ...params, ...body, role: 'taker' });
    await desk.withdraw(offer.offerId, offer.maker);
    return currentOffer(desk, offer);
  },
  cancel: async ({ desk }, { params, body }) => {
    const offer = await findOffer(desk, { ...params, ...body, role: 'maker' });
    await desk.cancel(offer.offerId);
    return currentOffer(desk, offer);
  },
  award: async ({ desk }, { params, body }) => {
    const offer = await findOffer(desk, { ...params, maker: body.maker, role: 'maker' });
    await desk.award(offer.offerId, findTaker(offer, body.taker));
    return currentOffer(desk, offer);
  },
  renew: async ({ desk }, { params, body }) => {
    const offer = await findOffer(desk, { ...params, maker: body.maker, role: 'maker' });
    return desk.renew(offer.offerId, { validForMs: body.validForMs });
  },
  report: async ({ desk }, { params, body }) => {
    const offer = await findOffer(desk, { ...params, maker: body.maker });
    await desk.report(offer.offerId, { ...body, maker: offer.maker });
    return currentOffer(desk, offer);
  },
  resolve: async ({ desk }, { params, body }) => {
    const { as, maker } = body;
    const role = as === 'awarded' || as === 'released' ? 'maker' : 'taker';
    const offer = await findOffer(desk, { ...params, maker, role });
    await desk.resolve(offer.offerId, as, offer.maker);
    return currentOffer(desk, offer);
  },

  story: async ({ desk }, { params, query }) => {
    const { offerId, maker } = await findOffer(desk, { ...params, ...query });
    return desk.story(offerId, maker);
  },
  receipt: async ({ desk }, { params, query }) => {
    const { offerId, maker } = await findOffer(desk, { ...params, ...query });
    return desk.receipt(offerId, maker);
  },

  deals: ({ desk }, { query }) => dealsPage(desk, query),
  peers: ({ desk }) => ({ peers: desk.peers() }),
  doctor: async ({ operations }) => ({ checks: [...(await operations.doctor())] }),
  backup: async ({ operations }, { body: { file } }) => {
    await operations.backup(file);
    return { file };
  },
  config: ({ operations }) => ({ settings: [...operations.config()] }),
  activity: ({ activity }) => activity.read(),
  verify: ({ operations }, { body }) => operations.verify(body.proof),
  page: ({ pageLink }) => ({ url: pageLink() }),
  reloadRules: ({ operations }) => operations.reloadRules(),
  testRules: ({ operations }, { body }) => operations.testRules(body.offer),
};

type OfferSource = Pick<ControlledDesk, 'offers' | 'endedOffers' | 'offersStartingWith'>;

export async function offersPage(
  desk: OfferSource,
  listings: OfferListings,
  query: QueryOf<'offers'>,
): Promise<ResponseOf<'offers'>> {
  const { after, offset, limit } = query;
  if (after === undefined) return listings.begin(selectOffers(await candidates(desk, query), query), offset, limit);
  if (offset !== undefined) throw new GrapevineError('ERR_USAGE', 'use after or offset, not both');
  return listings.goOn(after, limit);
}

/** Reads only what is needed: requests by id are frequent, and the journal is long. */
async function candidates(desk: OfferSource, { ids, all }: QueryOf<'offers'>): Promise<readonly Offer[]> {
  if (ids === undefined) return all === true ? allOffers(desk) : desk.offers();
  const exactly = async (id: string): Promise<readonly Offer[]> =>
    (await desk.offersStartingWith(id)).filter(({ offerId }) => offerId === id);
  return (await Promise.all([...new Set(ids)].map(exactly))).flat();
}

/** First the offers in memory (those that were only seen are in no journal), then the others from the journal. */
async function allOffers(desk: Pick<ControlledDesk, 'offers' | 'endedOffers'>): Promise<readonly Offer[]> {
  const ended = await desk.endedOffers();
  const present = desk.offers();
  const known = new Set(present.map(({ maker, offerId }) => `${maker}/${offerId}`));
  return [...present, ...ended.filter(({ maker, offerId }) => !known.has(`${maker}/${offerId}`))];
}

export async function dealsPage(
  desk: Pick<ControlledDesk, 'deals'>,
  { since: sinceMs, until: untilMs, after, offset, limit = CONTROL_LIMITS.controlPageMax, ...which }: QueryOf<'deals'>,
): Promise<ResponseOf<'deals'>> {
  const filter = { sinceMs, untilMs, ...which };
  if (offset === undefined) return desk.deals({ ...filter, after, limit });
  if (after !== undefined) throw new GrapevineError('ERR_USAGE', 'use after or offset, not both');
  const { deals, total } = await desk.deals({ ...filter, limit: offset + limit });
  return { deals: deals.slice(offset, offset + limit), total, next: null };
}

/** A known failure means not ready, with its reason. Any other error is a defect: the answer is 500, and the error is logged. */
async function readiness(desk: ControlledDesk): Promise<ResponseOf<'ready'>> {
  try {
    return await desk.readiness();
  } catch (error) {
    if (!(error instanceof GrapevineError)) throw error;
    return { ready: false, reasons: [error.message] };
  }
}

/**
 * The offer after a command. If it has left memory and more than `offersFoundMax` offers match its id, it is not found; then the
 * answer is the offer before the command.
 */
async function currentOffer(desk: ControlledDesk, before: Offer): Promise<Offer> {
  const offers = await desk.offersStartingWith(before.offerId);
  return offers.find(({ offerId, maker }) => offerId === before.offerId && maker === before.maker) ?? before;
}
