/** Serves the page beside the routes of the contract: its files, links and sessions, and errors for people. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { GrapevineError } from '../../../protocol/errors.ts';
import type { Failure } from '../../contract.ts';
import { sessionPathOf, type PageAccess } from './page-access.ts';
import type { PageFile, PageFiles } from './page-files.ts';
import { pageHeaders, plainPage } from './plain-page.ts';

export interface ServedPage {
  readonly files: PageFiles;
  readonly access: PageAccess;
}

export const ENTER = '/enter/';
export const ENTER_ROUTE = `${ENTER}:key`;
/** GET: the text to sign. POST: a new session for a valid signature. Needs no session. */
export const RESUME = '/resume';
/** POST: stores the browser's key; needs a session. */
const RESUME_KEY = '/resume/key';

const base64url = z.string().regex(/^[\w-]{1,100}$/);
const keySchema = z.strictObject({ key: base64url });
const resumptionSchema = z.strictObject({ key: base64url, signature: base64url });

export function addPageRoutes(app: FastifyInstance, { files, access }: ServedPage): void {
  const schema = { hide: true };
  app.get(ENTER_ROUTE, { schema }, (request, reply) => {
    const { path: page, cookie } = access.redeem((request.params as { readonly key: string }).key);
    void reply.header('set-cookie', cookie);
    return isFromElsewhere(request) ? sendStepPage(reply, page) : reply.headers(pageHeaders()).redirect(page, 303);
  });
  addResumption(app, access);
  for (const [path, file] of files)
    app.get(path, { schema }, (request, reply) => sendFile(file, request.headers['accept-encoding'], reply));
}

/** The guard has checked that requests that change something come from the page itself. */
function addResumption(app: FastifyInstance, access: PageAccess): void {
  app.get(RESUME, { schema: { hide: true } }, (_, reply) => reply.send({ challenge: access.challenge }));
  app.post(RESUME_KEY, { schema: { hide: true, body: keySchema } }, (request, reply) => {
    access.storeKey((request.body as z.output<typeof keySchema>).key);
    return reply.code(204).send();
  });
  app.post(RESUME, { schema: { hide: true, body: resumptionSchema } }, (request, reply) => {
    const { origin = '' } = request.headers;
    const path = sessionPathOf(request.originalUrl);
    if (path === null) throw new GrapevineError('ERR_PAGE_LINK', 'a page comes back to the address that it had');
    const { cookie } = access.resume({ ...(request.body as z.output<typeof resumptionSchema>), origin, path });
    return reply.code(204).header('set-cookie', cookie).send();
  });
}

/** A link on another site was followed: browsers send a strict cookie only with requests from our own page. */
function isFromElsewhere({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  return site === 'cross-site' || site === 'same-site';
}

/** A page that opens the page: the browser then sends the cookie. */
function sendStepPage(reply: FastifyReply, page: string): FastifyReply {
  void reply.header('refresh', `0; url=${page}`);
  return sendPlain(reply, 200, {
    title: 'Opening the desk',
    text: 'One moment.',
    link: { to: page, text: 'Open the desk' },
  });
}

function sendFile(file: PageFile, encodings: string | string[] | undefined, reply: FastifyReply): FastifyReply {
  const isZipped = /\bgzip\b/.test(String(encodings));
  const caching = file.isImmutable ? 'private, max-age=31536000, immutable' : 'no-cache';
  void reply.headers({ ...pageHeaders(), 'cache-control': caching, vary: 'accept-encoding' }).type(file.type);
  if (isZipped) void reply.header('content-encoding', 'gzip');
  return reply.send(isZipped ? file.gzipped : file.body);
}

/** Whether a browser navigates to the URL; programs would ask for JSON. */
export function isNavigation({ method, url, headers }: FastifyRequest['raw']): boolean {
  return method === 'GET' && /\btext\/html\b/.test(headers.accept ?? '') && !(url ?? '').startsWith('/v1/');
}

const TITLES: Readonly<Record<string, string>> = {
  ERR_CONTROL_TOKEN: 'This page needs a link',
  ERR_PAGE_LINK: 'This link opens nothing',
  ERR_CONTROL_ORIGIN: 'Not from there',
  ERR_CONTROL_ROUTE: 'There is nothing here',
};

export function sendRefusal(reply: FastifyReply, status: number, { code, text }: Failure): FastifyReply {
  const shown = code === 'ERR_CONTROL_TOKEN' ? WITHOUT_SESSION : text;
  return sendPlain(reply, status, { title: TITLES[code] ?? 'That did not work', text: shown, code });
}

const WITHOUT_SESSION =
  'The desk shows its page only to who has opened a link of it; that ends when the desk stops. On the machine of the desk, ' +
  '"grapevine page" prints a new link.';

function sendPlain(reply: FastifyReply, status: number, content: Parameters<typeof plainPage>[0]): FastifyReply {
  const { html, headers } = plainPage(content);
  return reply
    .code(status)
    .headers(headers)
    .type('text/html; charset=utf-8')
    .serializer((text) => text as string)
    .send(html);
}
