/** `grapevine up`: runs a desk in the foreground; the other commands work with it. */
import { Command } from 'commander';
import { resolve } from 'node:path';
import { loadSettings, reloadSettings, type LoadedSettings } from '../config/load-settings.ts';
import type { RunDeskInit, RunningDesk, StartedDesk } from '../composition/run-desk.ts';
import { DEFAULTS } from '../config/defaults.ts';
import { SETTINGS, type SettingName } from '../config/settings-table.ts';
import type { Log } from '../index.ts';
import { GrapevineError, hasCode } from '../protocol/errors.ts';
import { defaultDeskFolder } from './data-folder.ts';
import { shortId } from '../text/short-ids.ts';
import { accessFiles } from './access-options.ts';
import { followFiles, versionsOf } from './follow-files.ts';
import { outputLog } from './log-output.ts';
import { deskPassphrase } from './passphrase.ts';
import { printText } from './print.ts';
import { deskSelection, deskFlags, upCommand } from './desk-flags.ts';
import { addSettingOptions, loadInput, type SettingOptions } from './setting-options.ts';
import { hasTerminal, stopSignal } from './stop-signal.ts';
import { version } from './version.ts';

export function createCommand(): Command {
  const command = new Command('up')
    .option('--json', 'one JSON object a line, also on a terminal')
    .addHelpText(
      'after',
      '\nFlags override the environment (GRAPEVINE_PORT), that overrides the config file, and that the defaults;' +
        '\n"grapevine config" shows the result. SIGINT and SIGTERM stop it: what is under way is in the journal, and the next' +
        '\nstart continues it. SIGHUP reads rules and access lists again, but stops a desk that has a terminal (standard' +
        '\ninput, output or error). The files of desks to allow or deny are read again when they change.' +
        '\n\nExamples:\n  grapevine up --embedded-grapes' +
        '\n  grapevine up --data-dir ./second --accept "sell BTC/USD amount<=2 price<=8100"' +
        '\n  grapevine up --grape http://10.0.0.5:30001 --host 10.0.0.7 --port 7070 --control-port 7071' +
        '\n  grapevine up --network hyperdht --host 0.0.0.0 --bootstrap 10.0.0.5:49737',
    )
    .action(runUp);
  return addSettingOptions(command);
}

async function runUp(options: SettingOptions): Promise<void> {
  const input = loadInput(options);
  const loaded = loadSettings(input);
  // They can change until they are followed: somebody may have to type a passphrase.
  const versions = versionsOf(accessFiles(loaded.settings));
  const { dataDir, logLevel, passphraseFile } = loaded.settings;
  const isJson = options['json'] === true;
  const log = await outputLog({ json: isJson, logLevel });
  const passphrase = await deskPassphrase(dataDir, passphraseFile === null ? {} : { passphraseFile });
  const isInTerminal = hasTerminal();
  const signal = stopSignal({ hangUp: isInTerminal });
  const running = await openDesk({
    loaded,
    reload: () => reloadSettings(input, loaded),
    log,
    version: version(),
    startCommand: upCommand(deskSelection(options)),
    passphrase,
  }).catch((error: unknown) => {
    signal.dispose();
    throw error;
  });
  const stopFollowing = reloadOnChange(running, versions, log, isInTerminal);
  try {
    // A signal ends the wait for grapes.
    const started = await Promise.race([startOf(running), signal.arrived.then(() => null)]);
    if (started !== null) {
      logStarted(log, loaded, started);
      if (started.pageUrl !== null) log.write('info', 'page.ready', { url: started.pageUrl });
      if (!isJson && process.stdout.isTTY) printText(whatNext(loaded, running.id, started));
      await Promise.race([signal.arrived, running.failed]);
    }
  } finally {
    signal.dispose();
    stopFollowing();
    await running.stop();
  }
  log.write('info', 'desk.stopped');
}

/** Loaded only here, so that the other commands start faster. */
async function openDesk(init: RunDeskInit): Promise<RunningDesk> {
  const runDesk = await import('../composition/run-desk.ts');
  return new runDesk.RunningDesk(init);
}

/** Null if a signal stopped the desk while it waited for grapes. */
async function startOf(running: RunningDesk): Promise<StartedDesk | null> {
  try {
    return await running.start();
  } catch (error) {
    if (hasCode(error, 'ERR_DESK_STOPPED')) return null;
    throw error;
  }
}

/** Reloads on SIGHUP (in a terminal, SIGHUP means that it was closed) and when a file of desks changes. */
function reloadOnChange(running: RunningDesk, versions: string, log: Log, isInTerminal: boolean): () => void {
  const reload = (): void => {
    try {
      const { rules, needRestart } = running.reload();
      log.write('info', 'settings.reloaded', { rules, needRestart: needRestart.map(settingKey) });
    } catch (error) {
      if (!(error instanceof GrapevineError)) throw error;
      log.write('error', 'settings.refused', { code: error.code, text: error.message });
    }
  };
  if (!isInTerminal) process.on('SIGHUP', reload);
  const unfollow = followFiles(() => accessFiles(running.settings), reload, versions);
  return () => {
    unfollow();
    process.off('SIGHUP', reload);
  };
}

/** As in the config file. */
function settingKey(name: SettingName): string {
  return SETTINGS.find((setting) => setting.name === name)?.key ?? name;
}

function logStarted(log: Log, { settings, file }: LoadedSettings, { socketPath, url, tokenFile }: StartedDesk): void {
  const token = tokenFile === null ? null : resolve(tokenFile);
  const control = { socket: resolve(socketPath), ...(url !== null && { url, tokenFile: token }) };
  log.write('info', 'control.ready', { dataDir: resolve(settings.dataDir), configFile: file, ...control });
}

/** What a first-time user can do next. */
export function whatNext({ settings }: LoadedSettings, id: string, { port, grapes }: StartedDesk): string {
  const { dataDir, accept } = settings;
  const where = deskFlags({ dataDir: dataDir === defaultDeskFolder() ? undefined : dataDir });
  const takes =
    accept.length === 0
      ? 'It takes no offers of others by itself; --accept RULE changes that.'
      : `It takes offers of others that match one of its ${accept.length} rules (--accept).`;
  const other = nodesOption(settings, grapes);
  return [
    '',
    `Desk ${shortId(id)} is up on port ${port}. ${takes}`,
    '',
    'In another terminal:',
    `  grapevine offer buy 1 BTC/USD --price 8000${where}`,
    `  grapevine offers${where}`,
    `  grapevine watch${where}`,
    `  grapevine doctor${where}`,
    'A second desk that deals with this one:',
    `  grapevine up --data-dir ./second${other}`,
    '',
    'Ctrl-C stops it; the same command continues where it was.',
    '',
  ].join('\n');
}

/** The options with which another desk finds this one. */
function nodesOption({ network, bridge, bootstrap }: LoadedSettings['settings'], grapes: readonly string[]): string {
  if (network === 'hyperdht' || bridge) {
    return ` --network hyperdht${bootstrap.map((node) => ` --bootstrap ${node}`).join('')}`;
  }
  const isUsual = grapes.join() === DEFAULTS.grapes.join();
  return isUsual ? '' : grapes.map((url) => ` --grape ${url}`).join('');
}
