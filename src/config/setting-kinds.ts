/**
 * The kinds of values that settings can have, and how they are read: from text (flags, environment) and from values of the config
 * file. A reader throws GrapevineError with a text that says what is allowed.
 */
import { isIPv4 } from 'node:net';
import { GrapevineError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { CONFIG_LIMITS } from './limits.ts';
import { didYouMean } from '../rules/nearest-word.ts';
import type { Rule } from '../rules/rule.ts';
import { rulesFromTexts, rulesFromValue } from '../rules/rule-list.ts';
import { shorten } from '../rules/rule-values.ts';
import { deskIdFromText } from '../wire/names.ts';

export interface SettingKind<Value> {
  /** Shown in the help of the flag; null: a flag without a value. */
  readonly placeholder: string | null;
  /** The flag may be repeated; in the environment, this separates the values. */
  readonly separator?: string;
  /** A file or folder: in a config file, it is relative to that file. */
  readonly isPath?: boolean;
  /** All possible values, if there are few. */
  readonly choices?: readonly string[];
  /** @param texts one; several only for a setting with a separator */
  readonly fromTexts: (texts: readonly string[]) => Value;
  readonly fromFile: (value: unknown) => Value;
}

/** Of a wrong value in an error. */
const TEXT_MAX_LENGTH = 60;

export function wrong(text: string): GrapevineError {
  return new GrapevineError('ERR_CONFIG', text);
}

/** A kind whose value is one text in every source. */
function textKind<Value>(placeholder: string, read: (text: string) => Value): SettingKind<Value> {
  return {
    placeholder,
    fromTexts: (texts) => read(texts[0] ?? ''),
    fromFile: (value) => read(asText(value)),
  };
}

function listKind<Value>(
  placeholder: string,
  max: number,
  read: (text: string) => Value,
): SettingKind<readonly Value[]> {
  const readAll = (texts: readonly string[]) => {
    if (texts.length > max) throw wrong(`${texts.length} values; allowed are ${max}`);
    return texts.map((text) => read(text));
  };
  return {
    placeholder,
    separator: ',',
    fromTexts: readAll,
    fromFile: (value) => readAll(Array.isArray(value) ? value.map(asText) : [asText(value)]),
  };
}

export function port(min: 0 | 1): SettingKind<number> {
  const allowed = `allowed is a whole number from ${min} to 65535`;
  const check = (text: string) => {
    const value = /^\d{1,5}$/.test(text) ? Number(text) : -1;
    if (value >= min && value <= 65_535) return value;
    throw wrong(`"${shorten(text, TEXT_MAX_LENGTH)}" is not a port; ${allowed}`);
  };
  return {
    ...textKind('port', check),
    fromFile: (value) => {
      if (typeof value === 'bigint') return check(String(value));
      throw wrong(`${nameOf(value)} is not a port; ${allowed}, without quotes`);
    },
  };
}

export const flag: SettingKind<boolean> = {
  placeholder: null,
  fromTexts: ([text = '']) => {
    if (text === 'true' || text === '1') return true;
    if (text === 'false' || text === '0') return false;
    throw wrong(`"${shorten(text, TEXT_MAX_LENGTH)}" is neither true nor false`);
  },
  fromFile: (value) => {
    if (typeof value === 'boolean') return value;
    throw wrong(`${nameOf(value)} is neither true nor false (without quotes)`);
  },
};

export function choice<Value extends string>(placeholder: string, allowed: readonly Value[]): SettingKind<Value> {
  const kind = textKind(placeholder, (text) => {
    const found = allowed.find((value) => value === text);
    if (found !== undefined) return found;
    throw wrong(
      `"${shorten(text, TEXT_MAX_LENGTH)}" is not possible${didYouMean(text, allowed)}; allowed are ${allowed.join(', ')}`,
    );
  });
  return { ...kind, choices: allowed };
}

export function path(placeholder: string): SettingKind<string> {
  const kind = textKind(placeholder, (text) => {
    if (text !== '' && !text.includes('\0')) return text;
    throw wrong(`must be the name of a ${placeholder}`);
  });
  return { ...kind, isPath: true };
}

export const address: SettingKind<string> = textKind('address', (text) => {
  // The DHT supports only IPv4.
  if (isIPv4(text)) return text;
  throw wrong(
    `"${shorten(text, TEXT_MAX_LENGTH)}" is not an IPv4 address; allowed are such as 127.0.0.1, or 0.0.0.0 for all`,
  );
});

export const serviceName: SettingKind<string> = textKind('name', (text) => {
  if (/^[\x21-\x7e]{1,64}$/.test(text)) return text;
  throw wrong('a broadcast key has 1 to 64 printable characters without spaces');
});

const GRAPES_MAX = 64;

export const grapeUrls: SettingKind<readonly string[]> = listKind('url', GRAPES_MAX, (text) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  // Grapes need no password, and one in a URL would be shown on screens.
  if (url?.protocol === 'http:' && url.hostname !== '' && url.username === '' && url.password === '') return text;
  throw wrong(
    'this is not the URL of a grape; allowed are such as http://127.0.0.1:30001, without a user or a password',
  );
});

const DHT_NODES_MAX = 64;

export const dhtNodes: SettingKind<readonly string[]> = listKind('host:port', DHT_NODES_MAX, (text) => {
  const [, host = '', digits = ''] = /^([\d.]+):([1-9]\d{0,4})$/.exec(text) ?? [];
  if (isIPv4(host) && Number(digits) <= 65_535) return text;
  throw wrong(
    `"${shorten(text, TEXT_MAX_LENGTH)}" is not the address of a DHT node; allowed are such as 10.0.0.5:49737`,
  );
});

export const deskIds: SettingKind<readonly PeerId[]> = listKind('desk', CONFIG_LIMITS.deskListMax, deskIdFromText);

export const rules: SettingKind<readonly Rule[]> = {
  placeholder: 'rule',
  separator: ';',
  fromTexts: rulesFromTexts,
  fromFile: rulesFromValue,
};

function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  throw wrong(`${nameOf(value)} is not possible; it is written as text, in quotes`);
}

function nameOf(value: unknown): string {
  if (typeof value === 'string') return `"${shorten(value, TEXT_MAX_LENGTH)}"`;
  if (typeof value === 'bigint' || typeof value === 'boolean' || typeof value === 'number') return String(value);
  return Array.isArray(value) ? 'a list' : 'a table';
}
