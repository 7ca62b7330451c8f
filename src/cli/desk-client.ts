/** Which desk a command is for, and the way to it. */
import { Option, type Command } from 'commander';
import { statSync } from 'node:fs';
import { hasJournal } from '../composition/has-journal.ts';
import type { ControlClient } from '../control/client.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { defaultDeskFolder, neededDeskFolder } from './data-folder.ts';
import { deskPassphrase, type PassphraseOptions } from './passphrase.ts';
import { upLike } from './repeat-call.ts';

/** What every command that works with a running desk has. */
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
 * The same folder that `up` takes with the same flag and environment. A config file is looked at only when the environment
 * names one: what is wrong in the one of a desk that is running is no reason to refuse a command.
 */
export async function deskFolderOf({ dataDir }: DeskOptions, env = process.env): Promise<string> {
  const said = dataDir ?? env['GRAPEVINE_DATA_DIR'] ?? '';
  if (said !== '') return folderAt(said);
  if ((env['GRAPEVINE_CONFIG'] ?? '') === '') return neededDeskFolder();
  const { loadSettings } = await import('../config/load-settings.ts');
  return loadSettings({ flags: {}, env, defaultDataDir: defaultDeskFolder() }).settings.dataDir;
}

/** One that is not there yet is the folder of a desk that does not run. */
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

/** Works with the desk of that folder, and closes the way to it. */
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

/** How to start the desk that this command was for, and no other. */
function withStartHint(error: unknown, options: DeskOptions): unknown {
  if (!(error instanceof GrapevineError) || error.code !== 'ERR_DESK_NOT_RUNNING') return error;
  return new GrapevineError(error.code, `${error.message}; start it with: ${upLike(options)}`, { cause: error });
}

/** What can be asked of a desk that is running, and as well of the folder of one that is not. */
export type DeskReader = Pick<ControlClient, 'offers' | 'deals' | 'story' | 'receipt'>;

/**
 * The same questions to a desk that is running, or else to its journal. A desk that stops between two answers is an error:
 * what was printed before would be printed again.
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

/** What can be done on the folder as well, when no desk is running in it. */
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
