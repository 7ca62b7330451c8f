/** `grapevine deals`: what became a deal, and what may have. */
import { Command } from 'commander';
import { GrapevineError } from '../protocol/errors.ts';
import type { ControlClient } from '../control/client.ts';
import type { Deal } from '../control/contract.ts';
import { dealsCsv } from '../text/deal-text.ts';
import { addDeskOptions, withDesk, type DeskOptions } from './desk-client.ts';
import { readSince } from './option-readers.ts';
import { printJson, printText } from './print.ts';
import { screenOf } from './terminal.ts';

interface DealsOptions extends DeskOptions {
  readonly inDoubt?: boolean;
  readonly since?: number;
  readonly csv?: boolean;
}

export function dealsCommand(): Command {
  const command = new Command('deals')
    .option('--in-doubt', 'only what is in doubt: a deal or not, nobody here knows yet')
    .option('--since <when>', 'not older: a time ago like 24h, or a date like 2026-11-24', (text) => readSince(text))
    .option('--csv', 'comma-separated values with a line of names, for spreadsheets');
  return addDeskOptions(command, 'one JSON object a line, a deal each')
    .addHelpText('after', '\nExamples:\n  grapevine deals --since 24h\n  grapevine deals --csv > deals.csv')
    .action(runDeals);
}

async function runDeals(options: DealsOptions): Promise<void> {
  if (options.csv === true && options.json === true) {
    throw new GrapevineError('ERR_USAGE', 'either --csv or --json');
  }
  const deals = await withDesk(options, (client) => allDeals(client, options));
  if (options.json === true) for (const deal of deals) printJson(deal);
  else if (options.csv === true) printText(dealsCsv(deals));
  else if (deals.length === 0) printText(options.inDoubt === true ? 'Nothing is in doubt.' : 'No deals.');
  else printText((await import('./deal-text.ts')).dealsTable(deals, screenOf(), Date.now()));
}

async function allDeals(client: ControlClient, { inDoubt, since }: DealsOptions): Promise<readonly Deal[]> {
  const deals: Deal[] = [];
  for (;;) {
    const page = await client.deals({ inDoubt, since, offset: deals.length });
    deals.push(...page.deals);
    if (page.deals.length === 0 || deals.length >= page.total) return deals;
  }
}
