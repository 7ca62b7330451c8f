/**
 * Resumes the session of this page after a restart of the desk, which invalidates the cookie. The page registers a public key with
 * the desk, and later signs a challenge to get a new cookie. Scripts can't read the private key, which exists until the page is
 * closed.
 */
import { fetchFromDesk, postInit } from './api.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' };

let sessionKey: ReturnType<typeof makeKey> | null = null;

/** Registers the key with the desk. If that fails, the page only needs a new link after the next start of the desk. */
export async function registerKey(): Promise<void> {
  sessionKey ??= makeKey();
  const { key } = await sessionKey;
  await fetchFromDesk('resume/key', postInit({ key }));
}

/**
 * Requests a new session.
 * @returns false if the desk does not know our key
 * @throws ApiFailure if the desk does not answer
 */
export async function resumeSession(): Promise<boolean> {
  if (sessionKey === null) return false;
  const { key, privateKey } = await sessionKey;
  const response = await fetchFromDesk('resume', {});
  if (!response.ok) return false;
  const { challenge } = (await response.json()) as { readonly challenge: string };
  // The same text as in src/control/server/page/browser-key.ts.
  const text = new TextEncoder().encode(`grapevine page resume 1\n${location.origin}\n${challenge}`);
  const signature = base64url(await crypto.subtle.sign(SIGNATURE, privateKey, text));
  const answer = await fetchFromDesk('resume', postInit({ key, signature }));
  return answer.ok;
}

/** `key` is the public key in unpadded base64url. */
async function makeKey() {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(ALGORITHM, false, ['sign']);
  return { key: base64url(await crypto.subtle.exportKey('raw', publicKey)), privateKey };
}

function base64url(bytes: ArrayBuffer): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
