/** Results on standard output: for programs one JSON object a line, for people text. */
import { writeOutput } from './standard-output.ts';

export function printJson(value: unknown): void {
  writeOutput(`${JSON.stringify(value)}\n`);
}

/** Nothing for an empty text. */
export function printText(text: string): void {
  if (text !== '') writeOutput(`${text}\n`);
}

export function printResult(json: boolean | undefined, value: unknown, text: () => string): void {
  if (json === true) printJson(value);
  else printText(text());
}
