/** `grapevine offers`: shows the offers that this desk knows. */
import { Argument, Command, Option } from 'commander';
import type { Offer, QueryOf } from '../control/contract.ts';
import type { OfferType } from '../index.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { addDeskOptions, readDesk, type DeskOptions, type DeskReader } from './desk-client.ts';
import { offerPage } from '../text/offer-page.ts';
import { makerOption, readId, readPair, type MakerOption } from './option-readers.ts';
import { printJson, printResult, printText } from './print.ts';
import { screenOf } from './terminal.ts';

interface OffersOptions extends DeskOptions, MakerOption {
  readonly mine?: boolean;
  readonly all?: boolean;
  readonly ids?: boolean;
  readonly pair?: string;
  readonly type?: OfferType;
  readonly sort: 'price' | 'amount' | 'age' | 'validity';
}

export function createCommand(): Command {
  const command = new Command('offers')
    .addArgument(new Argument('[id]', 'of one offer, or the beginning of it: shows all of it').argParser(readId))
    .option('--mine', 'only those of this desk')
    .option('--all', 'also those that have ended')
    .option('--ids', 'only their ids, one a line, for shell completion')
    .option('--pair <name>', 'only of this pair', readPair)
    .addOption(new Option('--type <type>', 'only of this type').choices(['buy', 'sell', 'job']))
    .addOption(makerOption())
    .addOption(
      new Option(
        '--sort <by>',
        'price: lowest first; amount: largest first; age: newest first; validity: first to expire',
      )
        .choices(['price', 'amount', 'age', 'validity'])
        .default('age'),
    );
  return addDeskOptions(command, 'one JSON object a line, an offer each')
    .addHelpText(
      'after',
      '\nExamples:\n  grapevine offers --pair BTC/USD --type sell --sort price\n  grapevine offers --mine --all --json' +
        '\n  grapevine offers 52934961',
    )
    .action(runOffers);
}

async function runOffers(id: string | undefined, options: OffersOptions): Promise<void> {
  if (options.ids === true && options.json === true)
    throw new GrapevineError('ERR_USAGE', 'use --ids or --json, not both');
  const { mine, all, ids, pair, type, maker, sort } = options;
  if (id !== undefined) {
    if ([mine, ids, pair, type].some((filter) => filter !== undefined))
      throw new GrapevineError('ERR_USAGE', '--mine, --ids, --pair and --type are for the list, not for one offer');
    const { offer } = await readDesk(options, (desk) => desk.story(id, maker));
    printResult(options.json, offer, () => offerPage(offer, Date.now()));
    return;
  }
  const offers = await readDesk(options, (client) => allOffers(client, { mine, all, pair, type, maker, sort }));
  if (ids === true) printText(offers.map(({ offerId }) => offerId).join('\n'));
  else if (options.json === true) for (const offer of offers) printJson(offer);
  else if (offers.length === 0) printText('No offers.');
  else printText((await import('./tables.ts')).offersTable(offers, screenOf(), Date.now()));
}

type Which = Omit<QueryOf<'offers'>, 'after' | 'offset' | 'limit'>;

/** Page by page: there may be more offers than one answer can hold. */
export async function allOffers(client: DeskReader, which: Which): Promise<Offer[]> {
  const offers: Offer[] = [];
  let after: string | undefined;
  do {
    const page = await client.offers(after === undefined ? which : { after });
    offers.push(...page.offers);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return offers;
}
