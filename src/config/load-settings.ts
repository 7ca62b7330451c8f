/** Finds and reads the files of the settings; the only file of this folder that reads any. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { PeerId } from '../protocol/ids.ts';
import { CONFIG_LIMITS } from './limits.ts';
import type { ConfigFile } from './config-file.ts';
import { deskListFromText, type AccessLists } from './desk-list.ts';
import { readBoundedFile } from './read-file.ts';
import { resolveSettings, type ResolvedSettings, type SettingsInput } from './resolve-settings.ts';
import { valueToJson } from './setting-text.ts';
import { wrong } from './setting-kinds.ts';
import { CONFIG_FILE, CONFIG_VARIABLE, SETTINGS, type DeskSettings, type SettingName } from './settings-table.ts';

export interface LoadInput extends Omit<SettingsInput, 'file'> {
  /** The config file that a flag names. Otherwise `GRAPEVINE_CONFIG`, or `config.toml` in the data folder if it exists. */
  readonly configPath?: string | undefined;
}

export interface LoadedSettings extends ResolvedSettings {
  /** The config file that was read; null if there is none. */
  readonly file: string | null;
  /** The lists of ids, including those from files. */
  readonly access: AccessLists;
}

/** @throws GrapevineError as `resolveSettings`; ERR_CONFIG for a file that can't be read or is too large */
export function loadSettings(input: LoadInput): LoadedSettings {
  const file = findFile(input);
  const resolved = resolveSettings({ ...input, file });
  return { ...resolved, file: file?.path ?? null, access: accessListsOf(resolved.settings) };
}

export interface Reloaded {
  /** The settings in force: the new ones that may change while a desk is running, and the other running ones. */
  readonly loaded: LoadedSettings;
  /** Settings that have changed, but need a restart. */
  readonly needRestart: readonly SettingName[];
}

/**
 * Reads all settings again.
 * @param running those of the start, from the same input: what does not reload is still in force
 * @throws GrapevineError as `loadSettings`
 */
export function reloadSettings(input: LoadInput, running: LoadedSettings): Reloaded {
  const read = loadSettings(input);
  const fixed = SETTINGS.filter(({ reloads }) => !reloads).map(({ name }) => name);
  const loaded = {
    ...read,
    settings: { ...read.settings, ...pick(running.settings, fixed) },
    sources: { ...read.sources, ...pick(running.sources, fixed) },
  };
  return { loaded, needRestart: fixed.filter((name) => differs(read.settings, running.settings, name)) };
}

function pick<Value>(from: Value, names: readonly (keyof Value)[]): Partial<Value> {
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Partial<Value>;
}

function differs(a: DeskSettings, b: DeskSettings, name: SettingName): boolean {
  return JSON.stringify(valueToJson(a, name)) !== JSON.stringify(valueToJson(b, name));
}

function findFile({ configPath, flags, env, defaultDataDir }: LoadInput): ConfigFile | null {
  const named = configPath ?? (env[CONFIG_VARIABLE] === '' ? undefined : env[CONFIG_VARIABLE]);
  if (named !== undefined)
    return { path: named, text: readText(named, CONFIG_LIMITS.configFileMaxBytes), isInDataDir: false };
  const variable = env['GRAPEVINE_DATA_DIR'] === '' ? undefined : env['GRAPEVINE_DATA_DIR'];
  const folder = flags.dataDir?.[0] ?? variable ?? defaultDataDir;
  if (folder === null) return null;
  const path = join(folder, CONFIG_FILE);
  return isThere(path) ? { path, text: readText(path, CONFIG_LIMITS.configFileMaxBytes), isInDataDir: true } : null;
}

/** A file that exists and can't be read is an error: its content must not be ignored silently. */
function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // If the data folder is no folder, the code that needs it reports that with a better message.
    if (code === 'ENOTDIR' || code === 'ENAMETOOLONG' || code === 'ELOOP') return false;
    throw wrong(`${path}: can't be looked at (${code})`);
  }
}

/** @throws GrapevineError ERR_CONFIG for a file that can't be read, or contains anything but ids */
export function accessListsOf({ allow, allowFile, deny, denyFile }: AccessSettings): AccessLists {
  const everybody = allow === null && allowFile === null;
  return {
    allow: everybody ? undefined : [...(allow ?? []), ...readDeskList(allowFile)],
    deny: [...deny, ...readDeskList(denyFile)],
  };
}

export type AccessSettings = Pick<DeskSettings, 'allow' | 'allowFile' | 'deny' | 'denyFile'>;

function readDeskList(path: string | null): readonly PeerId[] {
  return path === null ? [] : deskListFromText(path, readText(path, CONFIG_LIMITS.deskListFileMaxBytes));
}

function readText(path: string, maxBytes: number): string {
  const bytes = readBoundedFile(path, maxBytes, (why) => wrong(`${path}: ${why}`));
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw wrong(`${path}: is not a text in UTF-8`);
  }
}
