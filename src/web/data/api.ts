/**
 * The client of the control API. Paths are relative to the session's secret path. Calls reject with an `ApiFailure`, which has the
 * desk's error code, or `ERR_UNREACHABLE`: there was no answer, so the desk may have carried out the request or not.
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

async function request<Answer>(path: string, query: Query = {}, init?: RequestInit): Promise<Answer> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const search =
    given.length === 0 ? '' : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
  const response = await fetchFromDesk(`v1/${path}${search}`, {
    ...init,
    signal: AbortSignal.timeout(CONTROL_LIMITS.controlRequestTimeoutMs),
  });
  if (!response.ok) throw new ApiFailure(await failureOf(response), response.status);
  return (await response.json()) as Answer;
}

/** @throws ApiFailure ERR_UNREACHABLE */
export async function fetchFromDesk(path: string, init: RequestInit): Promise<Response> {
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

export function postInit(body: object): RequestInit {
  return { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

function post<Answer>(path: string, body: object = {}): Promise<Answer> {
  return request<Answer>(path, {}, postInit(body));
}

interface OfferName {
  readonly offerId: string;
  readonly maker: string;
}

const pathOf = ({ offerId }: OfferName): string => `offers/${encodeURIComponent(offerId)}`;

type Action = 'accept' | 'withdraw' | 'cancel' | 'award' | 'renew' | 'report' | 'resolve';

function act<Name extends Action>(name: Name, offer: OfferName, body: object = {}): Promise<ResponseOf<Name>> {
  return post(`${pathOf(offer)}/${name}`, { maker: offer.maker, ...body });
}

export const api = {
  desk: () => request<ResponseOf<'desk'>>('desk'),
  offers: ({ ids, ...query }: Partial<QueryOf<'offers'>>) =>
    request<ResponseOf<'offers'>>('offers', { ...query, ids: ids?.join() }),
  announce: (draft: BodyOf<'announce'>) => post<ResponseOf<'announce'>>('offers', draft),
  accept: (offer: OfferName, unitPrice?: string) => act('accept', offer, { unitPrice }),
  withdraw: (offer: OfferName) => act('withdraw', offer),
  cancel: (offer: OfferName) => act('cancel', offer),
  award: (offer: OfferName, taker: string) => act('award', offer, { taker }),
  renew: (offer: OfferName) => act('renew', offer),
  report: (offer: OfferName, report: Omit<BodyOf<'report'>, 'maker'>) => act('report', offer, report),
  resolve: (offer: OfferName, as: BodyOf<'resolve'>['as']) => act('resolve', offer, { as }),
  story: (offer: OfferName) => request<ResponseOf<'story'>>(`${pathOf(offer)}/story`, { maker: offer.maker }),
  receipt: (offer: OfferName) => request<ResponseOf<'receipt'>>(`${pathOf(offer)}/receipt`, { maker: offer.maker }),
  verify: (proof: Readonly<Record<string, unknown>>) => post<ResponseOf<'verify'>>('verify', { proof }),
  deals: (query: Partial<QueryOf<'deals'>>) => request<ResponseOf<'deals'>>('deals', query),
  peers: () => request<ResponseOf<'peers'>>('peers'),
  doctor: () => request<ResponseOf<'doctor'>>('doctor'),
  activity: () => request<ResponseOf<'activity'>>('activity'),
  config: () => request<ResponseOf<'config'>>('config'),
  reloadRules: () => post<ResponseOf<'reloadRules'>>('rules/reload'),
  testRules: (offer: BodyOf<'testRules'>['offer']) => post<ResponseOf<'testRules'>>('rules/test', { offer }),
};
