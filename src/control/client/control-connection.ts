/** Requests to one control API, over its socket or over loopback. Answers are validated; failures become our errors. */
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
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
import { GrapevineError, isErrorCode, textOfError } from '../../protocol/errors.ts';
import { CONTROL_LIMITS } from '../limits.ts';
import { notRunning } from './locate-desk.ts';

/** A socket in a data folder, or a control port of this machine with its token. */
export type ControlPlace = { readonly socketPath: string } | { readonly port: number; readonly token: string };

type Loose<Type> = { readonly [Key in keyof Type]?: Type[Key] | undefined };

interface Parts<Name extends RouteName> {
  readonly params?: ParamsOf<Name>;
  readonly query?: Loose<QueryOf<Name>>;
  readonly body?: Loose<BodyOf<Name>>;
}

/** A signal ends the wait: the promise rejects with the signal's reason. The request may still have been executed. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** For the whole request; 30 s by default. */
  readonly timeoutMs?: number | undefined;
}

export class ControlConnection {
  readonly #place: ControlPlace;
  readonly #agent: Agent;
  readonly #pending = new Set<ClientRequest>();
  #isClosed = false;

  constructor(place: ControlPlace) {
    this.#place = place;
    this.#agent = new Agent({ keepAlive: true });
  }

  async call<Name extends RouteName>(
    name: Name,
    parts: Parts<Name>,
    options: CallOptions = {},
  ): Promise<ResponseOf<Name>> {
    const route: Route = ROUTES[name];
    const { statusCode, text } = await this.#exchange(route, parts, options);
    const answer = parseJson(text, statusCode);
    if (statusCode >= 400 && statusCode !== route.alternativeStatus) throw failureOf(answer, statusCode);
    return check(route.response, answer) as ResponseOf<Name>;
  }

  async text(name: RouteName, options: CallOptions = {}): Promise<string> {
    const { statusCode, text } = await this.#exchange(ROUTES[name], {}, options);
    if (statusCode >= 400) throw failureOf(parseJson(text, statusCode), statusCode);
    return text;
  }

  /** An answer whose body is a stream. Silence of more than `silenceMs` ends it. */
  async open(
    name: RouteName,
    query: Readonly<Record<string, unknown>>,
    { signal, silenceMs }: { readonly signal: AbortSignal; readonly silenceMs: number },
  ): Promise<IncomingMessage> {
    const answer = await this.#send(ROUTES[name], { query }, signal, silenceMs);
    if (answer.statusCode === 200) return answer;
    const { statusCode = 0 } = answer;
    throw failureOf(parseJson(await readText(answer), statusCode), statusCode);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    for (const sent of this.#pending) sent.destroy(new Error('this client was closed'));
    this.#agent.destroy();
    return Promise.resolve();
  }

  async #exchange(
    route: Route,
    parts: Parts<never>,
    { signal, timeoutMs = CONTROL_LIMITS.controlRequestTimeoutMs }: CallOptions,
  ): Promise<{ statusCode: number; text: string }> {
    signal?.throwIfAborted();
    const timeout = AbortSignal.timeout(timeoutMs);
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    try {
      const answer = await this.#send(route, parts, either);
      return { statusCode: answer.statusCode ?? 0, text: await readText(answer) };
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      if (timeout.aborted) throw new GrapevineError('ERR_TIMEOUT', `no answer from the desk in ${timeoutMs} ms`);
      throw error;
    }
  }

  #send(
    route: Route,
    { params, query, body }: { readonly params?: unknown; readonly query?: unknown; readonly body?: unknown },
    signal: AbortSignal,
    silenceMs?: number,
  ): Promise<IncomingMessage> {
    const content = route.method === 'POST' ? JSON.stringify(body ?? {}) : '';
    return new Promise((resolve, reject) => {
      const sent = request({
        ...this.#address,
        agent: this.#agent,
        method: route.method,
        path: `${pathOf(route, params)}${queryText(query)}`,
        headers: this.#headers(route, content),
        signal,
        ...(silenceMs !== undefined && { timeout: silenceMs }),
      });
      this.#follow(sent);
      sent.once('response', resolve);
      sent.on('error', (error) => reject(this.#errorOf(error, signal)));
      if (this.#isClosed) sent.destroy(new Error('this client was closed'));
      else sent.end(content);
    });
  }

  #follow(sent: ClientRequest): void {
    this.#pending.add(sent);
    sent.once('close', () => this.#pending.delete(sent));
    sent.once('timeout', () => sent.destroy(new Error('silence')));
  }

  #headers({ method }: Route, content: string): Record<string, string> {
    const place = this.#place;
    return {
      ...('token' in place ? { authorization: `Bearer ${place.token}` } : { host: 'desk' }),
      ...(method === 'POST' && {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(content)),
      }),
    };
  }

  get #address(): { socketPath: string } | { host: string; port: number } {
    const place = this.#place;
    return 'port' in place ? { host: '127.0.0.1', port: place.port } : { socketPath: place.socketPath };
  }

  #errorOf(error: Error, signal: AbortSignal): Error {
    if (signal.aborted) return error;
    const code = 'code' in error ? String(error.code) : '';
    const where = 'port' in this.#place ? `127.0.0.1:${this.#place.port}` : this.#place.socketPath;
    if (['ENOENT', 'ENOTDIR', 'ECONNREFUSED', 'ETIMEDOUT'].includes(code))
      return new GrapevineError('ERR_DESK_NOT_RUNNING', notRunning(where), { cause: error });
    if (code === 'EACCES')
      return new GrapevineError('ERR_LISTEN', `this user may not talk to the desk at ${where}`, { cause: error });
    return lost(error);
  }
}

/** Unknown, not failed: the request may have been executed. */
export function lost(error: unknown): GrapevineError {
  const text = `the desk did not answer to the end: ${textOfError(error)}`;
  return new GrapevineError('ERR_CONNECTION_LOST', text, { cause: error });
}

/** Reads an answer to its end, up to the limit. */
async function readText(body: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > CONTROL_LIMITS.controlAnswerMaxBytes)
        throw new GrapevineError('ERR_ANSWER_TOO_LARGE', 'the answer is too long');
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof GrapevineError ? error : lost(error);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function pathOf({ path }: Route, params: unknown): string {
  const values = (params ?? {}) as Readonly<Record<string, string>>;
  return path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
}

function queryText(query: unknown): string {
  const entries = Object.entries((query ?? {}) as Readonly<Record<string, unknown>>)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]): [string, string] => [name, String(value)]);
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries).toString()}`;
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
  throw new GrapevineError('ERR_ANSWER_INVALID', `the desk's answer is not valid: ${what}`);
}
