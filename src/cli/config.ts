/** `grapevine config`: shows the settings that a desk would use, and the source of each. */
import { Command } from 'commander';
import type { LoadedSettings } from '../config/load-settings.ts';
import { sourceToText } from '../config/resolve-settings.ts';
import { valueToJson, valueToTexts } from '../config/setting-text.ts';
import { SETTINGS } from '../config/settings-table.ts';
import { printResult } from './print.ts';
import { addSettingOptions, loadSettingsOf, type SettingOptions } from './setting-options.ts';

export function createCommand(): Command {
  const command = new Command('config')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nFlags override the environment (GRAPEVINE_PORT), that overrides the config file, and that the defaults.' +
        '\nExit code 2 if a setting is wrong.' +
        '\n\nExamples:\n  grapevine config --data-dir ./desk\n  GRAPEVINE_PORT=7070 grapevine config --json',
    )
    .action((options: SettingOptions) => {
      const loaded = loadSettingsOf(options);
      printResult(options['json'] === true, asJson(loaded), () => asTable(loaded));
    });
  return addSettingOptions(command);
}

/** `{ file, settings: { [key]: { value, source: { from, ... } } } }`. */
function asJson({ file, settings, sources }: LoadedSettings): object {
  const entries = SETTINGS.map(({ name, key }) => [key, { value: valueToJson(settings, name), source: sources[name] }]);
  return { file, settings: Object.fromEntries(entries) as object };
}

function asTable({ file, settings, sources }: LoadedSettings): string {
  const rows = SETTINGS.flatMap(({ name, key }) => {
    const [first = '', ...others] = valueToTexts(settings, name);
    return [[key, sourceToText(sources[name]), first], ...others.map((other) => ['', '', other])];
  });
  const table = [['setting', 'from', 'value'], ...rows];
  const lines = table.map(([key = '', from = '', value = '']) =>
    [key.padEnd(widthOf(table, 0)), from.padEnd(widthOf(table, 1)), value].join('  ').trimEnd(),
  );
  return [`Config file: ${file ?? 'none'}`, '', ...lines].join('\n');
}

function widthOf(table: readonly (readonly string[])[], column: number): number {
  return Math.max(...table.map((row) => row[column]?.length ?? 0));
}
