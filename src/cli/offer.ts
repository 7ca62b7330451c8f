/** `grapevine offer`: offers to buy or sell something or to have a job done; `--wait` shows the outcome. */
import { Argument, Command, Option } from 'commander';
import type { OfferType } from '../index.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { ControlClient } from '../control/client.ts';
import type { Offer } from '../control/contract.ts';
import { addDeskOptions, withDesk, type DeskOptions } from './desk-client.ts';
import { assertDeal, waitForDeal } from './follow-offer.ts';
import { hasEnded } from '../control/contract/ended-phases.ts';
import { termsText } from '../text/offer-text.ts';
import { detailsOption, readDetailsOption, type DetailsOptions } from './details-option.ts';
import {
  collect,
  countReader,
  readAmount,
  readDecimal,
  readDuration,
  isNamedBy,
  readId,
  readPair,
  readValidity,
} from './option-readers.ts';
import { printResult } from './print.ts';

interface OfferOptions extends DeskOptions, DetailsOptions {
  readonly amount?: string;
  readonly price?: string;
  readonly validFor?: number;
  readonly to?: readonly string[];
  readonly award: 'first' | 'best' | 'manual';
  readonly window?: number;
  readonly reference?: string;
  readonly doneWithin?: number;
  readonly ifFailed?: 'renew';
  readonly attempts?: number;
  readonly excludeFailed?: boolean;
  readonly wait?: boolean;
}

export function createCommand(): Command {
  const command = addReportOptions(
    new Command('offer')
      .addArgument(new Argument('<type>', 'what you want to do').choices(['buy', 'sell', 'job']))
      .argument(
        '[amount]',
        'how much, exactly as typed (default for a job: 1; what is to be done goes into --details)',
        readAmount,
      )
      .argument('[pair]', 'of what, like BTC/USD; a job may have none', readPair)
      .option('--amount <decimal>', 'of a job without arguments: how much (default: 1)', readAmount)
      .option('--price <decimal>', 'unit price, exactly as typed', readDecimal)
      .option('--valid-for <time>', 'how long it is valid, like 90s, 10m or 2h (default: 10m)', readValidity)
      .option('--to <desk>', 'only for this desk; repeat it for more desks', collectIds)
      .addOption(
        new Option(
          '--award <policy>',
          'who gets it: the first to accept, the best bid in the --window, or the desk that you choose',
        )
          .choices(['first', 'best', 'manual'])
          .default('first'),
      )
      .option('--window <time>', 'with --award best: how long bids are collected, like 10s', readDuration)
      .addOption(detailsOption('what exactly is offered, for its taker'))
      .option('--reference <name>', 'your own name for it; using it again returns the existing offer'),
  ).option('--wait', 'show the events until the offer has ended; exit code 0 for a deal, else 1');
  return addDeskOptions(command, 'one JSON object; with --wait also each event, one a line')
    .addHelpText(
      'after',
      '\nPrints the id as soon as the offer is in the journal. Ctrl-C ends the waiting, not the offer.' +
        '\n\nExamples:\n  grapevine offer buy 1 BTC/USD --price 8000' +
        '\n  grapevine offer sell 0.25 BTC/USD --price 8100.5 --valid-for 2h --award best --window 30s --wait' +
        '\n  grapevine offer sell 5 ETH/USD --price 300 --to 118fadec --json' +
        '\n  grapevine offer job --details @job.json --reference nightly-2026-11-26 --done-within 1h --if-failed renew',
    )
    .action(runOffer);
}

/** Options about the taker's report. */
function addReportOptions(command: Command): Command {
  return command
    .option('--done-within <time>', 'how long the winner may take to report after the award, like 1h', readDuration)
    .addOption(
      new Option('--if-failed <what>', 'renew: offer it again when the deal fails or is overdue').choices(['renew']),
    )
    .option(
      '--attempts <number>',
      'with --if-failed: how often it is offered in all (default: 3)',
      countReader(2, LIMITS.attemptsMax),
    )
    .option('--exclude-failed', 'with --if-failed: a desk that has failed does not get it again');
}

function collectIds(text: string, before?: readonly string[]): readonly string[] {
  return collect(readId(text), before);
}

type Draft = Parameters<ControlClient['announce']>[0];

async function runOffer(
  type: OfferType,
  amount: string | undefined,
  pair: string | undefined,
  options: OfferOptions,
): Promise<void> {
  const { wait, json } = options;
  const draft = draftOf(type, amount, pair, options);
  await withDesk(options, async (client) => {
    const to = options.to === undefined ? undefined : await desksFrom(client, options.to);
    const { cursor } = await client.desk();
    const offer = await client.announce({ ...draft, to });
    printResult(json, offer, () => `${offer.offerId}\n${announcedText(offer)}`);
    if (wait !== true) return;
    // An offer that was made before and has ended gets no further events.
    if (hasEnded(offer)) assertDeal(offer);
    else await waitForDeal(client, offer, cursor, json);
  });
}

/** @throws GrapevineError ERR_USAGE for options that exclude each other, before any request */
function draftOf(
  type: OfferType,
  amountArgument: string | undefined,
  pair: string | undefined,
  options: OfferOptions,
): Draft {
  const { price, validFor, award, window, reference, doneWithin, ifFailed, attempts, excludeFailed } = options;
  if (amountArgument !== undefined && options.amount !== undefined) throw usage('the amount is given twice');
  const amount = amountArgument ?? options.amount;
  if (type !== 'job') {
    if (amount === undefined) throw usage("missing required argument 'amount'");
    if (pair === undefined) throw usage("missing required argument 'pair'");
    if (price === undefined) throw usage("required option '--price <decimal>' not specified");
  }
  if ((award === 'best') !== (window !== undefined)) {
    throw usage('--award best and --window go together: --window is how long bids are collected');
  }
  if (ifFailed === undefined && (attempts !== undefined || excludeFailed !== undefined)) {
    throw usage('--attempts and --exclude-failed need --if-failed renew');
  }
  if (ifFailed !== undefined && reference === undefined) throw usage('--if-failed needs a --reference');
  const plan = { reference, doneWithinMs: doneWithin, ifFailed, attempts, excludeFailed };
  const details = readDetailsOption(options);
  return { type, amount, pair, unitPrice: price, validForMs: validFor, windowMs: window, award, details, ...plan };
}

function usage(text: string): GrapevineError {
  return new GrapevineError('ERR_USAGE', text);
}

/** With a reference, it may be an offer that was made before. */
function announcedText(offer: Offer): string {
  const text = `You offer to ${termsText(offer)}.`;
  return hasEnded(offer) ? `${text} It was made before under this reference, and has ended: ${offer.phase}.` : text;
}

const WHOLE_ID = /^[0-9a-f]{64}$/;

/** Full ids are used as they are; prefixes are looked up among the known desks. */
async function desksFrom(client: ControlClient, texts: readonly string[]): Promise<string[]> {
  const known = texts.every((text) => WHOLE_ID.test(text)) ? [] : await client.peers();
  return texts.map((text) => {
    if (WHOLE_ID.test(text)) return text;
    const named = known.filter(({ id }) => isNamedBy(id, text));
    const [found, second] = named;
    if (found !== undefined && second === undefined) return found.id;
    const problem =
      found === undefined
        ? 'no known desk has an id that begins with this'
        : `several desks have an id that begins with this: ${named.map(({ id }) => id).join(', ')}`;
    throw new GrapevineError('ERR_USAGE', `--to ${text}: ${problem}; "grapevine peers" shows the known ones`);
  });
}
