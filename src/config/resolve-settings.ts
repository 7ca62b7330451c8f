/**
 * The settings of a desk and their sources. Precedence: flags, environment, config file, defaults. A value replaces those of later
 * sources: lists are not merged.
 */
import { dirname, resolve } from 'node:path';
import { GrapevineError } from '../protocol/errors.ts';
import { didYouMean } from '../rules/nearest-word.ts';
import { atPlace } from '../rules/rule-values.ts';
import { placeInFile, readEntries, type ConfigEntry, type ConfigFile } from './config-file.ts';
import { NO_HOME } from './defaults.ts';
import { wrong } from './setting-kinds.ts';
import {
  CONFIG_VARIABLE,
  PASSPHRASE_VARIABLE,
  SETTINGS,
  type DeskSettings,
  type Setting,
  type SettingName,
} from './settings-table.ts';

export type Source =
  | { readonly from: 'flag'; readonly flag: string }
  | { readonly from: 'environment'; readonly variable: string }
  | { readonly from: 'file'; readonly file: string; readonly key: string; readonly line: number | null }
  | { readonly from: 'default' };

/** The texts of each flag, one for each time it was given. */
export type FlagTexts = Readonly<Partial<Record<SettingName, readonly string[] | undefined>>>;

export type Environment = Readonly<Record<string, string | undefined>>;

export interface SettingsInput {
  readonly flags: FlagTexts;
  /** The whole environment; only variables that begin with `GRAPEVINE_` are used. */
  readonly env: Environment;
  readonly file: ConfigFile | null;
  /** Null: there is none, so one must be named. */
  readonly defaultDataDir: string | null;
}

export interface ResolvedSettings {
  readonly settings: DeskSettings;
  readonly sources: Readonly<Record<SettingName, Source>>;
}

const PREFIX = 'GRAPEVINE_';

/**
 * @throws GrapevineError ERR_USAGE for a flag, ERR_CONFIG for the environment or the file, ERR_RULE for a rule in any source; the
 * text says where, and what is allowed
 */
export function resolveSettings({ flags, env, file, defaultDataDir }: SettingsInput): ResolvedSettings {
  assertKnownVariables(env);
  const entries = file === null ? new Map<string, ConfigEntry>() : readEntries(file);
  const found = SETTINGS.map((setting): readonly [SettingName, unknown, Source] => {
    const { name, key } = setting;
    const entry = entries.get(key);
    const { value, source } =
      fromFlag(setting, flags[name]) ??
      fromEnvironment(setting, env) ??
      (file === null || entry === undefined ? null : fromFile(setting, file, entry)) ??
      fromDefault(setting, defaultDataDir);
    return [name, value, source];
  });
  return {
    settings: Object.fromEntries(found.map(([name, value]) => [name, value])) as unknown as DeskSettings,
    sources: Object.fromEntries(found.map(([name, , source]) => [name, source])) as Record<SettingName, Source>,
  };
}

/** For people: `--port`, `GRAPEVINE_PORT`, `config.toml:3`, `default`. */
export function sourceToText(source: Source): string {
  switch (source.from) {
    case 'flag':
      return source.flag;
    case 'environment':
      return source.variable;
    case 'file':
      return source.line === null ? source.file : `${source.file}:${source.line}`;
    case 'default':
      return 'default';
  }
}

interface Found {
  readonly value: unknown;
  readonly source: Source;
}

function fromFlag({ flag, kind }: Setting, texts: readonly string[] | undefined): Found | null {
  if (flag === null || texts === undefined || texts.length === 0) return null;
  const value = atPlace(`--${flag}`, () => kind.fromTexts(texts), 'ERR_USAGE');
  return { value, source: { from: 'flag', flag: `--${flag}` } };
}

/** An empty variable counts as not set. */
function fromEnvironment({ variable, kind }: Setting, env: Environment): Found | null {
  const text = variable === null ? undefined : env[variable];
  if (variable === null || text === undefined || text === '') return null;
  const value = atPlace(variable, () => kind.fromTexts(split(text, kind.separator)), 'ERR_CONFIG');
  return { value, source: { from: 'environment', variable } };
}

function split(text: string, separator: string | undefined): readonly string[] {
  if (separator === undefined) return [text];
  const parts = text.split(separator).map((part) => part.trim());
  return parts.filter((part) => part !== '');
}

function fromFile({ key, kind }: Setting, { path }: ConfigFile, { value, line }: ConfigEntry): Found {
  const read = atPlace(placeInFile(path, key, line), () => kind.fromFile(value), 'ERR_CONFIG');
  const meant = kind.isPath === true && typeof read === 'string' ? resolve(dirname(path), read) : read;
  return { value: meant, source: { from: 'file', file: path, key, line } };
}

function fromDefault(setting: Setting, defaultDataDir: string | null): Found {
  if (setting.name === 'dataDir' && defaultDataDir === null) throw new GrapevineError('ERR_USAGE', NO_HOME);
  return { value: setting.name === 'dataDir' ? defaultDataDir : setting.default, source: { from: 'default' } };
}

/** The value is not shown: it may be a secret. */
function assertKnownVariables(env: Environment): void {
  const known = [...SETTINGS.flatMap(({ variable }) => variable ?? []), CONFIG_VARIABLE, PASSPHRASE_VARIABLE];
  for (const name of Object.keys(env)) {
    if (!name.startsWith(PREFIX) || known.includes(name)) continue;
    throw wrong(
      `${name}: unknown variable of the environment${didYouMean(name, known)}; allowed are ${known.join(', ')}`,
    );
  }
}
