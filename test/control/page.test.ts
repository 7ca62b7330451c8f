/** The way to the page: links that work once, sessions that end with the desk, and what neither may weaken. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PageState } from '../../src/control/server/page/page-state.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { askControl, posting, type Answered, type Asked } from '../../testing/ask-control.ts';
import { startControl, type ControlWorld } from '../../testing/control-world.ts';
import { PRETEND_PAGE } from '../../testing/pretend-page.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

interface WithPage extends ControlWorld {
  readonly port: number;
  ask(asked: Asked): Promise<Answered>;
}

interface Session {
  readonly place: string;
  readonly cookie: string;
}

async function startWithPage(more: { readonly dataDir?: string } = {}): Promise<WithPage> {
  const world = await startControl({ port: 0, page: PRETEND_PAGE, ...more });
  const port = Number(new URL(world.url ?? '').port);
  return { ...world, port, ask: (asked) => askControl({ port }, asked) };
}

async function enter(world: WithPage): Promise<Session> {
  const { status, headers } = await world.ask({ path: new URL(world.server.pageLink()).pathname });
  expect(status).toBe(303);
  const [cookie = ''] = headers['set-cookie'] ?? [];
  return { place: headers.location ?? '', cookie: cookie.split(';')[0] ?? '' };
}

const AS_BROWSER = { accept: 'text/html,application/xhtml+xml' };

describe('a link', () => {
  it('becomes a cookie that scripts, other sites and other servers on this machine never get', async () => {
    const world = await startWithPage();
    const { headers } = await world.ask({ path: new URL(world.server.pageLink()).pathname });
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(/^grapevine-page=[0-9a-f]{64}; Path=\/page\/[0-9a-f]{32}\/; HttpOnly; SameSite=Strict$/),
    ]);
    expect(headers.location).toMatch(/^\/page\/[0-9a-f]{32}\/$/);
    expect(headers['referrer-policy']).toBe('no-referrer');
  });

  it('works once', async () => {
    const world = await startWithPage();
    const path = new URL(world.server.pageLink()).pathname;
    expect((await world.ask({ path })).status).toBe(303);
    const again = await world.ask({ path });
    expect(again.headers['set-cookie']).toBeUndefined();
    expect([again.status, again.json]).toMatchObject([403, { code: 'ERR_PAGE_LINK' }]);
  });

  it('stops working when a newer one is created', async () => {
    const world = await startWithPage();
    const older = new URL(world.server.pageLink()).pathname;
    await enter(world);
    expect((await world.ask({ path: older })).status).toBe(403);
  });

  it('that is refused shows a page that says what to do', async () => {
    const world = await startWithPage();
    const { status, text, headers } = await world.ask({ path: `/enter/${'0'.repeat(64)}`, headers: AS_BROWSER });
    expect([status, headers['content-type']]).toEqual([403, 'text/html; charset=utf-8']);
    expect(text).toContain('grapevine page');
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*style-src 'sha256-/);
  });

  it('opened from another site needs one more step on our own page, because the cookie is strict', async () => {
    const world = await startWithPage();
    const path = new URL(world.server.pageLink()).pathname;
    const { status, headers } = await world.ask({ path, headers: { 'sec-fetch-site': 'cross-site' } });
    expect(status).toBe(200);
    expect(headers['refresh']).toMatch(/^0; url=\/page\/[0-9a-f]{32}\/$/);
  });

  it('can be requested with the token or over the socket, not with a session', async () => {
    const world = await startWithPage();
    expect(await world.client().page()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/enter\/[0-9a-f]{64}$/);
    const { cookie, place } = await enter(world);
    const origin = `http://127.0.0.1:${world.port}`;
    for (const rest of ['v1/page', 'v1/%70age', '%761/page', '%76%31%2Fpage', 'v1/page#x', 'v1/page?x']) {
      const path = `${place}${rest}`;
      const { status } = await world.ask(posting(path, {}, { cookie, origin }));
      expect([path, status]).not.toEqual([path, 201]);
    }
    for (const path of ['/v1/page', '/v1/%70age', `${place}v1/page`, `${place}v1/%70age`, `${place}%761/page`]) {
      const { status, json } = await world.ask(posting(path, {}, { cookie, origin }));
      expect([status, json]).toMatchObject([401, { code: 'ERR_CONTROL_TOKEN' }]);
    }
  });

  it('is refused by a desk that serves no page', async () => {
    const world = await startControl({ port: 0 });
    await expect(world.client().page()).rejects.toMatchObject({ code: 'ERR_WRONG_STATE' });
    const port = Number(new URL(world.url ?? '').port);
    expect((await askControl({ port }, { path: `/enter/${'0'.repeat(64)}` })).status).toBe(401);
  });
});

describe('a session', () => {
  it('opens the page and the API, in a folder of its own', async () => {
    const world = await startWithPage();
    const { place, cookie } = await enter(world);
    const page = await world.ask({ path: place, headers: { cookie, ...AS_BROWSER } });
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('the page')]);
    const script = await world.ask({ path: `${place}assets/index-1a2b.js`, headers: { cookie } });
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(script.headers['cache-control']).toContain('immutable');
    expect((await world.ask({ path: `${place}v1/desk`, headers: { cookie } })).json).toMatchObject({
      id: world.desk.id,
    });
  });

  it('has a content security policy that allows nothing inline and nothing from other hosts', async () => {
    const world = await startWithPage();
    const { place, cookie } = await enter(world);
    const { headers } = await world.ask({ path: place, headers: { cookie } });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers['x-frame-options']).toBe('DENY');
  });

  it('is required for every path: without one, a browser gets a page and a program an error', async () => {
    const world = await startWithPage();
    const { place } = await enter(world);
    for (const path of ['/', place, `${place}assets/index-1a2b.js`, `${place}v1/desk`]) {
      expect([path, (await world.ask({ path })).json]).toMatchObject([path, { code: 'ERR_CONTROL_TOKEN' }]);
    }
    const { status, text } = await world.ask({ path: place, headers: AS_BROWSER });
    expect([status, text]).toEqual([401, expect.stringContaining('grapevine page')]);
  });

  it.each(['', 'grapevine-page=', `grapevine-page=${'0'.repeat(64)}`, 'grapevine-page', 'other=1; grapevine-page=x'])(
    'is not %j',
    async (cookie) => {
      const world = await startWithPage();
      await enter(world);
      expect((await world.ask({ path: '/v1/desk', headers: { cookie } })).status).toBe(401);
    },
  );

  it('works only for requests from its own page', async () => {
    const world = await startWithPage();
    const { place, cookie } = await enter(world);
    const path = `${place}v1/offers`;
    const body = { type: 'buy', amount: '1' };
    const own = `http://127.0.0.1:${world.port}`;
    const refused: readonly Record<string, string>[] = [
      {},
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://127.0.0.1:1' },
      { origin: own, 'sec-fetch-site': 'cross-site' },
      { origin: own, 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of refused) {
      const { status, json } = await world.ask(posting(path, body, { cookie, ...headers }));
      expect([headers, status, json]).toMatchObject([headers, 403, { code: 'ERR_CONTROL_ORIGIN' }]);
    }
    const read = { cookie, 'sec-fetch-site': 'same-site' };
    for (const rest of ['v1/offers', '%761/offers', 'v1/%6fffers', 'metrics', 'ready', 'openapi.json', 'nothing'])
      expect([rest, (await world.ask({ path: `${place}${rest}`, headers: read })).status]).toEqual([rest, 403]);
    expect((await world.ask({ path: place, headers: read })).status).toBe(200);
    expect(world.desk.asked).toEqual([]);
    expect((await world.ask(posting(path, body, { cookie, origin: own }))).status).toBe(201);
  });

  it('is refused if the Host header has another name', async () => {
    const world = await startWithPage();
    const { place, cookie } = await enter(world);
    expect((await world.ask({ path: place, headers: { cookie, host: 'evil.example' } })).status).toBe(403);
  });

  it('ends when too many newer ones have begun, and when the desk stops', async () => {
    const world = await startWithPage();
    const { place, cookie } = await enter(world);
    for (let count = 1; count < LIMITS.pageSessionsMax; count += 1) await enter(world);
    expect((await world.ask({ path: `${place}v1/desk`, headers: { cookie } })).status).toBe(200);
    await enter(world);
    expect((await world.ask({ path: `${place}v1/desk`, headers: { cookie } })).status).toBe(401);
    const next = await startWithPage();
    expect((await next.ask({ path: `${place}v1/desk`, headers: { cookie } })).status).toBe(401);
  });

  it('serves the files of the page and nothing else', async () => {
    const world = await startWithPage();
    const { place, cookie } = await enter(world);
    for (const path of ['assets/../../../package.json', 'assets/%2e%2e%2fpackage.json', 'index.html', 'assets/'])
      expect([path, (await world.ask({ path: `${place}${path}`, headers: { cookie } })).status]).toEqual([path, 404]);
  });

  it('serves the files compressed to clients that accept that', async () => {
    const world = await startWithPage();
    const { place, cookie } = await enter(world);
    const { headers } = await world.ask({ path: place, headers: { cookie, 'accept-encoding': 'gzip, br' } });
    expect(headers['content-encoding']).toBe('gzip');
  });
});

describe('a page that is open when its desk restarts', () => {
  /** A browser that has left its key with the desk of a folder. */
  async function letIn(dataDir: string): Promise<Browser> {
    const world = await startWithPage({ dataDir });
    const { place, cookie } = await enter(world);
    const browser = new Browser(place, `http://127.0.0.1:${world.port}`);
    const own = { cookie, origin: browser.origin };
    expect((await world.ask(posting(`${place}resume/key`, { key: browser.key }, own))).status).toBe(204);
    await world.server.stop();
    return browser;
  }

  it('gets a new session in its own folder, at the same port, with a signature of its key', async () => {
    const dataDir = temporaryFolder();
    const browser = await letIn(dataDir);
    const world = await startWithPage({ dataDir });
    expect(`http://127.0.0.1:${world.port}`).toBe(browser.origin);
    const { status, headers } = await browser.resume(world);
    expect(status).toBe(204);
    const [cookie = ''] = headers['set-cookie'] ?? [];
    expect(cookie).toMatch(
      new RegExp(`^grapevine-page=[0-9a-f]{64}; Path=${browser.place}; HttpOnly; SameSite=Strict$`),
    );
    const [session = ''] = cookie.split(';');
    expect((await world.ask({ path: `${browser.place}v1/desk`, headers: { cookie: session } })).status).toBe(200);
  });

  it('gets none without its private key, from another site, or with a signature for another start or folder', async () => {
    const dataDir = temporaryFolder();
    const browser = await letIn(dataDir);
    const world = await startWithPage({ dataDir });
    const stranger = new Browser(browser.place, browser.origin);
    const thief = new Browser(browser.place, browser.origin);
    Object.assign(thief, { key: browser.key });
    const old = browser.sign('0'.repeat(64));
    const relayed = browser.sign(await challengeOf(world), 'http://127.0.0.1:1');
    for (const [name, refused] of [
      ['a key that was never left', await stranger.resume(world)],
      ['the key of another', await thief.resume(world)],
      ['the challenge of another life', await browser.resume(world, { signature: old })],
      ['the origin of another port', await browser.resume(world, { signature: relayed })],
      ['no signature', await browser.resume(world, { signature: 'AA' })],
    ] as const)
      expect([name, refused.status, refused.json]).toMatchObject([name, 403, { code: 'ERR_PAGE_LINK' }]);
    for (const headers of [
      {},
      { origin: 'https://evil.example' },
      { origin: browser.origin, 'sec-fetch-site': 'same-site' },
    ])
      expect((await browser.resume(world, {}, headers as Record<string, string>)).json).toMatchObject({
        code: 'ERR_CONTROL_ORIGIN',
      });
    expect((await browser.resume(world)).status).toBe(204);
  });

  it('can store a key only with a session, and only a valid key', async () => {
    const world = await startWithPage();
    const { place, cookie } = await enter(world);
    const browser = new Browser(place, `http://127.0.0.1:${world.port}`);
    const path = `${place}resume/key`;
    const { origin } = browser;
    expect((await world.ask(posting(path, { key: browser.key }, { origin }))).status).toBe(401);
    expect((await world.ask(posting(path, { key: browser.key }, { cookie }))).status).toBe(403);
    for (const key of ['', 'AA', `${browser.key.slice(0, -2)}AA`, '../../etc'])
      expect([key, (await world.ask(posting(path, { key }, { cookie, origin }))).status]).toEqual([key, 400]);
  });

  it('has its key in a file that only the owner can read; a damaged file has no keys', async () => {
    const dataDir = temporaryFolder();
    const browser = await letIn(dataDir);
    const file = join(dataDir, 'page.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, 'utf8');
    expect(JSON.parse(text)).toEqual({ port: Number(new URL(browser.origin).port), keys: [browser.key] });
    writeFileSync(file, text.slice(0, -10));
    const world = await startWithPage({ dataDir });
    expect((await browser.resume(world)).status).toBe(403);
  });

  it('has the oldest key forgotten when there are too many', async () => {
    const dataDir = temporaryFolder();
    const first = await letIn(dataDir);
    const memory = new PageState(dataDir);
    for (let count = 1; count <= LIMITS.pageSessionsMax; count += 1) memory.addKey(`key${count}`);
    const world = await startWithPage({ dataDir });
    expect((await first.resume(world)).status).toBe(403);
  });

  it('does not stop a desk from starting when another program has its port', async () => {
    const dataDir = temporaryFolder();
    const browser = await letIn(dataDir);
    const port = Number(new URL(browser.origin).port);
    const other = createServer().listen(port, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const world = await startWithPage({ dataDir });
    expect(world.port).not.toBe(port);
    expect((await enter(world)).place).toMatch(/^\/page\//);
  });
});

async function challengeOf(world: WithPage): Promise<string> {
  const { json } = await world.ask({ path: '/resume' });
  return (json as { readonly challenge: string }).challenge;
}

/** The part of a browser that comes back by itself, as src/web/data/session.ts does. */
class Browser {
  readonly key: string;
  readonly place: string;
  readonly origin: string;
  readonly #privateKey: KeyObject;

  constructor(place: string, origin: string) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    const bytes = (text: string): Buffer => Buffer.from(text, 'base64url');
    this.key = Buffer.concat([Buffer.from([4]), bytes(x), bytes(y)]).toString('base64url');
    this.#privateKey = privateKey;
    this.place = place;
    this.origin = origin;
  }

  sign(challenge: string, origin = this.origin): string {
    const text = Buffer.from(`grapevine page resume 1\n${origin}\n${challenge}`);
    return sign('sha256', text, { key: this.#privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  }

  async resume(
    world: WithPage,
    more: { readonly signature?: string } = {},
    headers: Record<string, string> = { origin: this.origin },
  ): Promise<Answered> {
    const signature = more.signature ?? this.sign(await challengeOf(world));
    return world.ask(posting(`${this.place}resume`, { key: this.key, signature }, headers));
  }
}
