/** hyperdht is an optional dependency with native parts: only a desk on that network loads it. */
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
      `the network hyperdht needs the package hyperdht, which could not be loaded (${why}); "npm install hyperdht" brings it`,
      { cause },
    );
  }
}
