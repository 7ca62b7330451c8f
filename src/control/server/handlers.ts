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
import { findOffer, findTaker, type OfferName } from './find-offer.ts';
import type { OfferListings } from './offer-listings.ts';
import { selectOffers } from './select-offers.ts';

/** What the process around a desk can do: rules, settings, and files of this machine. */
export interface DeskOperations {
  /** Without secrets. */
  config(): readonly Setting[];
  doctor(): Promise<readonly Check[]>;
  /** Copies the journal to a new file. */
  backup(file: string): Promise<void>;
  /** Reads all settings again. If one is invalid, nothing changes. */
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

  accept: ({ desk }, { params, body: { maker: whose, unitPrice } }) =>
    change(desk, { ...params, maker: whose, role: 'taker' }, ({ offerId, maker }) =>
      desk.accept(offerId, { maker, unitPrice }),
    ),
  withdraw: ({ desk }, { params, body }) =>
    change(desk, { ...params, ...body, role: 'taker' }, ({ offerId, maker }) => desk.withdraw(offerId, maker)),
  cancel: ({ desk }, { params, body }) =>
    change(desk, { ...params, ...body, role: 'maker' }, ({ offerId }) => desk.cancel(offerId)),
  award: ({ desk }, { params, body: { maker, taker } }) =>
    change(desk, { ...params, maker, role: 'maker' }, (offer) => desk.award(offer.offerId, findTaker(offer, taker))),
  renew: async ({ desk }, { params, body }) => {
    const offer = await findOffer(desk, { ...params, maker: body.maker, role: 'maker' });
    return desk.renew(offer.offerId, { validForMs: body.validForMs });
  },
  report: ({ desk }, { params, body }) =>
    change(desk, { ...params, maker: body.maker }, ({ offerId, maker }) => desk.report(offerId, { ...body, maker })),
  resolve: ({ desk }, { params, body: { as, maker: whose } }) => {
    const role = as === 'awarded' || as === 'released' ? 'maker' : 'taker';
    return change(desk, { ...params, maker: whose, role }, ({ offerId, maker }) => desk.resolve(offerId, as, maker));
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
  if (after === undefined) return listings.first(selectOffers(await candidates(desk, query), query), offset, limit);
  if (offset !== undefined) throw new GrapevineError('ERR_USAGE', 'use after or offset, not both');
  return listings.next(after, limit);
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
  const known = new Set(present.map(keyOf));
  return [...present, ...ended.filter((offer) => !known.has(keyOf(offer)))];
}

function keyOf({ maker, offerId }: Offer): string {
  return `${maker}/${offerId}`;
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
 * Runs a command on the offer of this name, and returns the offer after it. If the offer has left memory by then and more than
 * `offersFoundMax` offers match its id, it is returned as it was before the command.
 */
async function change(desk: ControlledDesk, name: OfferName, command: (offer: Offer) => Promise<void>): Promise<Offer> {
  const before = await findOffer(desk, name);
  await command(before);
  const offers = await desk.offersStartingWith(before.offerId);
  return offers.find(({ offerId, maker }) => offerId === before.offerId && maker === before.maker) ?? before;
}
