/** For diagnosis: checks whether grapes answer, and whether a desk answers at an address. */
import { request } from 'undici';
import { GRENACHE_LIMITS } from './limits.ts';
import { GrapeClient } from './discovery/grape-client.ts';
import { RpcClient } from './rpc/rpc-client.ts';
import { cleanText } from '../wire/clean-text.ts';

export interface GrapeFinding {
  readonly url: string;
  /** Null if the grape answers. */
  readonly problem: string | null;
  /** The clock of the grape minus ours, to the second; null if its answer has no date. */
  readonly clockOffsetMs: number | null;
}

export async function probeGrape(url: string, key: string): Promise<GrapeFinding> {
  try {
    const { statusCode, headers, body } = await request(`${url.replace(/\/$/, '')}/lookup`, {
      method: 'POST',
      body: JSON.stringify({ rid: 'probe', data: key }),
      headersTimeout: GRENACHE_LIMITS.grapeTimeoutMs,
      bodyTimeout: GRENACHE_LIMITS.grapeTimeoutMs,
    });
    await body.dump();
    const problem = statusCode === 200 ? null : `answers with HTTP ${statusCode}`;
    return { url, problem, clockOffsetMs: offsetOf(headers['date']) };
  } catch (error) {
    return { url, problem: cleanText(causeOf(error)), clockOffsetMs: null };
  }
}

/** The header has whole seconds, so an offset of up to one second is none. */
function offsetOf(date: string | string[] | undefined): number | null {
  const dateMs = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(dateMs)) return null;
  const offset = dateMs - Math.floor(Date.now() / 1000) * 1000;
  return Math.abs(offset) <= 1000 ? 0 : offset;
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

/** @throws GrapevineError ERR_NO_GRAPE, ERR_GRAPE_ANSWER */
export async function addressesOf(grapes: readonly string[], key: string): Promise<readonly string[]> {
  const client = new GrapeClient({ grapes });
  try {
    return await client.lookup(key);
  } finally {
    await client.close();
  }
}

/** `right`: the desk answers; `other`: another desk answers; `nobody`: no connection; `silent`: no valid answer. */
export interface AddressFinding {
  readonly address: string;
  readonly who: 'right' | 'other' | 'nobody' | 'silent';
  readonly text: string;
}

/** An unknown command: every desk rejects it, and only a desk with another id does so with ERR_WRONG_DESK. */
const UNKNOWN_COMMAND = { cmd: 'desk:probe', body: {} };

export async function probeAddress(address: string, deskId: string): Promise<AddressFinding> {
  const client = new RpcClient({ lookup: (_key, _options, done) => done(null, [address]) });
  client.init();
  try {
    const options = { timeoutMs: GRENACHE_LIMITS.grapeTimeoutMs };
    const result = await client.transport(address).call(deskId, UNKNOWN_COMMAND, options);
    if (result.kind === 'unsent') return { address, who: 'nobody', text: result.code };
    if (result.kind === 'unknown') return { address, who: 'silent', text: result.code };
    const isOther = result.kind === 'error' && result.error.startsWith('ERR_WRONG_DESK');
    return { address, who: isOther ? 'other' : 'right', text: '' };
  } finally {
    await client.close();
  }
}
