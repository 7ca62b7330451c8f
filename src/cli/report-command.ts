/** The common part of `grapevine done` and `grapevine fail`, which report the result of a deal. */
import { Command } from 'commander';
import type { Offer } from '../control/contract.ts';
import { addDeskOptions, withDesk, type DeskOptions } from './desk-client.ts';
import { detailsOption, readDetailsOption, type DetailsOptions } from './details-option.ts';
import { makerOption, readId, type MakerOption } from './option-readers.ts';
import { printResult } from './print.ts';

type ReportOptions = DeskOptions & MakerOption & DetailsOptions;

/** @param what what the details usually contain, for the help */
export function reportCommand(name: 'done' | 'fail', what: string, example: string): Command {
  const command = new Command(name)
    .argument('<id>', 'of the offer of the deal, or the beginning of it', readId)
    .addOption(detailsOption(what))
    .addOption(makerOption());
  return addDeskOptions(command)
    .addHelpText(
      'after',
      '\nBoth sides of a deal may report, each once; what was reported is final. The other side is told until it has ' +
        `acknowledged it.\n\nExamples:\n  grapevine ${name} 52934961\n  grapevine ${name} 52934961 ${example}`,
    )
    .action((id: string, options: ReportOptions) => runReport(id, name === 'done' ? 'done' : 'failed', options));
}

async function runReport(id: string, result: 'done' | 'failed', options: ReportOptions): Promise<void> {
  const { maker, json } = options;
  const report = { result, maker, details: readDetailsOption(options) };
  const offer = await withDesk(options, (client) => client.report(id, report));
  printResult(json, offer, () => reportedText(offer, result));
}

function reportedText({ offerId, role }: Offer, result: string): string {
  return `You reported offer ${offerId} as ${result}; its ${role === 'maker' ? 'taker' : 'maker'} is told.`;
}
