/** Details of offers and reports for people. They come from other desks, so control characters are removed. */
import { harmless } from './harmless.ts';

/** The longest part of details in a sentence; "grapevine offers ID" shows all. */
const IN_SENTENCE_MAX = 120;

/**
 * All of it; JSON on several lines.
 * @param details a text, or another JSON value; null: none
 */
export function detailsLines(details: unknown): readonly string[] {
  if (details === null || details === undefined) return [];
  const text = typeof details === 'string' ? details.replaceAll('\r\n', '\n') : JSON.stringify(details, null, 2);
  return text.split('\n').map((line) => harmless(line.replaceAll('\t', '  ')));
}

/** `: the first part…`, on one line; empty if there are none. */
export function detailsTail(text: string): string {
  const line = harmless(text.replaceAll(/\s+/g, ' ').trim());
  if (line === '') return '';
  return `: ${line.length > IN_SENTENCE_MAX ? `${line.slice(0, IN_SENTENCE_MAX)}…` : line}`;
}
