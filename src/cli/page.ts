/** `grapevine page`: prints a link that opens the page of a running desk. */
import { Command } from 'commander';
import { addDeskOptions, withDesk, type DeskOptions } from './desk-client.ts';
import { printResult } from './print.ts';

export function createCommand(): Command {
  const command = new Command('page');
  return addDeskOptions(command)
    .addHelpText(
      'after',
      '\nThe desk must have been started with --page. A new link replaces an earlier one that was not used; browsers with the' +
        '\npage open keep it.\n\nExample:\n  grapevine page --data-dir ./desk',
    )
    .action(async (options: DeskOptions) => {
      const url = await withDesk(options, (client) => client.page());
      printResult(options.json, { url }, () => url);
    });
}
