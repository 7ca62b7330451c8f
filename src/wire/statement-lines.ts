/** The lines of a statement. No value can contain a line feed. */

export function line(name: string, value: string | number | null | undefined): string {
  return `${name}=${value ?? ''}\n`;
}

/** A line that was added later. It is omitted without a value, so that earlier statements do not change. */
export function optionalLine(name: string, value: string | number | undefined): string {
  return value === undefined ? '' : line(name, value);
}
