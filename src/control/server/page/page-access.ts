/**
 * Who may see the page: links that work once, and the sessions that they open. Both are random, in memory only, and end with the
 * desk. A page that is open then can resume: it has stored a public key, and signs with the private one.
 */
import { createHash, randomBytes } from 'node:crypto';
import { GrapevineError } from '../../../protocol/errors.ts';
import { CONTROL_LIMITS } from '../../limits.ts';
import { isBrowserKey, isSignedBy, textToSign } from './browser-key.ts';
import type { PageState } from './page-state.ts';

const SESSION_COOKIE = 'grapevine-page';
const SECRET_BYTES = 32;
const PATH_BYTES = 16;

interface PageSession {
  /**
   * The session's own path, `/page/HEX/`. Browsers send cookies to every port of a host, but only below the cookie's path. No other
   * server on this machine can guess the path, so none gets the cookie.
   */
  readonly path: string;
  readonly cookie: string;
}

/** `/page/HEX/rest`; the rest is the path that is served. */
const SESSION_PATH = /^(\/page\/[0-9a-f]{32})(\/.*)$/;

/** The URL without the session's path: the API and the page are served below it. */
export function withoutSessionPath(url: string): string {
  return SESSION_PATH.exec(url)?.[2] ?? url;
}

/** Null for a URL that is not below a session's path. */
export function sessionPathOf(url: string): string | null {
  const [, path] = SESSION_PATH.exec(url) ?? [];
  return path === undefined ? null : `${path}/`;
}

/** How a browser proves that it had a session. */
interface Resumption {
  /** In base64url without padding, like the signature. */
  readonly key: string;
  readonly signature: string;
  /** As the browser states it. */
  readonly origin: string;
  /** Its former path, which it keeps. */
  readonly path: string;
}

/** Stored keys of browsers that may resume. */
export type KeyStore = Pick<PageState, 'hasKey' | 'addKey'>;

export class PageAccess {
  /** Digest of the unused link; a new link replaces it. */
  #link: string | null = null;
  /** Digests of the cookies, the oldest first. */
  readonly #sessions = new Set<string>();
  readonly #keys: KeyStore;
  /** The text to sign for a resumption: random at each start of the desk. */
  readonly challenge = randomBytes(SECRET_BYTES).toString('hex');

  constructor(keys: KeyStore) {
    this.#keys = keys;
  }

  /** The secret of a new link. It replaces the previous link. */
  newLinkSecret(): string {
    const secret = randomBytes(SECRET_BYTES).toString('hex');
    this.#link = digestOf(secret);
    return secret;
  }

  /**
   * Opens the session of a link. Works once.
   * @throws GrapevineError ERR_PAGE_LINK
   */
  redeem(secret: string): PageSession {
    if (this.#link === null || digestOf(secret) !== this.#link) {
      const why = 'it has been used, or a newer one replaced it, or the desk has started again since';
      throw new GrapevineError('ERR_PAGE_LINK', `this link opens nothing: ${why}; "grapevine page" prints a new one`);
    }
    this.#link = null;
    return this.#openSession(`/page/${randomBytes(PATH_BYTES).toString('hex')}/`);
  }

  /**
   * Stores the key of a browser with a session, for a resumption after a restart.
   * @throws GrapevineError ERR_USAGE
   */
  storeKey(key: string): void {
    if (!isBrowserKey(key))
      throw new GrapevineError('ERR_USAGE', 'this is not a public key: it must be a point of P-256 in base64url');
    this.#keys.addKey(key);
  }

  /**
   * A new session for a browser that had one before the restart.
   * @throws GrapevineError ERR_PAGE_LINK
   */
  resume({ key, signature, origin, path }: Resumption): PageSession {
    const isKnown = this.#keys.hasKey(key) && isSignedBy(key, textToSign(origin, this.challenge), signature);
    if (!isKnown)
      throw new GrapevineError('ERR_PAGE_LINK', 'this page is not known here; "grapevine page" prints a link');
    this.#keys.addKey(key);
    return this.#openSession(path);
  }

  #openSession(path: string): PageSession {
    const [oldest] = this.#sessions;
    if (oldest !== undefined && this.#sessions.size >= CONTROL_LIMITS.pageSessionsMax) this.#sessions.delete(oldest);
    const secret = randomBytes(SECRET_BYTES).toString('hex');
    this.#sessions.add(digestOf(secret));
    return { path, cookie: `${SESSION_COOKIE}=${secret}; Path=${path}; HttpOnly; SameSite=Strict` };
  }

  /** @param cookies the `cookie` header of a request */
  hasSession(cookies: string | undefined): boolean {
    const sent = (cookies ?? '').split(';').map((cookie) => cookie.trim().split('='));
    // Compared by digest, so that the time says nothing about the secret.
    return sent.some(([name, value]) => name === SESSION_COOKIE && this.#sessions.has(digestOf(value ?? '')));
  }
}

function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
