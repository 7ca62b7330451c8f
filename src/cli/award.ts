/** `grapevine award`: chooses the taker of an own offer with the award policy `manual`. */
import { Command } from 'commander';
import type { Offer } from '../control/contract.ts';
import { addDeskOptions, withDesk, type DeskOptions } from './desk-client.ts';
import { shortId } from '../text/short-ids.ts';
import { waitForDeal } from './follow-offer.ts';
import { readId } from './option-readers.ts';
import { printResult } from './print.ts';

export function createCommand(): Command {
  const command = new Command('award')
    .argument('<id>', 'of the offer, or the beginning of it', readId)
    .argument('<desk>', 'that has accepted it, or the beginning of its id', readId)
    .option('--wait', 'show the events until the offer has ended; exit code 0 for a deal, else 1');
  return addDeskOptions(command, 'one JSON object; with --wait also each event, one a line')
    .addHelpText(
      'after',
      '\nThe desk is asked to confirm; the deal is made when it does. "grapevine explain ID" shows who has accepted.' +
        '\n\nExample:\n  grapevine award 52934961 48d904af',
    )
    .action(runAward);
}

async function runAward(id: string, desk: string, options: DeskOptions & { readonly wait?: boolean }): Promise<void> {
  const { json, wait } = options;
  await withDesk(options, async (client) => {
    const { cursor, id: maker } = await client.desk();
    const before = await client.offer(id, maker).catch(() => null);
    const offer = await client.award(id, desk);
    printResult(json, offer, () => chosenText(offer, desk));
    // An offer that was awarded before gets no further events.
    if (wait === true && before?.phase !== 'awarded') await waitForDeal(client, offer, cursor, json);
  });
}

function chosenText({ offerId, phase, taker }: Offer, desk: string): string {
  const who = shortId(taker ?? desk);
  return phase === 'awarded'
    ? `Offer ${offerId} is awarded to ${who}.`
    : `Offer ${offerId} is held for ${who}, which is asked to confirm; the deal is made when it does.`;
}
