/** Ids as short as they can be without two of them looking the same. */

/** Enough to tell a few dozen apart, and what the log shows. */
const SHORTEST = 8;

/** Who makes ids that begin alike must not make tables wide. Longer ones that look the same are told apart where one is named. */
const LONGEST = 16;

/** The beginning of each id that shows it, all of one length. */
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
