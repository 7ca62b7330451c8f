/**
 * The control API, as the page asks it. Addresses are below the session's own folder. Failures are `ApiFailure`s with the
 * desk's code; `ERR_UNREACHABLE` is the page's own: nobody answered, so what was asked may have been done or not.
 */
import type { BodyOf, Failure, QueryOf, ResponseOf } from '../../control/contract.ts';
import { CONTROL_LIMITS } from '../../control/limits.ts';

export class ApiFailure extends Error {
  readonly code: string;
  readonly status: number;

  constructor({ code, text }: { readonly code: string; readonly text: string }, status: number) {
    super(text);
    this.code = code;
    this.status = status;
  }
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

async function ask<Answer>(path: string, query: Query = {}, init: RequestInit = {}): Promise<Answer> {
  const said = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const search = said.length === 0 ? '' : `?${new URLSearchParams(said.map(([name, value]) => [name, String(value)]))}`;
  const response = await reach(`v1/${path}${search}`, {
    ...init,
    signal: AbortSignal.timeout(CONTROL_LIMITS.controlRequestTimeoutMs),
  });
  if (!response.ok) throw new ApiFailure(await failureOf(response), response.status);
  return (await response.json()) as Answer;
}

/** @throws ApiFailure when nobody answers */
export async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { credentials: 'same-origin', cache: 'no-store', ...init });
  } catch (cause) {
    if (init.signal?.aborted === true && (init.signal.reason as Error).name === 'AbortError') throw cause;
    throw new ApiFailure({ code: 'ERR_UNREACHABLE', text: 'The desk does not answer.' }, 0);
  }
}

export async function failureOf(response: Response): Promise<Failure> {
  try {
    return (await response.json()) as Failure;
  } catch {
    return { code: 'ERR_ANSWER_INVALID', text: `The desk answered with status ${response.status}.` };
  }
}

function post<Answer>(path: string, body: object = {}): Promise<Answer> {
  return ask<Answer>(
    path,
    {},
    { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
  );
}

interface Named {
  readonly offerId: string;
  readonly maker: string;
}

const of = ({ offerId }: Named): string => `offers/${encodeURIComponent(offerId)}`;

export const api = {
  desk: () => ask<ResponseOf<'desk'>>('desk'),
  offers: ({ ids, ...query }: Partial<QueryOf<'offers'>>) =>
    ask<ResponseOf<'offers'>>('offers', { ...query, ids: ids?.join() }),
  announce: (draft: BodyOf<'announce'>) => post<ResponseOf<'announce'>>('offers', draft),
  accept: (offer: Named, unitPrice?: string) =>
    post<ResponseOf<'accept'>>(`${of(offer)}/accept`, { maker: offer.maker, unitPrice }),
  withdraw: (offer: Named) => post<ResponseOf<'withdraw'>>(`${of(offer)}/withdraw`, { maker: offer.maker }),
  cancel: (offer: Named) => post<ResponseOf<'cancel'>>(`${of(offer)}/cancel`, { maker: offer.maker }),
  award: (offer: Named, taker: string) =>
    post<ResponseOf<'award'>>(`${of(offer)}/award`, { maker: offer.maker, taker }),
  renew: (offer: Named) => post<ResponseOf<'renew'>>(`${of(offer)}/renew`, { maker: offer.maker }),
  report: (offer: Named, said: Omit<BodyOf<'report'>, 'maker'>) =>
    post<ResponseOf<'report'>>(`${of(offer)}/report`, { maker: offer.maker, ...said }),
  resolve: (offer: Named, as: BodyOf<'resolve'>['as']) =>
    post<ResponseOf<'resolve'>>(`${of(offer)}/resolve`, { maker: offer.maker, as }),
  story: (offer: Named) => ask<ResponseOf<'story'>>(`${of(offer)}/story`, { maker: offer.maker }),
  receipt: (offer: Named) => ask<ResponseOf<'receipt'>>(`${of(offer)}/receipt`, { maker: offer.maker }),
  verify: (proof: Readonly<Record<string, unknown>>) => post<ResponseOf<'verify'>>('verify', { proof }),
  deals: (query: Partial<QueryOf<'deals'>>) => ask<ResponseOf<'deals'>>('deals', query),
  peers: () => ask<ResponseOf<'peers'>>('peers'),
  doctor: () => ask<ResponseOf<'doctor'>>('doctor'),
  activity: () => ask<ResponseOf<'activity'>>('activity'),
  config: () => ask<ResponseOf<'config'>>('config'),
  reloadRules: () => post<ResponseOf<'reloadRules'>>('rules/reload'),
  testRules: (offer: BodyOf<'testRules'>['offer']) => post<ResponseOf<'testRules'>>('rules/test', { offer }),
};
