/**
 * A client for the HTTP APIs of grapes. It uses one grape until that fails or returns an invalid answer, then the next
 * one. After a failure, a grape is tried last for a time that doubles with each failure.
 */
import { GrapevineError } from '../../protocol/errors.ts';
import { GRENACHE_LIMITS } from '../limits.ts';
import { readAddresses } from './address.ts';
import { cleanText } from '../../wire/clean-text.ts';
import { HttpExchange } from '../rpc/http-exchange.ts';
import { parseJson } from '../../wire/parse-json.ts';

export interface GrapeClientInit {
  /** URLs of HTTP APIs, `http://host:port`. */
  readonly grapes: readonly string[];
  readonly timeoutMs?: number | undefined;
}

interface GrapeState {
  readonly origin: string;
  failures: number;
  avoidUntilMs: number;
}

const HTTP_OK = 200;

export class GrapeClient {
  readonly #exchange = new HttpExchange();
  readonly #timeoutMs: number;
  /** In the order in which they are tried; the first is the one that worked last. */
  #grapes: readonly GrapeState[];
  /** The grape that accepted the latest announcement of each of our few keys. */
  readonly #announcedAt = new Map<string, string>();
  #requests = 0;

  /** @throws GrapevineError ERR_USAGE if there is no grape, or a URL is invalid */
  constructor(init: GrapeClientInit) {
    if (init.grapes.length === 0) throw new GrapevineError('ERR_USAGE', 'at least one grape is needed');
    this.#grapes = init.grapes.map((url) => ({ origin: originOf(url), failures: 0, avoidUntilMs: 0 }));
    this.#timeoutMs = init.timeoutMs ?? GRENACHE_LIMITS.grapeTimeoutMs;
  }

  /** @throws GrapevineError ERR_NO_GRAPE, ERR_GRAPE_ANSWER */
  lookup(key: string): Promise<readonly string[]> {
    return this.#withGrape((origin) => this.#lookup(origin, key));
  }

  /**
   * Looks the key up first, at the same grape. A grape caches for minutes the nodes to which it announces a key, and may
   * have found none; a lookup refreshes that cache.
   * @param isRenewal whether the last announcement of this key is at most a minute old and a lookup has returned it; then
   * the grape that accepted it needs no lookup
   * @throws GrapevineError ERR_NO_GRAPE, ERR_GRAPE_ANSWER
   */
  announce(key: string, port: number, isRenewal = false): Promise<void> {
    return this.#withGrape(async (origin) => {
      if (!isRenewal || this.#announcedAt.get(key) !== origin) await this.#lookup(origin, key);
      const answer = await this.#post(origin, 'announce', [key, port]);
      // A grape sends errors as a string with status 200.
      if (typeof answer !== 'number') throw unexpected(answer);
      this.#announcedAt.set(key, origin);
    });
  }

  close(): Promise<void> {
    return this.#exchange.close();
  }

  async #withGrape<Result>(use: (origin: string) => Promise<Result>): Promise<Result> {
    let failure = new GrapevineError('ERR_NO_GRAPE', 'no grape answers');
    for (const grape of this.#inOrder()) {
      try {
        const result = await use(grape.origin);
        this.#onSuccess(grape);
        return result;
      } catch (error) {
        if (!(error instanceof GrapevineError)) throw error;
        // An invalid answer is a more useful error than a grape that is down.
        if (failure.code !== 'ERR_GRAPE_ANSWER') failure = error;
        onFailure(grape);
      }
    }
    throw failure;
  }

  #inOrder(): readonly GrapeState[] {
    const nowMs = performance.now();
    const avoided = this.#grapes.filter((grape) => grape.avoidUntilMs > nowMs);
    return [...this.#grapes.filter((grape) => grape.avoidUntilMs <= nowMs), ...avoided];
  }

  #onSuccess(grape: GrapeState): void {
    grape.failures = 0;
    grape.avoidUntilMs = 0;
    if (this.#grapes[0] !== grape) this.#grapes = [grape, ...this.#grapes.filter((other) => other !== grape)];
  }

  async #lookup(origin: string, key: string): Promise<readonly string[]> {
    const answer = await this.#post(origin, 'lookup', key);
    if (!Array.isArray(answer)) throw unexpected(answer);
    return readAddresses(answer);
  }

  /** @throws GrapevineError ERR_NO_GRAPE, ERR_GRAPE_ANSWER */
  async #post(origin: string, type: string, data: unknown): Promise<unknown> {
    const outcome = await this.#exchange.post({
      origin,
      path: `/${type}`,
      body: JSON.stringify({ rid: String(++this.#requests), data }),
      timeoutMs: this.#timeoutMs,
      answerMaxBytes: GRENACHE_LIMITS.grapeAnswerMaxBytes,
    });
    if (outcome.kind === 'failed') {
      const code = outcome.answered ? 'ERR_GRAPE_ANSWER' : 'ERR_NO_GRAPE';
      throw new GrapevineError(code, `grape ${origin}: ${outcome.text}`);
    }
    const text = outcome.body.toString();
    if (outcome.status !== HTTP_OK) throw unexpected(text);
    return parseAnswer(text);
  }
}

function onFailure(grape: GrapeState): void {
  const waitMs = GRENACHE_LIMITS.grapeRetryMinMs * 2 ** Math.min(grape.failures, 16);
  grape.failures++;
  grape.avoidUntilMs = performance.now() + Math.min(waitMs, GRENACHE_LIMITS.grapeRetryMaxMs);
}

function parseAnswer(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    throw unexpected(text);
  }
}

function unexpected(answer: unknown): GrapevineError {
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  return new GrapevineError('ERR_GRAPE_ANSWER', `a grape answered: ${cleanText(text)}`);
}

function originOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed?.protocol !== 'http:')
    throw new GrapevineError('ERR_USAGE', `a grape has a URL like http://host:port, not ${url}`);
  return parsed.origin;
}
