/** Looks whether grapes answer, and whether an address is that of a certain desk. For diagnosis. */
import { request } from 'undici';
import { GRENACHE_LIMITS } from './limits.ts';
import { GrapeClient } from './discovery/grape-client.ts';
import { RpcClient } from './rpc/rpc-client.ts';
import { cleanText } from '../wire/clean-text.ts';

export interface GrapeFinding {
  readonly url: string;
  /** Null: it answers. */
  readonly problem: string | null;
  /** Its clock minus ours, to the second; null where it does not say. */
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

/** The header says whole seconds: what is within one counts as none. */
function offsetOf(date: string | string[] | undefined): number | null {
  const theirs = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(theirs)) return null;
  const offset = theirs - Math.floor(Date.now() / 1000) * 1000;
  return Math.abs(offset) <= 1000 ? 0 : offset;
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

/**
 * Where others would look for a service.
 * @throws GrapevineError ERR_NO_GRAPE, ERR_GRAPE_ANSWER
 */
export async function addressesOf(grapes: readonly string[], key: string): Promise<readonly string[]> {
  const client = new GrapeClient({ grapes });
  try {
    return await client.lookup(key);
  } finally {
    await client.close();
  }
}

/** `right`: that desk answers there; `other`: another one does; `nobody`: no connection; `silent`: no sensible answer. */
export interface AddressFinding {
  readonly address: string;
  readonly who: 'right' | 'other' | 'nobody' | 'silent';
  readonly text: string;
}

/** A question that no desk understands: every desk refuses it, and only one with another id as meant for another desk. */
const QUESTION = { cmd: 'desk:probe', body: {} };

export async function probeAddress(address: string, deskId: string): Promise<AddressFinding> {
  const client = new RpcClient({ lookup: (_key, _options, done) => done(null, [address]) });
  client.init();
  try {
    const options = { timeoutMs: GRENACHE_LIMITS.grapeTimeoutMs };
    const result = await client.transport(address).call(deskId, QUESTION, options);
    if (result.kind === 'unsent') return { address, who: 'nobody', text: result.code };
    if (result.kind === 'unknown') return { address, who: 'silent', text: result.code };
    const isOther = result.kind === 'error' && result.error.startsWith('ERR_WRONG_DESK');
    return { address, who: isOther ? 'other' : 'right', text: '' };
  } finally {
    await client.close();
  }
}
