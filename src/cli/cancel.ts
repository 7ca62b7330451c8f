/** `grapevine cancel`: cancels an own offer. */
import { Command } from 'commander';
import { addDeskOptions, withDesk, type DeskOptions } from './desk-client.ts';
import { readId } from './option-readers.ts';
import { printResult } from './print.ts';

export function createCommand(): Command {
  const command = new Command('cancel').argument('<id>', 'of the offer, or the beginning of it', readId);
  return addDeskOptions(command)
    .addHelpText('after', '\nExample:\n  grapevine cancel 52934961')
    .action(async (id: string, options: DeskOptions) => {
      const offer = await withDesk(options, (client) => client.cancel(id));
      printResult(options.json, offer, () => `Offer ${offer.offerId} is cancelled: nobody gets it.`);
    });
}
