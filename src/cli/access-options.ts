/** Which desks to deal with: `--allow`, `--deny` and their files, which are read again when they change. */
import type { Command } from 'commander';
import type { AccessLists } from '../config/desk-list.ts';
import { accessListsOf, type AccessSettings } from '../config/load-settings.ts';
import type { Log } from '../index.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { deskIdFromText } from '../wire/names.ts';
import { followFiles } from './follow-files.ts';
import { withArgumentError } from './option-readers.ts';

type DeskIds = NonNullable<AccessSettings['allow']>;

export interface AccessOptions {
  readonly allow?: DeskIds;
  readonly allowFile?: string;
  readonly deny?: DeskIds;
  readonly denyFile?: string;
}

export function accessSettings({ allow, allowFile, deny, denyFile }: AccessOptions): AccessSettings {
  return { allow: allow ?? null, allowFile: allowFile ?? null, deny: deny ?? [], denyFile: denyFile ?? null };
}

export function accessFiles({ allowFile, denyFile }: AccessSettings): readonly string[] {
  return [allowFile, denyFile].filter((file) => file !== null);
}

function collectIds(text: string, before: DeskIds | undefined): DeskIds {
  return [...(before ?? []), withArgumentError(() => deskIdFromText(text))];
}

export function addAccessOptions(command: Command): Command {
  return command
    .option('--allow <id>', 'deal only with this desk and others that are allowed; may be repeated', collectIds)
    .option('--allow-file <file>', 'the same from a file, one id a line; read again when it changes')
    .option('--deny <id>', "don't deal with this desk; may be repeated", collectIds)
    .option('--deny-file <file>', 'the same from a file');
}

/**
 * Watches the files while the desk runs. If one becomes invalid, the lists stay as they are, with a warning.
 * @returns a function that stops watching
 */
export function followAccess(settings: AccessSettings, apply: (lists: AccessLists) => void, log: Log): () => void {
  const files = accessFiles(settings);
  if (files.length === 0) return () => undefined;
  const changed = (): void => {
    try {
      apply(accessListsOf(settings));
      log.write('info', 'access.changed', { files });
    } catch (error) {
      if (!(error instanceof GrapevineError)) throw error;
      log.write('warn', 'access.unchanged', { reason: error.toString() });
    }
  };
  return followFiles(() => files, changed);
}
