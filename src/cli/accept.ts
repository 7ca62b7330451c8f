/** `grapevine accept`: accepts another desk's offer; `--wait` shows the outcome. */
import { Command } from 'commander';
import type { Offer } from '../control/contract.ts';
import { addDeskOptions, withDesk, type DeskOptions } from './desk-client.ts';
import { waitForDeal } from './follow-offer.ts';
import { shortId } from '../text/short-ids.ts';
import { termsText } from '../text/offer-text.ts';
import { makerOption, readId, readDecimal, type MakerOption } from './option-readers.ts';
import { printResult } from './print.ts';

interface AcceptOptions extends DeskOptions, MakerOption {
  readonly price?: string;
  readonly wait?: boolean;
}

export function createCommand(): Command {
  const command = new Command('accept')
    .argument('<id>', 'of the offer, or the beginning of it', readId)
    .option('--price <decimal>', "your bid (default: the offer's price)", readDecimal)
    .option('--wait', 'show the events until the offer has ended; exit code 0 for a deal, else 1')
    .addOption(makerOption());
  return addDeskOptions(command, 'one JSON object; with --wait also each event, one a line')
    .addHelpText(
      'after',
      '\nAn acceptance reserves nothing: whether you get it, the maker decides. Ctrl-C ends the waiting, not the acceptance.' +
        '\nWhat you withdrew or gave up can be accepted again while it is valid.' +
        '\n\nExamples:\n  grapevine accept 52934961 --wait\n  grapevine accept 52934961 --price 8050',
    )
    .action(runAccept);
}

async function runAccept(id: string, options: AcceptOptions): Promise<void> {
  const { price, wait, json, maker } = options;
  await withDesk(options, async (client) => {
    const { cursor } = await client.desk();
    // If the offer is unknown or ambiguous, the acceptance reports that.
    const before = await client.offer(id, maker).catch(() => null);
    const offer = await client.accept(id, { unitPrice: price, maker });
    printResult(json, offer, () => `${offer.offerId}\n${acceptedText(offer, before?.phase, options)}`);
    // An offer that we had before gets no further events.
    if (wait === true && before?.phase !== 'won') await waitForDeal(client, offer, cursor, json);
  });
}

function acceptedText(offer: Offer, before: Offer['phase'] | undefined, { price, wait }: AcceptOptions): string {
  // The desk acknowledges this too. Nothing changes, and a bid has no effect.
  if (before === 'won') return `This deal is yours already: to ${termsText(offer)}.`;
  const bid = price === undefined ? '' : `, with a bid of ${price}`;
  const hint = `\nThis is not a deal yet: its maker decides. See: grapevine explain ${shortId(offer.offerId)}`;
  return `You accept the offer to ${termsText(offer)}${bid}.${againText(before)}${wait === true ? '' : hint}`;
}

function againText(phase: Offer['phase'] | undefined): string {
  if (phase === 'withdrawn') return ' You had withdrawn your acceptance; this is a new one.';
  return phase === 'gaveUp' ? ' You had given it up; this is a new acceptance.' : '';
}
