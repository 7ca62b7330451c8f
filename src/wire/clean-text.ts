/** Makes text from other desks safe to show and log: limits its length and removes terminal control characters. */
import { LIMITS } from '../protocol/limits.ts';

export function cleanText(text: string): string {
  const cut = text.slice(0, LIMITS.errorTextMaxLength);
  return cut.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, ' ');
}
