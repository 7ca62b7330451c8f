/** `grapevine award`: chooses who gets an own offer whose award is `manual`. */
import { Command } from 'commander';
import type { Offer } from '../control/contract.ts';
import { addDeskOptions, withDesk, type DeskOptions } from './desk-client.ts';
import { short } from '../text/describe.ts';
import { readId } from './option-readers.ts';
import { printResult } from './print.ts';

export function awardCommand(): Command {
  const command = new Command('award')
    .argument('<id>', 'of the offer, or the beginning of it', readId)
    .argument('<desk>', 'that has accepted it, or the beginning of its id', readId);
  return addDeskOptions(command)
    .addHelpText(
      'after',
      '\nThe desk is asked to confirm; the deal is made when it has. "grapevine explain ID" shows who has accepted.' +
        '\n\nExample:\n  grapevine award 52934961 48d904af',
    )
    .action(async (id: string, desk: string, options: DeskOptions) => {
      const offer = await withDesk(options, (client) => client.award(id, desk));
      printResult(options.json, offer, () => chosenText(offer, desk));
    });
}

function chosenText({ offerId, phase, taker }: Offer, desk: string): string {
  const who = short(taker ?? desk);
  return phase === 'awarded'
    ? `Offer ${offerId} is awarded to ${who}.`
    : `Offer ${offerId} is held for ${who}, which is asked to confirm.`;
}
