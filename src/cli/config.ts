/** `grapevine config`: shows the settings that a desk would use, and the source of each. */
import { Command } from 'commander';
import type { LoadedSettings } from '../config/load-settings.ts';
import { sourceToText } from '../config/resolve-settings.ts';
import { valueToJson, valueToTexts } from '../config/setting-text.ts';
import { SETTINGS } from '../config/settings-table.ts';
import { printJson, printText } from './print.ts';
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
    .action(async (options: SettingOptions) => {
      const loaded = loadSettingsOf(options);
      if (options['json'] === true) printJson(asJson(loaded));
      else printText(await asTable(loaded));
    });
  return addSettingOptions(command);
}

/** `{ file, settings: { [key]: { value, source: { from, ... } } } }`. */
function asJson({ file, settings, sources }: LoadedSettings): object {
  const entries = SETTINGS.map(({ name, key }) => [key, { value: valueToJson(settings, name), source: sources[name] }]);
  return { file, settings: Object.fromEntries(entries) as object };
}

async function asTable({ file, settings, sources }: LoadedSettings): Promise<string> {
  const rows = SETTINGS.flatMap(({ name, key }) => {
    const [first = '', ...others] = valueToTexts(settings, name);
    return [[key, sourceToText(sources[name]), first], ...others.map((other) => ['', '', other])];
  });
  const { renderTable } = await import('./render-table.ts');
  const columns = ['setting', 'from', 'value'].map((head, index) => ({
    head,
    value: (row: readonly string[]) => row[index] ?? '',
  }));
  return [`Config file: ${file ?? 'none'}`, '', renderTable(columns, rows, Infinity)].join('\n');
}
