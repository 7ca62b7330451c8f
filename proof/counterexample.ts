/** The files of the counterexamples: the rule that was removed, the promise that broke, and how. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Found } from './run-search.ts';
import type { Promised, Search } from './searches.ts';

export interface Counterexample {
  readonly search: string;
  readonly withoutRule: string;
  readonly macros: Search['macros'];
  readonly breaks: Promised;
  /** One event of the model per line. */
  readonly story: readonly string[];
}

export function counterexampleFile(name: string): string {
  return fileURLToPath(new URL(`counterexamples/${name}.json`, import.meta.url));
}

/** @throws Error if there is no file with this name */
export function readCounterexample(name: string): Counterexample {
  return JSON.parse(readFileSync(counterexampleFile(name), 'utf8')) as Counterexample;
}

export function textOfCounterexample({ search, result, story }: Found): string {
  const kept = { search: search.name, withoutRule: search.about, macros: search.macros, breaks: result, story };
  return `${JSON.stringify(kept, null, 2)}\n`;
}
