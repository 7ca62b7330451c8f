/** hyperdht is an optional dependency with native code, so it is loaded only for a desk on that network. */
import type HyperDHT from 'hyperdht';
import { GrapevineError } from '../protocol/errors.ts';

/** @throws GrapevineError ERR_NOT_INSTALLED */
export async function loadHyperdht(): Promise<typeof HyperDHT> {
  try {
    return (await import('hyperdht')).default;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new GrapevineError(
      'ERR_NOT_INSTALLED',
      `the network hyperdht needs the package hyperdht, which could not be loaded (${why}); install it with "npm install hyperdht"`,
      { cause },
    );
  }
}
