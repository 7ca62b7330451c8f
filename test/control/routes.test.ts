/**
 * The served OpenAPI document is the contract as others read it. So it is held against the server here: each of its
 * operations is called, and the answer must fit the schema that the document, and nobody else, gives for it.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ROUTES, type Route, type RouteName } from '../../src/control/contract.ts';
import { askControl, posting, type Answered } from '../../testing/ask-control.ts';
import { PRETEND_PAGE } from '../../testing/pretend-page.ts';
import { openControl, type ControlWorld } from '../../testing/control-world.ts';
import { PRETEND_TAKER, pretendDeal, pretendOffer } from '../../testing/pretend-desk.ts';
import { makeTemporaryFolder } from '../../testing/temporary-folder.ts';

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, { schema: object }>> }>>;
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema: object }>> };
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

const OWN = pretendOffer({
  offerId: '1111aaaa',
  award: 'manual',
  acceptancesWaiting: 1,
  acceptances: [{ taker: PRETEND_TAKER, unitPrice: '8100', at: 1_767_225_600_000, verified: true }],
});
const OTHERS = pretendOffer({ offerId: '2222bbbb', role: 'taker' });

/** One good request for each route that answers with JSON. */
const REQUESTS: Record<Exclude<RouteName, 'metrics' | 'events'>, { readonly path: string; readonly body?: object }> = {
  health: { path: '/health' },
  ready: { path: '/ready' },
  openapi: { path: '/openapi.json' },
  desk: { path: '/v1/desk' },
  offers: { path: '/v1/offers?mine=true&all=false&sort=price&limit=10&offset=0' },
  announce: {
    path: '/v1/offers',
    body: {
      type: 'buy',
      amount: '1.5',
      pair: 'BTC/USD',
      unitPrice: '8000',
      award: 'best',
      windowMs: 500,
      validForMs: 9,
      details: { file: 'a.mp4', size: [1, null] },
      reference: 'nightly/1',
      doneWithinMs: 5,
      ifFailed: 'renew',
      attempts: 2,
      excludeFailed: true,
    },
  },
  offer: { path: '/v1/offers/1111' },
  accept: { path: '/v1/offers/2222/accept', body: { unitPrice: '7999.5' } },
  withdraw: { path: '/v1/offers/2222/withdraw', body: {} },
  cancel: { path: '/v1/offers/1111/cancel', body: {} },
  award: { path: '/v1/offers/1111/award', body: { taker: 'bbbb' } },
  renew: { path: '/v1/offers/1111/renew', body: { validForMs: 1_000 } },
  report: { path: '/v1/offers/1111/report', body: { result: 'done', details: { lines: [1] } } },
  resolve: { path: '/v1/offers/2222/resolve', body: { as: 'won' } },
  story: { path: '/v1/offers/1111/story' },
  receipt: { path: '/v1/offers/1111/receipt' },
  deals: { path: '/v1/deals?inDoubt=false&since=1' },
  peers: { path: '/v1/peers' },
  doctor: { path: '/v1/doctor' },
  backup: { path: '/v1/backup', body: { file: '/backups/one.db' } },
  config: { path: '/v1/config' },
  activity: { path: '/v1/activity' },
  verify: { path: '/v1/verify', body: { proof: { format: 'pretend' } } },
  page: { path: '/v1/page', body: {} },
  reloadRules: { path: '/v1/rules/reload', body: {} },
  testRules: { path: '/v1/rules/test', body: { offer: { type: 'buy', amount: '1' } } },
};

const dataDir = makeTemporaryFolder();
let world: ControlWorld;
let document: Document;
const ajv = new Ajv2020({ strict: false });
const validators: Record<string, ValidateFunction> = {};

beforeAll(async () => {
  world = await openControl({ dataDir, port: 0, page: PRETEND_PAGE });
  document = (await askControl(world, { path: '/openapi.json' })).json as Document;
  ajv.addSchema({ $id: 'document', components: document.components });
});

beforeEach(() => {
  world.desk.book = [OWN, OTHERS];
  world.desk.made = [pretendDeal()];
  world.desk.asked.length = 0;
});

afterAll(async () => {
  await world.server.stop();
  rmSync(dataDir, { recursive: true });
});

function operationOf({ paths }: Document, name: RouteName): Operation {
  const { method, path } = ROUTES[name];
  const operation = paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
  if (operation === undefined) throw new Error(`the document has no ${method} ${path}`);
  return operation;
}

/** What the document's own schema has against a value; empty when it fits. */
function complaints(schema: object, value: unknown): unknown[] {
  const inDocument = JSON.stringify(schema).replaceAll('"#/', '"document#/');
  const validate = (validators[inDocument] ??= ajv.compile(JSON.parse(inDocument) as object));
  return validate(value) ? [] : [...(validate.errors ?? [])];
}

function assertFits(name: RouteName, { status, json }: Answered): void {
  const responses = operationOf(document, name).responses;
  const response = responses[status] ?? responses[`${String(status)[0] ?? ''}XX`];
  const schema = response?.content['application/json']?.schema;
  expect(schema, `${name} ${status}`).toBeDefined();
  expect(complaints(schema ?? {}, json), name).toEqual([]);
}

describe('the OpenAPI document', () => {
  it('has every route of the contract, and no other', () => {
    const described = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { operationId }]) => `${operationId}: ${method} ${path}`),
    );
    const promised = Object.entries(ROUTES).map(([name, { method, path }]) => {
      return `${name}: ${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`;
    });
    expect(described.sort()).toEqual(promised.sort());
    expect(document.openapi).toBe('3.1.0');
  });

  it('has all schemas that it refers to, and no others', () => {
    const referred = new Set(
      [...JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name),
    );
    expect(Object.keys(document.components.schemas).sort()).toEqual([...referred].sort());
  });

  it('describes failures and text answers', () => {
    for (const name of Object.keys(ROUTES) as RouteName[]) {
      const { responses } = operationOf(document, name);
      const { status = 200, media = 'application/json' }: Route = ROUTES[name];
      expect(Object.keys(responses[status]?.content ?? {}), name).toEqual([media]);
      for (const family of ['4XX', '5XX']) {
        const schema = responses[family]?.content['application/json']?.schema ?? {};
        expect(complaints(schema, { code: 'ERR_USAGE', text: 'so' })).toEqual([]);
        expect(complaints(schema, { text: 'so' })).not.toEqual([]);
      }
    }
  });
});

describe.each(Object.entries(REQUESTS))('%s', (key, { path, body }) => {
  const name = key as RouteName;
  const asked = ROUTES[name].method === 'GET' ? { path } : posting(path, body);

  it('answers in the documented form', async () => {
    const answered = await askControl(world, asked);
    const { status = 200 }: Route = ROUTES[name];
    expect(answered.status, answered.text).toBe(status);
    assertFits(name, answered);
    expect(answered.headers['content-type']).toMatch(/^application\/json/);
    expect(answered.headers['cache-control']).toBe('no-store');
  });

  it('refuses unknown fields, in a form that fits the document too', async () => {
    const strange =
      body === undefined ? { path: `${path.split('?')[0] ?? ''}?foo=1` } : posting(path, { ...body, foo: 1 });
    const answered = await askControl(world, strange);
    expect(answered.status).toBe(400);
    expect(answered.json).toEqual({ code: 'ERR_USAGE', text: expect.stringMatching(/^(query|body): .*foo/) as string });
    assertFits(name, answered);
    expect(world.desk.asked).toEqual([]);
  });
});

const POSTS = Object.entries(REQUESTS).filter(([, { body }]) => body !== undefined);

describe.each(POSTS)('the body of %s', (name, { body }) => {
  it('is accepted if and only if the document allows it', () => {
    const schema = operationOf(document, name as RouteName).requestBody?.content['application/json']?.schema ?? {};
    expect(complaints(schema, body)).toEqual([]);
    expect(complaints(schema, { ...body, foo: 1 })).not.toEqual([]);
  });
});

describe('a request to the desk', () => {
  it('has the values of the HTTP request, with ids in full', async () => {
    for (const { path, body } of Object.values(REQUESTS)) {
      if (body !== undefined) expect((await askControl(world, posting(path, body))).status).toBeLessThan(300);
    }
    expect(world.desk.asked).toEqual([
      ['announce', REQUESTS.announce.body],
      ['accept', '2222bbbb', { maker: OTHERS.maker, unitPrice: '7999.5' }],
      ['withdraw', '2222bbbb', OTHERS.maker],
      ['cancel', '1111aaaa'],
      ['award', '1111aaaa', PRETEND_TAKER],
      ['renew', '1111aaaa', { validForMs: 1_000 }],
      ['report', '1111aaaa', { ...REQUESTS.report.body, maker: OWN.maker }],
      ['resolve', '2222bbbb', 'won', OTHERS.maker],
      ['backup', '/backups/one.db'],
      ['verify', { format: 'pretend' }],
      ['reloadRules'],
      ['testRules', { type: 'buy', amount: '1' }],
    ]);
  });

  it('may leave out its body where no field is required', async () => {
    const { status, json } = await askControl(world, { method: 'POST', path: '/v1/offers/1111/cancel' });
    expect(status).toBe(200);
    expect(json).toMatchObject({ offerId: '1111aaaa', phase: 'cancelled' });
  });
});

describe('GET /ready', () => {
  it('is 503 with the reasons for a desk that is not ready', async () => {
    onTestFinished(() => {
      world.desk.readyState = { ready: true, reasons: [] };
    });
    world.desk.readyState = { ready: false, reasons: ['not announced yet'] };
    const answered = await askControl(world, { path: '/ready' });
    expect([answered.status, answered.json]).toEqual([503, world.desk.readyState]);
    assertFits('ready', answered);
  });

  it('gives the reason also when the check itself fails', async () => {
    world.desk.failWith('ERR_JOURNAL', 'the disk is gone');
    const { status, json } = await askControl(world, { path: '/ready' });
    expect([status, json]).toEqual([503, { ready: false, reasons: ['the disk is gone'] }]);
  });
});
