/** A stranger's text, made fit to be shown and logged: bounded, and without anything that moves a terminal's cursor. */
import { LIMITS } from '../protocol/limits.ts';

export function cleanText(text: string): string {
  const cut = text.slice(0, LIMITS.errorTextMaxLength);
  return cut.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, ' ');
}
