/** The config file: TOML with the keys of the settings table, each with its line number. */
import { parse, TomlError } from 'smol-toml';
import { didYouMean } from '../rules/nearest-word.ts';
import { wrong } from './setting-kinds.ts';
import { SETTINGS } from './settings-table.ts';

export interface ConfigFile {
  readonly path: string;
  readonly text: string;
  /** Found in the data folder, so it can't set the data folder. */
  readonly isInDataDir: boolean;
}

export interface ConfigEntry {
  readonly value: unknown;
  /** Starts at 1; null if unknown. */
  readonly line: number | null;
}

/** Deeper than any valid config file. */
const DEPTH_MAX = 8;

/**
 * @returns values by key; whole numbers are bigints, so that no digit is lost
 * @throws GrapevineError ERR_CONFIG for invalid TOML and for unknown keys
 */
export function readEntries({ path, text, isInDataDir }: ConfigFile): ReadonlyMap<string, ConfigEntry> {
  const keys = SETTINGS.map(({ key }) => key);
  const entries = new Map<string, ConfigEntry>();
  for (const [key, value] of Object.entries(parseToml(path, text))) {
    const line = lineOf(key, text);
    const place = placeInFile(path, key, line);
    if (!keys.includes(key))
      throw wrong(`${place}: unknown key${didYouMean(key, keys)}; allowed are ${keys.join(', ')}`);
    if (key === 'data-dir' && isInDataDir) {
      throw wrong(
        `${place}: a config file in a data folder can't say which folder that is; name the file with --config`,
      );
    }
    entries.set(key, { value, line });
  }
  return entries;
}

/** `config.toml:3: port`. */
export function placeInFile(path: string, key: string, line: number | null): string {
  return `${path}${line === null ? '' : `:${line}`}: ${key.slice(0, 60)}`;
}

function parseToml(path: string, text: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text, { integersAsBigInt: true, maxDepth: DEPTH_MAX, unsafeKeyBehaviour: 'throw' });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what = ''] = error.message.split('\n');
    throw wrong(`${path}:${error.line}: ${what}`);
  }
}

/** The first line that sets the key or opens its table, outside of multi-line texts. */
function lineOf(key: string, text: string): number | null {
  const plain = key.replaceAll(/[^\w-]/g, '\\$&');
  const name = `(?:${plain}|"${plain}"|'${plain}')`;
  const assignment = new RegExp(`^\\s*${name}\\s*[=.]`);
  const header = new RegExp(`^\\s*\\[\\[?\\s*${name}\\s*[\\].]`);
  let isTop = true;
  let isInText = false;
  for (const [index, line] of text.split('\n').entries()) {
    if (!isInText && (header.test(line) || (isTop && assignment.test(line)))) return index + 1;
    if (!isInText && /^\s*\[/.test(line)) isTop = false;
    if ((line.match(/"""|'''/g) ?? []).length % 2 === 1) isInText = !isInText;
  }
  return null;
}
