/**
 * Asks grapes over their HTTP API. Of several grapes, one that works is kept to; the next is asked when it is down or talks
 * nonsense, and one that failed is asked last for a while, the longer the more often it failed.
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
  readonly timeoutMs?: number;
}

interface GrapeState {
  readonly origin: string;
  failures: number;
  avoidUntilMs: number;
}

/** A grape as it is asked within one attempt; throws GrapevineError when it does not give what it should. */
interface AskedGrape {
  readonly origin: string;
  lookup(key: string): Promise<readonly string[]>;
  announce(key: string, port: number): Promise<void>;
}

const HTTP_OK = 200;

export class GrapeClient {
  readonly #exchange = new HttpExchange();
  readonly #timeoutMs: number;
  /** In the order in which they are asked: the one that worked last is first. */
  #grapes: readonly GrapeState[];
  /** The grape that took the latest announcement of each of our few keys. */
  readonly #announcedAt = new Map<string, string>();
  #requests = 0;

  /** @throws GrapevineError ERR_USAGE if there is no grape or one has no usable URL */
  constructor(init: GrapeClientInit) {
    if (init.grapes.length === 0) throw new GrapevineError('ERR_USAGE', 'at least one grape is needed');
    this.#grapes = init.grapes.map((url) => ({ origin: originOf(url), failures: 0, avoidUntilMs: 0 }));
    this.#timeoutMs = init.timeoutMs ?? GRENACHE_LIMITS.grapeTimeoutMs;
  }

  /** @throws GrapevineError ERR_NO_GRAPE, ERR_GRAPE_ANSWER */
  lookup(key: string): Promise<readonly string[]> {
    return this.#withGrape((grape) => grape.lookup(key));
  }

  /**
   * Looks the key up first, at the same grape: it remembers for minutes to which nodes it announces a key, and may have found
   * none.
   * @param isRenewal the last announcement of this key is a minute old at most, and a lookup has shown it: at the grape that took it
   * the key need not be looked up first
   * @throws GrapevineError ERR_NO_GRAPE, ERR_GRAPE_ANSWER
   */
  announce(key: string, port: number, isRenewal = false): Promise<void> {
    return this.#withGrape(async (grape) => {
      if (!isRenewal || this.#announcedAt.get(key) !== grape.origin) await grape.lookup(key);
      await grape.announce(key, port);
      this.#announcedAt.set(key, grape.origin);
    });
  }

  close(): Promise<void> {
    return this.#exchange.close();
  }

  async #withGrape<Result>(ask: (grape: AskedGrape) => Promise<Result>): Promise<Result> {
    let failure = new GrapevineError('ERR_NO_GRAPE', 'no grape answers');
    for (const grape of this.#inOrder()) {
      try {
        const result = await ask(this.#asked(grape));
        this.#worked(grape);
        return result;
      } catch (error) {
        if (!(error instanceof GrapevineError)) throw error;
        // That one grape talks nonsense tells more than that another is down.
        if (failure.code !== 'ERR_GRAPE_ANSWER') failure = error;
        failed(grape);
      }
    }
    throw failure;
  }

  #inOrder(): readonly GrapeState[] {
    const nowMs = performance.now();
    const avoided = this.#grapes.filter((grape) => grape.avoidUntilMs > nowMs);
    return [...this.#grapes.filter((grape) => grape.avoidUntilMs <= nowMs), ...avoided];
  }

  #worked(grape: GrapeState): void {
    grape.failures = 0;
    grape.avoidUntilMs = 0;
    if (this.#grapes[0] !== grape) this.#grapes = [grape, ...this.#grapes.filter((other) => other !== grape)];
  }

  #asked({ origin }: GrapeState): AskedGrape {
    return {
      origin,
      lookup: async (key) => {
        const answer = await this.#post(origin, 'lookup', key);
        if (!Array.isArray(answer)) throw unexpected(answer);
        return readAddresses(answer);
      },
      announce: async (key, port) => {
        const answer = await this.#post(origin, 'announce', [key, port]);
        // Its errors come as status 200 with a text.
        if (typeof answer !== 'number') throw unexpected(answer);
      },
    };
  }

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

function failed(grape: GrapeState): void {
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
