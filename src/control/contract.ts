/**
 * The contract of the control API: every route, with the schemas of its input and output. The server, the client and the OpenAPI
 * document are all made from it, so they can't differ. docs/CONTROL-API.md documents it.
 *
 * Within `/v1`, fields and routes may be added, but not changed or removed.
 */
import { z } from 'zod';
import * as desk from './contract/desk.ts';
import { activitySchema } from './contract/activity.ts';
import { eventsQuerySchema } from './contract/events.ts';
import * as offers from './contract/offers.ts';
import * as proofs from './contract/proofs.ts';
import { idOrPrefixSchema } from './contract/values.ts';

export type * from './contract/activity.ts';
export type * from './contract/desk.ts';
export type * from './contract/events.ts';
export type * from './contract/offers.ts';
export type * from './contract/proofs.ts';
export { failureSchema, type Failure } from './contract/failure.ts';

const NOTHING = z.strictObject({});
const OFFER_PATH = '/v1/offers/:offerId';
const OFFER_ID = z.strictObject({ offerId: idOrPrefixSchema });

function offerQuery<Response extends z.ZodType>(subPath: string, summary: string, response: Response) {
  const path = OFFER_PATH + subPath;
  return { method: 'GET', path, summary, params: OFFER_ID, query: offers.makerSchema, response } as const;
}

/** The answer is the offer after the command. */
function offerCommand<Body extends z.ZodType>(name: string, summary: string, body: Body) {
  const path = `${OFFER_PATH}/${name}`;
  return { method: 'POST', path, summary, params: OFFER_ID, body, response: offers.offerSchema } as const;
}

export const ROUTES = {
  health: {
    method: 'GET',
    path: '/health',
    summary: 'The process is alive. Needs no token.',
    response: desk.healthSchema,
  },
  ready: {
    method: 'GET',
    path: '/ready',
    summary: 'The desk can deal: its journal is writable, and other desks can find it. 503 with reasons otherwise.',
    response: desk.readinessSchema,
    /** The answer has the same shape with this status. */
    alternativeStatus: 503,
  },
  metrics: { method: 'GET', path: '/metrics', summary: 'Metrics for Prometheus.', media: 'text/plain' },
  openapi: { method: 'GET', path: '/openapi.json', summary: 'This document.', response: z.looseObject({}) },
  desk: {
    method: 'GET',
    path: '/v1/desk',
    summary: 'This desk: its id, addresses and counts.',
    response: desk.deskSchema,
  },
  offers: {
    method: 'GET',
    path: '/v1/offers',
    summary: 'The offers that this desk knows.',
    query: offers.offersQuerySchema,
    response: offers.offersSchema,
  },
  announce: {
    method: 'POST',
    path: '/v1/offers',
    summary: 'Makes an offer to all desks, or to those in `to`. It is durable when the answer arrives.',
    body: offers.announceSchema,
    response: offers.offerSchema,
    status: 201,
  },
  offer: offerQuery('', 'One offer.', offers.offerSchema),
  accept: offerCommand(
    'accept',
    "Accepts another desk's offer, at its price or with a bid. The outcome arrives as events.",
    offers.acceptSchema,
  ),
  withdraw: offerCommand('withdraw', 'Withdraws an acceptance.', offers.makerSchema),
  cancel: offerCommand('cancel', 'Cancels an own offer.', offers.makerSchema),
  award: offerCommand('award', 'Chooses who gets an own offer whose award is `manual`.', offers.awardSchema),
  renew: offerCommand(
    'renew',
    'Makes the same offer again, with a new id and a new validity; the answer is the new offer.',
    offers.renewSchema,
  ),
  report: offerCommand(
    'report',
    'Reports how a deal went, once and finally. The report is sent until the other side has acknowledged it.',
    offers.reportRequestSchema,
  ),
  resolve: offerCommand('resolve', 'Closes a doubt by hand; it is recorded as such.', offers.resolveSchema),
  story: offerQuery('/story', 'What happened to an offer, from the journal, in order.', offers.storySchema),
  receipt: offerQuery('/receipt', 'The proof of a deal.', offers.receiptSchema),
  deals: {
    method: 'GET',
    path: '/v1/deals',
    summary: 'Deals, latest first; those in doubt are among them.',
    query: desk.dealsQuerySchema,
    response: desk.dealsSchema,
  },
  peers: { method: 'GET', path: '/v1/peers', summary: 'The desks that this desk knows.', response: desk.peersSchema },
  events: {
    method: 'GET',
    path: '/v1/events',
    summary: 'All events, as server-sent events. Continues after `Last-Event-ID` or `after`.',
    query: eventsQuerySchema,
    media: 'text/event-stream',
  },
  doctor: {
    method: 'GET',
    path: '/v1/doctor',
    summary: 'Checks of the desk and what it needs, with advice.',
    response: desk.doctorSchema,
  },
  backup: {
    method: 'POST',
    path: '/v1/backup',
    summary: 'Copies the journal to a new file on the machine of the desk.',
    body: desk.backupRequestSchema,
    response: desk.backupSchema,
    status: 201,
  },
  config: {
    method: 'GET',
    path: '/v1/config',
    summary: 'The settings in force, and the source of each. No secrets.',
    response: desk.configSchema,
  },
  activity: {
    method: 'GET',
    path: '/v1/activity',
    summary: 'Numbers of deals and refusals and times of deals, by minute, and the latest broadcasts.',
    response: activitySchema,
  },
  verify: {
    method: 'POST',
    path: '/v1/verify',
    summary: 'What a receipt or a proof of equivocation proves. Otherwise ERR_RECEIPT, with the part that is wrong.',
    body: proofs.proofToVerifySchema,
    response: proofs.provenSchema,
  },
  page: {
    method: 'POST',
    path: '/v1/page',
    summary: 'A link that opens the page of this desk in a browser, once. It replaces the previous link.',
    body: NOTHING,
    response: desk.pageSchema,
    status: 201,
  },
  reloadRules: {
    method: 'POST',
    path: '/v1/rules/reload',
    summary: 'Reads all settings again; rules and access lists apply at once. If anything is wrong, nothing changes.',
    body: NOTHING,
    response: desk.rulesReloadedSchema,
  },
  testRules: {
    method: 'POST',
    path: '/v1/rules/test',
    summary: 'Whether the rules in force would take an offer, and why.',
    body: desk.rulesTestSchema,
    response: desk.rulesVerdictSchema,
  },
} as const satisfies Record<string, Route>;

/** One route. Those without a `response` answer with `media` instead of JSON. */
export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly summary: string;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly response?: z.ZodType;
  readonly media?: string;
  /** The status of success; 200 by default. */
  readonly status?: number;
  readonly alternativeStatus?: number;
}

export type RouteName = keyof typeof ROUTES;

type PartOf<Name extends RouteName, Part extends keyof Route> =
  (typeof ROUTES)[Name] extends Record<Part, z.ZodType> ? z.output<(typeof ROUTES)[Name][Part]> : Record<string, never>;

/** The parsed input of a route: flags are booleans, numbers are numbers. */
export type ParamsOf<Name extends RouteName> = PartOf<Name, 'params'>;
export type QueryOf<Name extends RouteName> = PartOf<Name, 'query'>;
export type BodyOf<Name extends RouteName> = PartOf<Name, 'body'>;
export type ResponseOf<Name extends RouteName> = PartOf<Name, 'response'>;
