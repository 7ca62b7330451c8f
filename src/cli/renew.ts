/** `grapevine renew`: makes the same offer again, with a new validity. */
import { Command } from 'commander';
import { addDeskOptions, withDesk, type DeskOptions } from './desk-client.ts';
import { termsText } from '../text/offer-text.ts';
import { readId, readValidity } from './option-readers.ts';
import { printResult } from './print.ts';

export function createCommand(): Command {
  const command = new Command('renew')
    .argument('<id>', 'of an own offer that nobody has or whose deal has failed, or the beginning of it', readId)
    .option(
      '--valid-for <time>',
      'how long it is valid, like 90s, 10m or 2h (default: as long as before)',
      readValidity,
    );
  return addDeskOptions(command)
    .addHelpText('after', '\nExample:\n  grapevine renew 52934961 --valid-for 1h')
    .action(async (id: string, options: DeskOptions & { readonly validFor?: number }) => {
      const how = options.validFor === undefined ? {} : { validForMs: options.validFor };
      const offer = await withDesk(options, (client) => client.renew(id, how));
      printResult(options.json, offer, () => `${offer.offerId}\nYou offer again to ${termsText(offer)}.`);
    });
}
