/** Shortens ids so that they stay different. */

/** Enough for a few dozen ids, and the length in the log. */
const SHORTEST = 8;

/** The first part of an id, for a line of text. */
export function shortId(id: unknown): string {
  return String(id).slice(0, SHORTEST);
}

/** The maker of an offer can choose its id: ids with the same prefix must not make tables wide. */
const LONGEST = 16;

/** @returns a function that gives the prefix of each id; all have the same length */
export function shortIds(ids: Iterable<string>): (id: string) => string {
  const all = [...new Set(ids)];
  const longest = Math.min(
    LONGEST,
    all.reduce((most, id) => Math.max(most, id.length), SHORTEST),
  );
  let length = SHORTEST;
  while (length < longest && new Set(all.map((id) => id.slice(0, length))).size < all.length) length += 1;
  return (id) => id.slice(0, length);
}
