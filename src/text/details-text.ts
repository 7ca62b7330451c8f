/** Details of offers and reports for people. They come from others: nothing in them steers a terminal. */
import { harmless } from './harmless.ts';

/** Longest part of details in a sentence; "grapevine offers ID" shows all of them. */
const IN_SENTENCE_MAX = 120;

/**
 * In full, JSON over several lines.
 * @param details a text, or another JSON value; null: none
 */
export function detailsLines(details: unknown): readonly string[] {
  if (details === null || details === undefined) return [];
  const text = typeof details === 'string' ? details.replaceAll('\r\n', '\n') : JSON.stringify(details, null, 2);
  return text.split('\n').map((line) => harmless(line.replaceAll('\t', '  ')));
}

/** `: the beginning of it…`, on one line; empty where there are none. */
export function detailsTail(text: string): string {
  const line = harmless(text.replaceAll(/\s+/g, ' ').trim());
  if (line === '') return '';
  return `: ${line.length > IN_SENTENCE_MAX ? `${line.slice(0, IN_SENTENCE_MAX)}…` : line}`;
}
