/** `grapevine withdraw`: withdraws an acceptance. */
import { Command } from 'commander';
import { addDeskOptions, withDesk, type DeskOptions } from './desk-client.ts';
import { makerOption, readId, type MakerOption } from './option-readers.ts';
import { printResult } from './print.ts';

export function createCommand(): Command {
  const command = new Command('withdraw')
    .argument('<id>', 'of the offer, or the beginning of it', readId)
    .addOption(makerOption());
  return addDeskOptions(command)
    .addHelpText('after', '\nExample:\n  grapevine withdraw 52934961')
    .action(async (id: string, options: DeskOptions & MakerOption) => {
      const offer = await withDesk(options, (client) => client.withdraw(id, options.maker));
      printResult(options.json, offer, () => `Your acceptance of offer ${offer.offerId} is withdrawn.`);
    });
}
