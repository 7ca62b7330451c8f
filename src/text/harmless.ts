/**
 * Text of other desks must not control a terminal, change the direction of a line, or hide. Removes control characters, line
 * separators, direction marks and zero-width characters.
 */
const UNSAFE =
  // eslint-disable-next-line no-control-regex -- these are the characters to remove
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

export function harmless(text: string): string {
  return text.replaceAll(UNSAFE, '?');
}

/** The same for a text with several lines. */
export function harmlessLines(text: string): string {
  return text.split('\n').map(harmless).join('\n');
}
