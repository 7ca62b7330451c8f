/**
 * The maximum number of decimals in the amounts and prices of a pair, set by the operator. Nothing is rounded: an own offer with
 * more is refused. Offers of others and bids are not limited.
 */
import { z } from 'zod';
import { GrapevineError } from '../protocol/errors.ts';
import type { Decimal } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import { didYouMean } from '../rules/nearest-word.ts';
import { scaleOf } from '../wire/decimal-arithmetic.ts';
import { pairFromText } from '../wire/names.ts';
import type { SettingKind } from './setting-kinds.ts';

/** Null: only the limit of all decimals. */
export interface PairScale {
  readonly amountScale: number | null;
  readonly priceScale: number | null;
}

/** By name of the pair. */
export type PairScales = ReadonlyMap<string, PairScale>;

const scaleSchema = z.unknown().transform((value, context) => {
  if (typeof value === 'bigint' && value >= 0n && value <= LIMITS.decimalMaxDigits) return Number(value);
  context.addIssue(`must be a whole number from 0 to ${LIMITS.decimalMaxDigits}`);
  return z.NEVER;
});
const pairSchema = z.strictObject(
  { 'amount-scale': scaleSchema.optional(), 'price-scale': scaleSchema.optional() },
  { error: ({ code }) => (code === 'invalid_type' ? 'must be a table like { amount-scale = 8 }' : undefined) },
);

/** `[pairs."BTC/USD"]` with `amount-scale` and `price-scale`. */
export const pairScales: SettingKind<PairScales> = {
  placeholder: null,
  fromTexts: () => new Map(),
  fromFile: (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new GrapevineError('ERR_CONFIG', 'must be tables like [pairs."BTC/USD"]');
    }
    return new Map(Object.entries(value).map(([pair, scale]) => [pairFromText(pair), scaleFrom(pair, scale)]));
  },
};

function scaleFrom(pair: string, value: unknown): PairScale {
  const result = pairSchema.safeParse(value);
  if (!result.success) throw new GrapevineError('ERR_CONFIG', `"${pair}" ${describe(result.error)}`);
  return { amountScale: result.data['amount-scale'] ?? null, priceScale: result.data['price-scale'] ?? null };
}

function describe(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue?.code === 'unrecognized_keys') {
    const allowed = Object.keys(pairSchema.shape);
    const key = issue.keys[0] ?? '';
    return `has an unknown key "${key}"${didYouMean(key, allowed)}; allowed are ${allowed.join(', ')}`;
  }
  return [...(issue?.path.map(String) ?? []), issue?.message ?? 'is wrong'].join(' ');
}

/** @throws GrapevineError ERR_INVALID_OFFER for more decimals than the pair allows */
export function assertScale(
  scales: PairScales,
  { pair, amount, unitPrice }: { readonly pair: string; readonly amount: Decimal; readonly unitPrice: Decimal | null },
): void {
  const scale = scales.get(pair);
  if (scale === undefined) return;
  assertDecimals(`${pair} amounts`, amount, scale.amountScale);
  if (unitPrice !== null) assertDecimals(`${pair} prices`, unitPrice, scale.priceScale);
}

function assertDecimals(what: string, decimal: Decimal, max: number | null): void {
  if (max === null || scaleOf(decimal) <= max) return;
  const bound = max === 0 ? 'no decimals' : `at most ${max} decimals`;
  throw new GrapevineError('ERR_INVALID_OFFER', `${what} have ${bound}; "${decimal}" has ${scaleOf(decimal)}`);
}
