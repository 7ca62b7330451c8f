/** Results on standard output: one JSON object per line for programs, text for people. */
import { writeOutput } from './standard-output.ts';

export function printJson(value: unknown): void {
  writeOutput(`${JSON.stringify(value)}\n`);
}

/** Prints nothing for an empty text. */
export function printText(text: string): void {
  if (text !== '') writeOutput(`${text}\n`);
}

export function printResult(json: boolean | undefined, value: unknown, text: () => string): void {
  if (json === true) printJson(value);
  else printText(text());
}
