/**
 * Who may speak to the control port. Every web page in the operator's browser and every user of the machine can reach a
 * port of this machine, so three things are asked for, before anything else is looked at: our own name in `Host` (a page
 * whose name was rebound to 127.0.0.1 sends its own), no `Origin` but ours (a page of somebody else sends its own), and
 * the token that only the desk's owner can read.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { GrapevineError } from '../../protocol/errors.ts';

const HOSTS = ['127.0.0.1', 'localhost'];

export interface LoopbackGuardInit {
  readonly token: string;
  readonly port: () => number;
  /** Paths that need no token. */
  readonly free: readonly string[];
}

export class LoopbackGuard {
  readonly #digest: Buffer;
  readonly #port: () => number;
  readonly #free: readonly string[];

  constructor({ token, port, free }: LoopbackGuardInit) {
    this.#digest = digestOf(token);
    this.#port = port;
    this.#free = free;
  }

  /** @throws GrapevineError ERR_CONTROL_ORIGIN, ERR_CONTROL_TOKEN */
  check({ headers, url }: Pick<IncomingMessage, 'headers' | 'url'>): void {
    const own = HOSTS.map((host) => `${host}:${this.#port()}`);
    if (headers.host === undefined || !own.includes(headers.host))
      throw new GrapevineError('ERR_CONTROL_ORIGIN', `only ${own.join(' and ')} are answered to`);
    const { origin } = headers;
    if (origin !== undefined && !own.some((host) => origin === `http://${host}`))
      throw new GrapevineError('ERR_CONTROL_ORIGIN', 'pages of others are not answered');
    if (this.#free.includes(url ?? '')) return;
    if (!this.#isToken(headers.authorization)) {
      const how = 'send the content of the file control.token as: authorization: Bearer TOKEN';
      throw new GrapevineError('ERR_CONTROL_TOKEN', `the token is missing or another one; ${how}`);
    }
  }

  /** Digests have one length, and comparing them takes one time, whatever was sent. */
  #isToken(authorization: string | undefined): boolean {
    const [, sent = ''] = /^Bearer ([\x21-\x7e]{1,256})$/i.exec(authorization ?? '') ?? [];
    return timingSafeEqual(digestOf(sent), this.#digest);
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
