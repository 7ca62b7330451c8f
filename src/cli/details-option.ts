/** Details as people enter them: as an argument, in a file, or on standard input. */
import { Option } from 'commander';
import { inputName, readFileOrInput } from '../config/read-file.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { CONTROL_LIMITS } from '../control/limits.ts';
import { assertUnambiguous } from '../wire/parse-json.ts';

export interface DetailsOptions {
  readonly details?: string;
}

export function detailsOption(what: string): Option {
  return new Option(
    '--details <text>',
    `${what}: as typed, @FILE, or - for standard input; a JSON object or list is sent as JSON`,
  );
}

/**
 * A JSON object or list is sent as JSON; everything else as text. A file named `.json` must contain JSON.
 * @throws GrapevineError ERR_DETAILS; ERR_USAGE for a file that can't be read
 */
export function readDetailsOption({ details }: DetailsOptions): unknown {
  if (details === undefined) return undefined;
  if (details !== '-' && !details.startsWith('@')) return valueOf(details, false);
  const file = details === '-' ? '-' : details.slice(1);
  return valueOf(readText(file), file.endsWith('.json'));
}

function readText(file: string): string {
  if (file === '') throw new GrapevineError('ERR_USAGE', '--details: @ must be followed by the name of a file');
  const name = inputName(file);
  const bytes = readFileOrInput(
    file,
    CONTROL_LIMITS.controlBodyMaxBytes,
    (why) => new GrapevineError('ERR_USAGE', `--details: ${name}: ${why}`),
  );
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch (error) {
    throw new GrapevineError('ERR_DETAILS', `${name} is not UTF-8`, { cause: error });
  }
}

function valueOf(text: string, mustBeJson: boolean): unknown {
  if (!mustBeJson && !/^\s*[[{]/.test(text)) return text;
  const value = parsed(text, mustBeJson);
  if (value === undefined) return text;
  try {
    assertUnambiguous(text, value);
  } catch (error) {
    throw new GrapevineError('ERR_DETAILS', `--details: ${(error as Error).message}`, { cause: error });
  }
  return value;
}

/** Undefined for a text that is not JSON. */
function parsed(text: string, mustBeJson: boolean): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!mustBeJson) return undefined;
    throw new GrapevineError('ERR_DETAILS', `it is not JSON: ${(error as Error).message}`, { cause: error });
  }
}
