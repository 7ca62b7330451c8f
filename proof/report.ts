/** The table of the results. */
import type { Found } from './run-search.ts';

const WIDTHS = { name: 28, states: 12, seconds: 8, expected: 10, found: 10 } as const;

export const TABLE_HEAD = row('configuration', 'states', 'seconds', 'expected', 'found', 'what it is about');

export function lineOf({ search, result, states, seconds, problem }: Found): string {
  const about = problem === null ? search.about : `${search.about}: ${problem.toUpperCase()}`;
  const found = result === search.expected ? result : `${result} !!`;
  return row(search.name, states.toLocaleString('en'), seconds.toFixed(1), search.expected, found, about);
}

function row(name: string, states: string, seconds: string, expected: string, found: string, about: string): string {
  const { name: nameWidth, states: statesWidth, seconds: secondsWidth, expected: expectedWidth } = WIDTHS;
  const figures = `${states.padStart(statesWidth)} ${seconds.padStart(secondsWidth)}`;
  return `${name.padEnd(nameWidth)}${figures}  ${expected.padEnd(expectedWidth)}${found.padEnd(WIDTHS.found)}${about}`;
}
