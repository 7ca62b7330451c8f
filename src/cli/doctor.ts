/** `grapevine doctor`: checks what works and what does not, with advice; also when no desk is running. */
import { Command } from 'commander';
import { GrapevineError } from '../protocol/errors.ts';
import type { Check } from '../control/contract.ts';
import { ifNotRunning, withDesk } from './desk-client.ts';
import { printJson, printText } from './print.ts';
import { deskSelection, upCommand } from './desk-flags.ts';
import { addSettingOptions, loadSettingsOf, type SettingOptions } from './setting-options.ts';
import { harmless } from '../text/harmless.ts';
import { screenOf, type Paint } from './terminal.ts';
import { version } from './version.ts';

/** The desk contacts grapes and addresses, all of which may not answer. */
const TIMEOUT_MS = 60_000;

export function createCommand(): Command {
  const command = new Command('doctor')
    .option('--json', 'one JSON object a line, a check each')
    .addHelpText(
      'after',
      '\nA running desk examines itself. When none is running, the folder and the grapes of the settings are looked at.' +
        '\nExit code 0 when nothing fails, 1 otherwise.' +
        '\n\nExamples:\n  grapevine doctor\n  grapevine doctor --grape http://10.0.0.5:30001 --json',
    )
    .action(runDoctor);
  return addSettingOptions(command, ['dataDir', 'network', 'grapes', 'broadcastKey', 'announcePort']);
}

async function runDoctor(options: SettingOptions): Promise<void> {
  const { dataDir, config } = deskSelection(options);
  const ofConfig = config === undefined ? undefined : loadSettingsOf(options).settings.dataDir;
  const running = withDesk({ dataDir: dataDir ?? ofConfig }, (client) => client.doctor({ timeoutMs: TIMEOUT_MS }));
  const checks = await ifNotRunning(running, () => examineFolder(options));
  if (options['json'] === true) for (const check of checks) printJson(check);
  else printText(examinationText(checks, screenOf().paint));
  const failed = checks.filter(({ ok }) => ok === 'fail').map(({ name }) => name);
  if (failed.length > 0) throw new GrapevineError('ERR_WRONG_STATE', `something is wrong with: ${failed.join(', ')}`);
}

async function examineFolder(options: SettingOptions): Promise<readonly Check[]> {
  const { settings } = loadSettingsOf(options);
  const { examineDesk } = await import('../composition/examine-desk.ts');
  return examineDesk({ settings, version: version(), running: null, start: upCommand(deskSelection(options)) });
}

const MARK_WIDTH = 4;

export function examinationText(checks: readonly Check[], paint: Paint): string {
  const widest = Math.max(...checks.map(({ name }) => name.length));
  const colours = { ok: paint.green, warn: paint.yellow, fail: paint.red };
  return checks
    .flatMap(({ name, ok, found, advice }) => {
      const mark = colours[ok](ok.padEnd(MARK_WIDTH));
      const indent = ' '.repeat(MARK_WIDTH + widest + 4);
      return [
        `${mark}  ${name.padEnd(widest)}  ${harmless(found)}`,
        ...(advice === null ? [] : [`${indent}-> ${harmless(advice)}`]),
      ];
    })
    .join('\n');
}
