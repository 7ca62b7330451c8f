/** Finds the desk that a command is for, and connects to it. */
import { Option, type Command } from 'commander';
import { statSync } from 'node:fs';
import { hasJournal } from '../composition/has-journal.ts';
import type { ControlClient } from '../control/client.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { defaultDeskFolder, neededDeskFolder } from './data-folder.ts';
import { deskPassphrase, type PassphraseOptions } from './passphrase.ts';
import { upLike } from './repeat-call.ts';

/** The options of every command for a running desk. */
export interface DeskOptions {
  readonly dataDir?: string;
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
  // Not the usual place: a script whose variable is empty would be about another desk.
  if (dataDir === '') throw new GrapevineError('ERR_USAGE', '--data-dir: must be the name of a folder');
  const said = dataDir ?? env['GRAPEVINE_DATA_DIR'] ?? '';
  if (said !== '') return folderAt(said);
  if ((env['GRAPEVINE_CONFIG'] ?? '') === '') return neededDeskFolder();
  const { loadSettings } = await import('../config/load-settings.ts');
  return loadSettings({ flags: {}, env, defaultDataDir: defaultDeskFolder() }).settings.dataDir;
}

/** A folder that does not exist belongs to a desk that is not running. */
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

/** How to start the desk that this command was for. */
function withStartHint(error: unknown, options: DeskOptions): unknown {
  if (!(error instanceof GrapevineError) || error.code !== 'ERR_DESK_NOT_RUNNING') return error;
  return new GrapevineError(error.code, `${error.message}; start it with: ${upLike(options)}`, { cause: error });
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
  const noted = async <Answer>(asked: Promise<Answer>): Promise<Answer> => {
    const answer = await asked;
    answers.count += 1;
    return answer;
  };
  try {
    return await withDesk(options, (client) =>
      ask({
        offers: (query) => noted(client.offers(query)),
        deals: (query) => noted(client.deals(query)),
        story: (id, maker) => noted(client.story(id, maker)),
        receipt: (id, maker) => noted(client.receipt(id, maker)),
      }),
    );
  } catch (error) {
    const dataDir = await deskFolderOf(options);
    const isStopped = error instanceof GrapevineError && error.code === 'ERR_DESK_NOT_RUNNING';
    if (!isStopped || answers.count > 0 || !hasJournal(dataDir)) throw error;
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

/** Runs `work` with a running desk, or `other` on its folder if none is running. */
export async function ifNotRunning<Result, Other>(
  asked: Promise<Result>,
  otherwise: () => Promise<Other>,
): Promise<Result | Other> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof GrapevineError && error.code === 'ERR_DESK_NOT_RUNNING') return otherwise();
    throw error;
  }
}
