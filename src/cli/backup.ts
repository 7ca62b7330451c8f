/** `grapevine backup`: a copy of a desk's journal, also while the desk is running. */
import { Command } from 'commander';
import { backUp } from '../index.ts';

interface BackupOptions {
  readonly dataDir: string;
  readonly json?: boolean;
}

export function backupCommand(): Command {
  return new Command('backup')
    .description("write a copy of a desk's journal, also while the desk is running")
    .argument('<file>', 'where to; a file that exists is never replaced')
    .requiredOption('--data-dir <folder>', 'folder of the desk')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      "\nKeep identity.key of that folder with it: a journal without its key is nobody's. A desk that is started on a" +
        '\nrestored copy voids what was not final in it, so that nothing is awarded again that the copy has forgotten.' +
        '\n\nExample:\n  grapevine backup ./desk-monday.db --data-dir ./desk',
    )
    .action(async (file: string, { dataDir, json }: BackupOptions) => {
      await backUp(dataDir, file);
      process.stdout.write(json === true ? `${JSON.stringify({ file })}\n` : `Copied to ${file}.\n`);
    });
}
