/** Ids as short as they can be without two of them looking the same. */

/** Enough to tell a few dozen apart, and what the log shows. */
const SHORTEST = 8;

/** The beginning of each id that shows it, all of one length. */
export function shortIds(ids: Iterable<string>): (id: string) => string {
  const all = [...new Set(ids)];
  const longest = Math.max(SHORTEST, ...all.map((id) => id.length));
  let length = SHORTEST;
  while (length < longest && new Set(all.map((id) => id.slice(0, length))).size < all.length) length += 1;
  return (id) => id.slice(0, length);
}
