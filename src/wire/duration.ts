/** Reads and writes durations such as `90s`, `10m` or `2h`. */
import { GrapevineError } from '../protocol/errors.ts';

/** From long to short: `durationToText` takes the first that fits. */
const UNIT_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

type Unit = keyof typeof UNIT_MS;

/**
 * @returns milliseconds, more than 0
 * @throws GrapevineError ERR_USAGE
 */
export function durationFromText(text: string): number {
  const [, digits = '', unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  const value = unit === undefined ? 0 : Number(digits) * UNIT_MS[unit as Unit];
  if (value > 0) return value;
  throw new GrapevineError('ERR_USAGE', `"${text.slice(0, 40)}" is not a time; allowed are times like 90s, 10m or 2h`);
}

/** The exact text with the longest possible unit. */
export function durationToText(durationMs: number): string {
  for (const [unit, unitMs] of Object.entries(UNIT_MS)) {
    if (durationMs >= unitMs && durationMs % unitMs === 0) return `${durationMs / unitMs}${unit}`;
  }
  return `${durationMs}ms`;
}
