/** `grapevine deals`: lists deals and possible deals. */
import { Command } from 'commander';
import { GrapevineError } from '../protocol/errors.ts';
import type { Deal } from '../control/contract.ts';
import { dealsCsv } from '../text/deal-text.ts';
import { addDeskOptions, readDesk, type DeskOptions, type DeskReader } from './desk-client.ts';
import { readTime } from './option-readers.ts';
import { printJson, printText } from './print.ts';
import { hasOutputEnded, outputDrained, writeOutput } from './standard-output.ts';
import { screenOf } from './terminal.ts';

interface DealsOptions extends DeskOptions {
  readonly inDoubt?: boolean;
  readonly open?: boolean;
  readonly failed?: boolean;
  readonly since?: number;
  readonly until?: number;
  readonly csv?: boolean;
}

export function createCommand(): Command {
  const command = new Command('deals')
    .option('--in-doubt', 'only deals in doubt: their outcome is not known yet')
    .option('--open', 'only those that no side has reported on')
    .option('--failed', 'only those that one side has reported as failed')
    .option('--since <when>', 'not older than this: a time ago like 24h, or a date like 2026-11-24', readTimeOption)
    .option('--until <when>', 'older than this: a time ago, or a date (its start, local time)', readTimeOption)
    .option('--csv', 'comma-separated values with a line of names, for spreadsheets');
  return addDeskOptions(command, 'one JSON object a line, a deal each')
    .addHelpText(
      'after',
      '\nExamples:\n  grapevine deals --since 24h\n  grapevine deals --csv --since 2026-11-01 --until 2026-12-01 > november.csv',
    )
    .action(runDeals);
}

/** Without the second argument, which commander passes to each reader. */
function readTimeOption(text: string): number {
  return readTime(text);
}

async function runDeals(options: DealsOptions): Promise<void> {
  if (options.csv === true && options.json === true) {
    throw new GrapevineError('ERR_USAGE', 'use --csv or --json, not both');
  }
  if ([options.inDoubt, options.open, options.failed].filter((flag) => flag === true).length > 1) {
    throw new GrapevineError('ERR_USAGE', 'use only one of --in-doubt, --open and --failed');
  }
  const { json, csv, inDoubt } = options;
  if (json === true || csv === true) {
    // Printed page by page, so that a long history needs no memory.
    let hasNames = false;
    await readDesk(options, async (client) => {
      for await (const deals of dealPages(client, options)) {
        if (json === true) for (const deal of deals) printJson(deal);
        else
          for (const line of dealsCsv(deals)
            .split('\r\n')
            .slice(hasNames ? 1 : 0))
            writeOutput(`${line}\r\n`);
        hasNames = true;
        await outputDrained();
        if (hasOutputEnded()) return;
      }
    });
    return;
  }
  const deals = await readDesk(options, (client) => allDeals(client, options));
  if (deals.length === 0) printText(inDoubt === true ? 'Nothing is in doubt.' : 'No deals.');
  else printText((await import('./tables.ts')).dealsTable(deals, screenOf(), Date.now()));
}

async function allDeals(client: DeskReader, which: DealsOptions): Promise<readonly Deal[]> {
  const deals: Deal[] = [];
  for await (const page of dealPages(client, which)) deals.push(...page);
  return deals;
}

/** Small pages, so that the desk can answer other requests in between. */
const PAGE_DEALS = 250;

async function* dealPages(client: DeskReader, which: DealsOptions): AsyncGenerator<readonly Deal[]> {
  const { inDoubt, open, failed, since, until } = which;
  const result = open === true ? 'open' : failed === true ? 'failed' : undefined;
  let after: string | undefined;
  do {
    const page = await client.deals({ inDoubt, result, since, until, after, limit: PAGE_DEALS });
    yield page.deals;
    after = page.next ?? undefined;
  } while (after !== undefined);
}
