/**
 * Who may see the page: links for people that work once, and the sessions that they become. All of it is random, in memory
 * only, and ends with the desk.
 */
import { createHash, randomBytes } from 'node:crypto';
import { GrapevineError } from '../../../protocol/errors.ts';
import { LIMITS } from '../../../protocol/limits.ts';

export const SESSION_COOKIE = 'grapevine-page';
const SECRET_BYTES = 32;
const PLACE_BYTES = 16;

export interface PageSession {
  /**
   * A folder of the session's own, `/page/HEX/`. Browsers send cookies to every port of a host, but only below the cookie's
   * path: no other server on this machine can guess the path, so none is ever sent the cookie.
   */
  readonly place: string;
  /** Value of a `set-cookie` header. */
  readonly cookie: string;
}

/** `/page/HEX/rest`, with the rest as it is served. */
const PLACE = /^\/page\/[0-9a-f]{32}(\/.*)$/;

/** The address as the routes know it: a session's folder holds all of the API, and the page itself. */
export function withoutPlace(url: string): string {
  return PLACE.exec(url)?.[1] ?? url;
}

export class PageAccess {
  /** Digest of the link that has not been used yet: a new one replaces it. */
  #link: string | null = null;
  /** Digests of the cookies, the oldest first. */
  readonly #sessions = new Set<string>();

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
    const [oldest] = this.#sessions;
    if (oldest !== undefined && this.#sessions.size >= LIMITS.pageSessionsMax) this.#sessions.delete(oldest);
    const secret = randomBytes(SECRET_BYTES).toString('hex');
    this.#sessions.add(digestOf(secret));
    const place = `/page/${randomBytes(PLACE_BYTES).toString('hex')}/`;
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
