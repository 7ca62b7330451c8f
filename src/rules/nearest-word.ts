/** "Did you mean": finds the allowed word that is nearest to a mistyped one. */

/** Longer words are not typing errors. */
const WORD_MAX_LENGTH = 64;

/** Shorter prefixes are too ambiguous. */
const BEGINNING_MIN_LENGTH = 3;

/** @returns null if none is near: at most a third of the letters and at most three may differ, or the end may be missing */
export function nearestWord(word: string, allowed: readonly string[]): string | null {
  if (word.length > WORD_MAX_LENGTH) return null;
  let nearest: { readonly name: string; readonly steps: number } | null = null;
  for (const name of allowed) {
    const steps = distance(word.toLowerCase(), name.toLowerCase());
    const near = steps <= Math.min(3, Math.ceil(name.length / 3));
    if (near && (nearest === null || steps < nearest.steps)) nearest = { name, steps };
  }
  return nearest?.name ?? beginningWith(word, allowed);
}

function beginningWith(word: string, allowed: readonly string[]): string | null {
  if (word.length < BEGINNING_MIN_LENGTH) return null;
  return allowed.find((name) => name.toLowerCase().startsWith(word.toLowerCase())) ?? null;
}

/** ` (did you mean "x"?)`, or nothing. */
export function didYouMean(word: string, allowed: readonly string[]): string {
  const nearest = nearestWord(word, allowed);
  return nearest === null ? '' : ` (did you mean "${nearest}"?)`;
}

/** Letters to insert, delete, replace or swap to get from one word to the other (optimal string alignment distance). */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) row.push(cell(a, b, i, j, rows, row));
    rows.push(row);
  }
  return at(rows, a.length, b.length);
}

function cell(a: string, b: string, i: number, j: number, rows: readonly number[][], row: readonly number[]): number {
  const changed = at(rows, i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
  const best = Math.min(at(rows, i - 1, j) + 1, (row[j - 1] ?? Infinity) + 1, changed);
  const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
  return swapped ? Math.min(best, at(rows, i - 2, j - 2) + 1) : best;
}

function at(rows: readonly number[][], i: number, j: number): number {
  return rows[i]?.[j] ?? Infinity;
}
