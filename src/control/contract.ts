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
const OFFER_ID = z.strictObject({ offerId: idOrPrefixSchema });

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
    summary:
      'The desk can deal: its journal is writable, it is announced and has been seen. 503 with reasons otherwise.',
    response: desk.readinessSchema,
    /** The answer has the same shape with this status. */
    alternativeStatus: 503,
  },
  metrics: { method: 'GET', path: '/metrics', summary: 'Metrics for Prometheus.', media: 'text/plain' },
  openapi: { method: 'GET', path: '/openapi.json', summary: 'This document.', response: z.looseObject({}) },
  desk: { method: 'GET', path: '/v1/desk', summary: 'Who this desk is.', response: desk.deskSchema },
  offers: {
    method: 'GET',
    path: '/v1/offers',
    summary: 'The book as this desk knows it.',
    query: offers.offersQuerySchema,
    response: offers.offersSchema,
  },
  announce: {
    method: 'POST',
    path: '/v1/offers',
    summary: 'Offers something to everybody, or to the desks in `to`. Durable when answered.',
    body: offers.announceSchema,
    response: offers.offerSchema,
    status: 201,
  },
  offer: {
    method: 'GET',
    path: '/v1/offers/:offerId',
    summary: 'One offer.',
    params: OFFER_ID,
    query: offers.makerSchema,
    response: offers.offerSchema,
  },
  accept: {
    method: 'POST',
    path: '/v1/offers/:offerId/accept',
    summary: "Wants somebody else's offer, at its price or with a bid. What becomes of it is told by events.",
    params: OFFER_ID,
    body: offers.acceptSchema,
    response: offers.offerSchema,
  },
  withdraw: {
    method: 'POST',
    path: '/v1/offers/:offerId/withdraw',
    summary: 'Does not want it any more.',
    params: OFFER_ID,
    body: offers.makerSchema,
    response: offers.offerSchema,
  },
  cancel: {
    method: 'POST',
    path: '/v1/offers/:offerId/cancel',
    summary: 'Takes an own offer back.',
    params: OFFER_ID,
    body: offers.makerSchema,
    response: offers.offerSchema,
  },
  award: {
    method: 'POST',
    path: '/v1/offers/:offerId/award',
    summary: 'Chooses who gets an own offer whose award is `manual`.',
    params: OFFER_ID,
    body: offers.awardSchema,
    response: offers.offerSchema,
  },
  renew: {
    method: 'POST',
    path: '/v1/offers/:offerId/renew',
    summary: 'Offers the same again, with a new validity; the answer says under which id.',
    params: OFFER_ID,
    body: offers.renewSchema,
    response: offers.offerSchema,
  },
  report: {
    method: 'POST',
    path: '/v1/offers/:offerId/report',
    summary: 'Says how a deal went, once and finally; the other side is told until it has acknowledged it.',
    params: OFFER_ID,
    body: offers.reportRequestSchema,
    response: offers.offerSchema,
  },
  resolve: {
    method: 'POST',
    path: '/v1/offers/:offerId/resolve',
    summary: 'Closes a doubt by hand; it is recorded as such.',
    params: OFFER_ID,
    body: offers.resolveSchema,
    response: offers.offerSchema,
  },
  story: {
    method: 'GET',
    path: '/v1/offers/:offerId/story',
    summary: 'All that happened to an offer, from the journal, in order.',
    params: OFFER_ID,
    query: offers.makerSchema,
    response: offers.storySchema,
  },
  receipt: {
    method: 'GET',
    path: '/v1/offers/:offerId/receipt',
    summary: 'The proof of a deal.',
    params: OFFER_ID,
    query: offers.makerSchema,
    response: offers.receiptSchema,
  },
  deals: {
    method: 'GET',
    path: '/v1/deals',
    summary: 'Deals, latest first; those in doubt are among them.',
    query: desk.dealsQuerySchema,
    response: desk.dealsSchema,
  },
  peers: { method: 'GET', path: '/v1/peers', summary: 'Who is there.', response: desk.peersSchema },
  events: {
    method: 'GET',
    path: '/v1/events',
    summary: 'What happens, as server-sent events. Goes on after `Last-Event-ID` or `after`.',
    query: eventsQuerySchema,
    media: 'text/event-stream',
  },
  doctor: {
    method: 'GET',
    path: '/v1/doctor',
    summary: 'What works, what does not, what to do.',
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
    summary: 'The settings in force, and where each came from. No secrets.',
    response: desk.configSchema,
  },
  activity: {
    method: 'GET',
    path: '/v1/activity',
    summary: 'Deals, refusals and their times by minute, and the latest broadcasts.',
    response: activitySchema,
  },
  verify: {
    method: 'POST',
    path: '/v1/verify',
    summary: 'What a receipt, or a proof of a contradiction, proves. ERR_RECEIPT says which part does not.',
    body: proofs.proofToVerifySchema,
    response: proofs.provenSchema,
  },
  page: {
    method: 'POST',
    path: '/v1/page',
    summary: 'A link that opens the page of this desk in a browser, once. The link before stops working.',
    body: NOTHING,
    response: desk.pageSchema,
    status: 201,
  },
  reloadRules: {
    method: 'POST',
    path: '/v1/rules/reload',
    summary: 'Reads the rules again; when they are wrong, those in force stay.',
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
