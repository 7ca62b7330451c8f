/**
 * The session of this page, beyond one life of the desk. The cookie ends with the desk. So the page leaves a public key with it, and
 * signs with the private one, which no script can read, to get a new cookie when the desk has started again. It lasts as
 * long as the page is open.
 */
import { reach } from './api.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' };

interface SessionKey {
  /** In unpadded base64url, as it is sent. */
  readonly key: string;
  readonly privateKey: CryptoKey;
}

let made: Promise<SessionKey> | null = null;

/** Leaves the key with the desk. Without it, the page needs a new link after the next start of the desk: nothing worse. */
export async function leaveKey(): Promise<void> {
  made ??= makeKey();
  const { key } = await made;
  await post('resume/key', { key });
}

/**
 * A new session, after the desk has said that it does not know ours.
 * @returns false when it does not know our key either
 * @throws ApiFailure when it does not answer
 */
export async function resumeSession(): Promise<boolean> {
  if (made === null) return false;
  const { key, privateKey } = await made;
  const asked = await reach('resume', {});
  if (!asked.ok) return false;
  const { challenge } = (await asked.json()) as { readonly challenge: string };
  // src/control/server/page/browser-key.ts says the same.
  const text = new TextEncoder().encode(`grapevine page resume 1\n${location.origin}\n${challenge}`);
  const signature = base64url(await crypto.subtle.sign(SIGNATURE, privateKey, text));
  const answer = await post('resume', { key, signature });
  return answer.ok;
}

async function makeKey(): Promise<SessionKey> {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(ALGORITHM, false, ['sign']);
  return { key: base64url(await crypto.subtle.exportKey('raw', publicKey)), privateKey };
}

function post(path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return reach(path, { method: 'POST', body: JSON.stringify(body), headers });
}

function base64url(bytes: ArrayBuffer): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
