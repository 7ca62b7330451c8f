/** Adds the settings of a desk as options to commands. All are made from one table, so commands can't differ. */
import { Option, type Command } from 'commander';
import { loadSettings, type LoadedSettings, type LoadInput } from '../config/load-settings.ts';
import type { FlagTexts } from '../config/resolve-settings.ts';
import { CONFIG_FILE, CONFIG_FLAG, SETTINGS, type Setting, type SettingName } from '../config/settings-table.ts';
import { defaultDeskFolder } from './data-folder.ts';
import { collect } from './option-readers.ts';

/** The options as parsed by commander; read them with `loadInput`. */
export type SettingOptions = Readonly<Record<string, unknown>>;

/**
 * Adds the options, and `--config`.
 * @param names the settings that the command uses; all by default
 */
export function addSettingOptions(command: Command, names?: readonly SettingName[]): Command {
  for (const setting of SETTINGS) {
    if (names !== undefined && !names.includes(setting.name)) continue;
    for (const option of optionsOf(setting)) command.addOption(option);
  }
  return command.option(`--${CONFIG_FLAG} <file>`, `config file (default: ${CONFIG_FILE} in the data folder)`);
}

/** The same input can be read again for a reload. */
export function loadInput(options: SettingOptions, env: NodeJS.ProcessEnv = process.env): LoadInput {
  const configPath = options[CONFIG_FLAG];
  return {
    flags: flagTexts(options),
    env,
    defaultDataDir: defaultDeskFolder(),
    configPath: typeof configPath === 'string' ? configPath : undefined,
  };
}

export function loadSettingsOf(options: SettingOptions): LoadedSettings {
  return loadSettings(loadInput(options));
}

function optionsOf({ flag, kind, description, default: value }: Setting): readonly Option[] {
  if (flag === null) return [];
  if (kind.placeholder === null) {
    return [
      new Option(`--${flag}`, description),
      new Option(`--no-${flag}`, `turn that off, whatever the config file says`),
    ];
  }
  const shown = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  const help = shown === '' ? description : `${description} (default: ${shown})`;
  const option = new Option(`--${flag} <${kind.placeholder}>`, help);
  // For help and completion; the value is checked together with all other settings.
  if (kind.choices !== undefined) option.argChoices = [...kind.choices];
  return [kind.separator === undefined ? option : option.argParser(collect)];
}

function flagTexts(options: SettingOptions): FlagTexts {
  const texts: Partial<Record<SettingName, readonly string[]>> = {};
  for (const { name, flag } of SETTINGS) {
    if (flag === null) continue;
    const value = options[new Option(`--${flag}`).attributeName()];
    if (value !== undefined) texts[name] = Array.isArray(value) ? value.map(String) : [`${value as string | boolean}`];
  }
  return texts;
}
