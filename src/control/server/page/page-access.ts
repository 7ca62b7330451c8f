/**
 * Who may see the page: links for people that work once, and the sessions that they become. All of it is random, in memory
 * only, and ends with the desk. A page that is open then can begin a new session by itself: it has left a public key, and signs.
 */
import { createHash, randomBytes } from 'node:crypto';
import { GrapevineError } from '../../../protocol/errors.ts';
import { CONTROL_LIMITS } from '../../limits.ts';
import { isBrowserKey, isSignedBy, textToSign } from './browser-key.ts';
import type { PageMemory } from './page-memory.ts';

const SESSION_COOKIE = 'grapevine-page';
const SECRET_BYTES = 32;
const PLACE_BYTES = 16;

interface PageSession {
  /**
   * A folder of the session's own, `/page/HEX/`. Browsers send cookies to every port of a host, but only below the cookie's
   * path: no other server on this machine can guess the path, so none is ever sent the cookie.
   */
  readonly place: string;
  readonly cookie: string;
}

/** `/page/HEX/rest`, with the rest as it is served. */
const PLACE = /^(\/page\/[0-9a-f]{32})(\/.*)$/;

/** The address as the routes know it: a session's folder holds all of the API, and the page itself. */
export function withoutPlace(url: string): string {
  return PLACE.exec(url)?.[2] ?? url;
}

/** Null for an address that is in no session's folder. */
export function placeOf(url: string): string | null {
  const [, place] = PLACE.exec(url) ?? [];
  return place === undefined ? null : `${place}/`;
}

/** How a browser shows that it is one that had been let in. */
interface Resumption {
  /** In unpadded base64url, as its signature. */
  readonly key: string;
  readonly signature: string;
  /** As the browser says it. */
  readonly origin: string;
  /** Its folder; it keeps the one that it had. */
  readonly place: string;
}

/** The keys of the browsers that may come back. */
export type KeyMemory = Pick<PageMemory, 'hasKey' | 'addKey'>;

export class PageAccess {
  /** Digest of the link that has not been used yet: a new one replaces it. */
  #link: string | null = null;
  /** Digests of the cookies, the oldest first. */
  readonly #sessions = new Set<string>();
  readonly #memory: KeyMemory;
  /** What has to be signed to come back: another one in each life of the desk, and known to nobody before it. */
  readonly challenge = randomBytes(SECRET_BYTES).toString('hex');

  constructor(memory: KeyMemory) {
    this.#memory = memory;
  }

  /** The last part of a link. The one before stops working. */
  newKey(): string {
    const key = randomBytes(SECRET_BYTES).toString('hex');
    this.#link = digestOf(key);
    return key;
  }

  /**
   * The session that a link becomes. It works once.
   * @throws GrapevineError ERR_PAGE_LINK
   */
  redeem(key: string): PageSession {
    if (this.#link === null || digestOf(key) !== this.#link) {
      const why = 'it has been used, or a newer one replaced it, or the desk has started again since';
      throw new GrapevineError('ERR_PAGE_LINK', `this link opens nothing: ${why}; "grapevine page" prints a new one`);
    }
    this.#link = null;
    return this.#begin(`/page/${randomBytes(PLACE_BYTES).toString('hex')}/`);
  }

  /**
   * A browser that has a session leaves a key for when the session has ended with the desk.
   * @throws GrapevineError ERR_USAGE
   */
  remember(key: string): void {
    if (!isBrowserKey(key))
      throw new GrapevineError('ERR_USAGE', 'this is no public key: a point of P-256 in base64url');
    this.#memory.addKey(key);
  }

  /**
   * A new session for a browser that had one before this desk was started.
   * @throws GrapevineError ERR_PAGE_LINK
   */
  resume({ key, signature, origin, place }: Resumption): PageSession {
    const isKnown = this.#memory.hasKey(key) && isSignedBy(key, textToSign(origin, this.challenge), signature);
    if (!isKnown)
      throw new GrapevineError('ERR_PAGE_LINK', 'this page is not known here; "grapevine page" prints a link');
    this.#memory.addKey(key);
    return this.#begin(place);
  }

  #begin(place: string): PageSession {
    const [oldest] = this.#sessions;
    if (oldest !== undefined && this.#sessions.size >= CONTROL_LIMITS.pageSessionsMax) this.#sessions.delete(oldest);
    const secret = randomBytes(SECRET_BYTES).toString('hex');
    this.#sessions.add(digestOf(secret));
    return { place, cookie: `${SESSION_COOKIE}=${secret}; Path=${place}; HttpOnly; SameSite=Strict` };
  }

  /** @param cookies the `cookie` header of a request */
  hasSession(cookies: string | undefined): boolean {
    const sent = (cookies ?? '').split(';').map((cookie) => cookie.trim().split('='));
    // Compared by digest: how long that takes says nothing about the secret.
    return sent.some(([name, value]) => name === SESSION_COOKIE && this.#sessions.has(digestOf(value ?? '')));
  }
}

function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
