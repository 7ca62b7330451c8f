/** Requests to one control API, over its socket or over loopback; what comes back is checked, or is an error of ours. */
import { Agent, errors, request, type Dispatcher } from 'undici';
import type { z } from 'zod';
import {
  failureSchema,
  ROUTES,
  type BodyOf,
  type ParamsOf,
  type QueryOf,
  type ResponseOf,
  type Route,
  type RouteName,
} from '../contract.ts';
import { GrapevineError, isErrorCode } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { notRunning } from './locate-desk.ts';

/** A socket in a data folder, or a control port of this machine with the token that its desk wants. */
export type ControlPlace = { readonly socketPath: string } | { readonly port: number; readonly token: string };

type Loose<Type> = { readonly [Key in keyof Type]?: Type[Key] | undefined };

interface Parts<Name extends RouteName> {
  readonly params?: ParamsOf<Name>;
  readonly query?: Loose<QueryOf<Name>>;
  readonly body?: Loose<BodyOf<Name>>;
}

interface Waiting {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

export class ControlConnection {
  readonly #place: ControlPlace;
  readonly #agent: Agent;

  constructor(place: ControlPlace) {
    this.#place = place;
    const connect = 'socketPath' in place ? { socketPath: place.socketPath } : {};
    this.#agent = new Agent({ connect, maxResponseSize: -1 });
  }

  async call<Name extends RouteName>(name: Name, parts: Parts<Name>, options: Waiting = {}): Promise<ResponseOf<Name>> {
    const route: Route = ROUTES[name];
    const { statusCode, text } = await this.#exchange(route, parts, options);
    const answer = parseJson(text, statusCode);
    if (statusCode >= 400 && statusCode !== route.unlucky) throw failureOf(answer, statusCode);
    return check(route.response, answer) as ResponseOf<Name>;
  }

  async text(name: RouteName, options: Waiting = {}): Promise<string> {
    const { statusCode, text } = await this.#exchange(ROUTES[name], {}, options);
    if (statusCode >= 400) throw failureOf(parseJson(text, statusCode), statusCode);
    return text;
  }

  /** An answer whose body comes as it happens. Silence for longer than `silenceMs` ends it. */
  async open(
    name: RouteName,
    query: Readonly<Record<string, unknown>>,
    { signal, silenceMs }: { readonly signal: AbortSignal; readonly silenceMs: number },
  ): Promise<Dispatcher.ResponseData['body']> {
    const bounds = { signal, headersTimeout: LIMITS.controlRequestTimeoutMs, bodyTimeout: silenceMs };
    const { statusCode, body } = await this.#send(ROUTES[name], { query }, bounds);
    if (statusCode === 200) return body;
    throw failureOf(parseJson(await body.text(), statusCode), statusCode);
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #exchange(
    route: Route,
    parts: Parts<never>,
    { signal, timeoutMs = LIMITS.controlRequestTimeoutMs }: Waiting,
  ): Promise<{ statusCode: number; text: string }> {
    signal?.throwIfAborted();
    const timeout = AbortSignal.timeout(timeoutMs);
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    try {
      const { statusCode, body } = await this.#send(route, parts, { signal: either });
      return { statusCode, text: await readText(body) };
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      if (timeout.aborted) throw new GrapevineError('ERR_TIMEOUT', `no answer from the desk in ${timeoutMs} ms`);
      throw error;
    }
  }

  async #send(
    route: Route,
    { params, query, body }: { readonly params?: unknown; readonly query?: unknown; readonly body?: unknown },
    bounds: { signal: AbortSignal; headersTimeout?: number; bodyTimeout?: number },
  ): Promise<Dispatcher.ResponseData> {
    const url = `${this.#origin}${pathOf(route, params)}${queryText(query)}`;
    const headers: Record<string, string> = {};
    if ('token' in this.#place) headers['authorization'] = `Bearer ${this.#place.token}`;
    if (route.method === 'POST') headers['content-type'] = 'application/json';
    try {
      return await request(url, {
        method: route.method,
        dispatcher: this.#agent,
        headers,
        ...(route.method === 'POST' && { body: JSON.stringify(body ?? {}) }),
        ...bounds,
      });
    } catch (error) {
      throw this.#explain(error, bounds.signal);
    }
  }

  get #origin(): string {
    return 'port' in this.#place ? `http://127.0.0.1:${this.#place.port}` : 'http://desk';
  }

  #explain(error: unknown, signal: AbortSignal): unknown {
    if (signal.aborted || error instanceof GrapevineError) return error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const where = 'port' in this.#place ? `127.0.0.1:${this.#place.port}` : this.#place.socketPath;
    if (['ENOENT', 'ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT'].includes(code))
      return new GrapevineError('ERR_DESK_NOT_RUNNING', notRunning(where), { cause: error });
    if (code === 'EACCES')
      return new GrapevineError('ERR_LISTEN', `this user may not talk to the desk at ${where}`, { cause: error });
    return lost(error);
  }
}

/** Unknown, not failed: it may have been done. */
export function lost(error: unknown): GrapevineError {
  const detail = error instanceof errors.UndiciError || error instanceof Error ? error.message : String(error);
  return new GrapevineError('ERR_CONNECTION_LOST', `the desk did not answer to the end: ${detail}`, { cause: error });
}

/** Reads an answer to its end, and no further than it may go. */
async function readText(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > LIMITS.controlAnswerMaxBytes)
        throw new GrapevineError('ERR_ANSWER_TOO_LARGE', 'the answer is too long');
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof GrapevineError ? error : lost(error);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function pathOf({ path }: Route, params: unknown): string {
  const given = (params ?? {}) as Readonly<Record<string, string>>;
  return path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(given[name] ?? ''));
}

function queryText(query: unknown): string {
  const given = Object.entries((query ?? {}) as Readonly<Record<string, unknown>>);
  const said = given
    .filter(([, value]) => value !== undefined)
    .map(([name, value]): [string, string] => [name, String(value)]);
  return said.length === 0 ? '' : `?${new URLSearchParams(said).toString()}`;
}

function parseJson(text: string, statusCode: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new GrapevineError('ERR_ANSWER_INVALID', `no JSON but HTTP ${statusCode} came from the desk`, {
      cause: error,
    });
  }
}

function failureOf(answer: unknown, statusCode: number): GrapevineError {
  const { success, data } = failureSchema.safeParse(answer);
  if (!success)
    return new GrapevineError('ERR_ANSWER_INVALID', `HTTP ${statusCode} without a reason came from the desk`);
  if (isErrorCode(data.code)) return new GrapevineError(data.code, data.text);
  return new GrapevineError('ERR_REFUSED', `${data.code}: ${data.text}`);
}

function check(schema: z.ZodType | undefined, answer: unknown): unknown {
  if (schema === undefined) return answer;
  const { success, data, error } = schema.safeParse(answer);
  if (success) return data;
  const [issue] = error.issues;
  const what = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
  throw new GrapevineError('ERR_ANSWER_INVALID', `the desk's answer makes no sense: ${what}`);
}
