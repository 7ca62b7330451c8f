/** Why a key can't be used, as the end of a sentence that begins with the name of its file. */
export class UnusableKey extends Error {
  override readonly name = 'UnusableKey';
}
