/** `grapevine backup`: copies a desk's journal, also while the desk is running. */
import { Command } from 'commander';
import { resolve } from 'node:path';
import { addDeskOptions, deskFolderOf, ifNotRunning, withDesk, type DeskOptions } from './desk-client.ts';
import { printResult } from './print.ts';

export function createCommand(): Command {
  const command = new Command('backup').argument('<file>', 'where to; a file that exists is never replaced');
  return addDeskOptions(command)
    .addHelpText(
      'after',
      '\nKeep identity.key of that folder with it: a journal is of no use without its key. A desk that is started on a' +
        '\nrestored copy voids what was not final in it, so that nothing is awarded again that the copy has forgotten.' +
        '\n\nExample:\n  grapevine backup ./desk-monday.db --data-dir ./desk',
    )
    .action(async (name: string, options: DeskOptions) => {
      const file = resolve(name);
      // A running desk knows when its journal is consistent.
      await ifNotRunning(
        withDesk(options, (client) => client.backup(file)),
        async () => (await import('../composition/back-up.ts')).backUp(await deskFolderOf(options), file),
      );
      printResult(options.json, { file }, () => `Copied to ${name}.`);
    });
}
