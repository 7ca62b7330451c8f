import { GrapevineError } from '../protocol/errors.ts';
import { IDENTITY_LIMITS } from './limits.ts';

/** @throws GrapevineError ERR_USAGE for one that is empty or too long */
export function assertPassphrase(passphrase: string | undefined): void {
  if (passphrase === undefined) return;
  if (passphrase !== '' && Buffer.byteLength(passphrase) <= IDENTITY_LIMITS.passphraseMaxBytes) return;
  throw new GrapevineError('ERR_USAGE', `a passphrase has 1 to ${IDENTITY_LIMITS.passphraseMaxBytes} bytes`);
}
