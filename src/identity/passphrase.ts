/** What a passphrase may be. Where it comes from is the business of the command line. */
import { GrapevineError } from '../protocol/errors.ts';
import { IDENTITY_LIMITS } from './limits.ts';

/** @throws GrapevineError ERR_USAGE for an empty or an endless one */
export function assertPassphrase(passphrase: string | undefined): void {
  if (passphrase === undefined) return;
  if (passphrase !== '' && Buffer.byteLength(passphrase) <= IDENTITY_LIMITS.passphraseMaxBytes) return;
  throw new GrapevineError('ERR_USAGE', `a passphrase has 1 to ${IDENTITY_LIMITS.passphraseMaxBytes} bytes`);
}
