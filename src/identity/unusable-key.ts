/** Why a key cannot be used. The caller puts the name of the file before the message. */
export class UnusableKey extends Error {
  override readonly name = 'UnusableKey';
}
