/**
 * What comes from others must not steer a terminal, nor turn a line around, nor hide: control characters, line separators,
 * marks and overrides of direction, and letters without a width.
 */
const UNSAFE =
  // eslint-disable-next-line no-control-regex -- these are what is taken out
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

export function harmless(text: string): string {
  return text.replaceAll(UNSAFE, '?');
}

/** The same for a text of several lines. */
export function harmlessLines(text: string): string {
  return text.split('\n').map(harmless).join('\n');
}
