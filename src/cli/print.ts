/** Results on standard output: for programs one JSON object a line, for people text. */

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Nothing for an empty text. */
export function printText(text: string): void {
  if (text !== '') process.stdout.write(`${text}\n`);
}

/** Either of them. */
export function printResult(json: boolean | undefined, value: unknown, text: () => string): void {
  if (json === true) printJson(value);
  else printText(text());
}

/** What comes from others must not steer a terminal. */
export function harmless(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are what is taken out
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '?');
}
