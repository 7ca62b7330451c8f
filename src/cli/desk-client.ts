/** Finds the desk that a command is for, and connects to it. */
import { Option, type Command } from 'commander';
import { statSync } from 'node:fs';
import { hasJournal } from '../composition/has-journal.ts';
import type { ControlClient } from '../control/client.ts';
import { GrapevineError, hasCode } from '../protocol/errors.ts';
import { defaultDeskFolder, needHome } from './data-folder.ts';
import { deskPassphrase, type PassphraseOptions } from './passphrase.ts';
import { upCommand } from './desk-flags.ts';

/** The options of every command for a running desk. */
export interface DeskOptions {
  readonly dataDir?: string | undefined;
  readonly json?: boolean;
}

export function deskFolderOption(): Option {
  const place = '$GRAPEVINE_DATA_DIR, else where "grapevine up" puts it';
  return new Option('--data-dir <folder>', `folder of the desk (default: ${place})`);
}

export function addDeskOptions(command: Command, json = 'one JSON object'): Command {
  return command.addOption(deskFolderOption()).option('--json', json);
}

/**
 * The same folder as `up` with the same flag and environment. The config file is read only if the environment names it: an error in
 * the config file of a running desk is no reason to refuse a command.
 */
export async function deskFolderOf({ dataDir }: DeskOptions, env = process.env): Promise<string> {
  // Not the default folder: a script whose variable is empty would use another desk.
  if (dataDir === '') throw new GrapevineError('ERR_USAGE', '--data-dir: must be the name of a folder');
  const named = dataDir ?? env['GRAPEVINE_DATA_DIR'] ?? '';
  if (named !== '') return folderAt(named);
  if ((env['GRAPEVINE_CONFIG'] ?? '') === '') return needHome(defaultDeskFolder());
  const { loadSettings } = await import('../config/load-settings.ts');
  return loadSettings({ flags: {}, env, defaultDataDir: defaultDeskFolder() }).settings.dataDir;
}

/** A folder that does not exist is no error here: its desk is not running. */
function folderAt(path: string): string {
  if (hasFile(path))
    throw new GrapevineError('ERR_USAGE', `${path} is a file, not the folder of a desk; name its folder`);
  return path;
}

function hasFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
  } catch {
    return false;
  }
}

/** Runs `work` with the desk of the folder, and closes the connection. */
export async function withDesk<Result>(
  options: DeskOptions,
  work: (client: ControlClient) => Promise<Result>,
): Promise<Result> {
  const { ControlClient } = await import('../control/client.ts');
  const client = ControlClient.ofFolder(await deskFolderOf(options));
  try {
    return await work(client);
  } catch (error) {
    throw withStartHint(error, options);
  } finally {
    await client.close();
  }
}

function withStartHint(error: unknown, options: DeskOptions): unknown {
  if (!hasCode(error, 'ERR_DESK_NOT_RUNNING')) return error;
  return new GrapevineError(error.code, `${error.message}; start it with: ${upCommand(options)}`, { cause: error });
}

/** Queries that work with a running desk and with the folder of a stopped one. */
export type DeskReader = Pick<ControlClient, 'offers' | 'deals' | 'story' | 'receipt'>;

/**
 * Sends queries to a running desk, or reads its journal. If the desk stops between two answers, that is an error: starting again
 * would print the first lines twice.
 */
export async function readDesk<Result>(
  options: DeskOptions & PassphraseOptions,
  ask: (reader: DeskReader) => Promise<Result>,
): Promise<Result> {
  const answers = { count: 0 };
  const counted = async <Answer>(asked: Promise<Answer>): Promise<Answer> => {
    const answer = await asked;
    answers.count += 1;
    return answer;
  };
  try {
    return await withDesk(options, (client) =>
      ask({
        offers: (query) => counted(client.offers(query)),
        deals: (query) => counted(client.deals(query)),
        story: (id, maker) => counted(client.story(id, maker)),
        receipt: (id, maker) => counted(client.receipt(id, maker)),
      }),
    );
  } catch (error) {
    const dataDir = await deskFolderOf(options);
    if (!hasCode(error, 'ERR_DESK_NOT_RUNNING') || answers.count > 0 || !hasJournal(dataDir)) throw error;
    return readJournal(dataDir, options, ask);
  }
}

async function readJournal<Result>(
  dataDir: string,
  options: PassphraseOptions,
  ask: (reader: DeskReader) => Promise<Result>,
): Promise<Result> {
  const { StoppedDesk } = await import('../composition/stopped-desk.ts');
  const desk = new StoppedDesk({ dataDir, passphrase: () => deskPassphrase(dataDir, options) });
  try {
    process.stderr.write('The desk is not running: this is what its journal has.\n');
    return await ask(desk);
  } finally {
    desk.close();
  }
}

/** The result of `asked`, a request to a desk; that of `otherwise` if the desk is not running. */
export async function ifNotRunning<Result, Other>(
  asked: Promise<Result>,
  otherwise: () => Promise<Other>,
): Promise<Result | Other> {
  try {
    return await asked;
  } catch (error) {
    if (hasCode(error, 'ERR_DESK_NOT_RUNNING')) return otherwise();
    throw error;
  }
}
