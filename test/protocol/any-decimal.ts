import fc from 'fast-check';
import { decimalFromText } from '../../src/wire/decimal.ts';

const digits = fc.bigInt({ min: 0n, max: 10n ** 20n - 1n });

/** Of very different lengths, so that those of one length meet as well. */
export const anyDecimal = fc
  .tuple(fc.oneof(digits, fc.bigInt({ min: 0n, max: 20n })), fc.stringMatching(/^\d{0,18}$/))
  .map(([whole, part]) => decimalFromText(part === '' ? whole.toString() : `${whole}.${part}`));
