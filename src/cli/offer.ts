/** `grapevine offer`: offers something, and with `--wait` shows what becomes of it. */
import { Argument, Command, Option } from 'commander';
import type { OfferType } from '../index.ts';
import { GrapevineError } from '../protocol/errors.ts';
import type { ControlClient } from '../control/client.ts';
import type { ControlEvent, Offer } from '../control/contract.ts';
import { addDeskOptions, withDesk, type DeskOptions } from './desk-client.ts';
import { eventLine } from '../text/event-text.ts';
import { assertDeal, followOffer } from './follow-offer.ts';
import { termsText } from '../text/offer-text.ts';
import { collect, readAmount, readDecimal, readDuration, readId, readPair, readValidity } from './option-readers.ts';
import { followReader } from './output-reader.ts';
import { whenOutputEnds } from './standard-output.ts';
import { printJson, printResult, printText } from './print.ts';

interface OfferOptions extends DeskOptions {
  readonly price?: string;
  readonly validFor?: number;
  readonly to?: readonly string[];
  readonly award: 'first' | 'best' | 'manual';
  readonly window?: number;
  readonly wait?: boolean;
}

export function offerCommand(): Command {
  const command = new Command('offer')
    .addArgument(new Argument('<type>', 'what you want to do').choices(['buy', 'sell']))
    .argument('<amount>', 'how much, exactly as typed', readAmount)
    .argument('<pair>', 'of what, like BTC/USD', readPair)
    .option('--price <decimal>', 'unit price, exactly as typed', readDecimal)
    .option('--valid-for <time>', 'how long it is valid, like 90s, 10m or 2h (default: 10m)', readValidity)
    .option('--to <desk>', 'for this desk alone; several', (text: string, before?: readonly string[]) =>
      collect(readId(text), before),
    )
    .addOption(
      new Option('--award <policy>', 'who gets it: who comes first, the best bid in the --window, or whom you say')
        .choices(['first', 'best', 'manual'])
        .default('first'),
    )
    .option('--window <time>', 'with --award best: how long bids are collected, like 10s', readDuration)
    .option('--wait', 'show what happens, until it has ended; exit code 0 for a deal, 1 for none');
  return addDeskOptions(command, 'one JSON object; with --wait also each event, one a line')
    .addHelpText(
      'after',
      '\nPrints the id as soon as the offer is written down. Ctrl-C ends the waiting, not the offer.' +
        '\n\nExamples:\n  grapevine offer buy 1 BTC/USD --price 8000' +
        '\n  grapevine offer sell 0.25 BTC/USD --price 8100.5 --valid-for 2h --award best --window 30s --wait' +
        '\n  grapevine offer sell 5 ETH/USD --price 300 --to 118fadec --json',
    )
    .action(runOffer);
}

async function runOffer(type: OfferType, amount: string, pair: string, options: OfferOptions): Promise<void> {
  const { price, validFor, award, window, wait, json } = options;
  // Asked for here, so that what is wrong with the words before it is said first.
  if (price === undefined) throw new GrapevineError('ERR_USAGE', "required option '--price <decimal>' not specified");
  if ((award === 'best') !== (window !== undefined)) {
    throw new GrapevineError(
      'ERR_USAGE',
      '--award best and --window belong together: say for how long bids are collected',
    );
  }
  await withDesk(options, async (client) => {
    const to = options.to === undefined ? undefined : await desksFrom(client, options.to);
    const { cursor } = await client.desk();
    const draft = { type, amount, pair, unitPrice: price, validForMs: validFor, windowMs: window, award, to };
    const offer = await client.announce(draft);
    printResult(json, offer, () => `${offer.offerId}\n${announcedText(offer)}`);
    if (wait === true) await waitForDeal(client, offer, cursor, json);
  });
}

function announcedText(offer: Offer): string {
  return `You offer to ${termsText(offer)}.`;
}

/**
 * Shows what happens to an offer, as long as somebody reads it.
 * @throws GrapevineError when it ends without a deal
 */
export async function waitForDeal(
  client: ControlClient,
  { offerId, maker }: Offer,
  after: string,
  json: boolean | undefined,
): Promise<void> {
  const reader = new AbortController();
  const stop = [
    followReader(),
    whenOutputEnds(() => {
      reader.abort();
    }),
  ];
  const show = (event: ControlEvent): void => {
    if (json === true) printJson(event);
    else printText(eventLine(event));
  };
  try {
    const ended = await followOffer(client, { offerId, maker, after, show, signal: reader.signal });
    if (ended !== null) assertDeal(ended);
  } finally {
    for (const end of stop) end();
  }
}

const WHOLE_ID = /^[0-9a-f]{64}$/;

/** Ids as they are, beginnings of ids from the peers that this desk knows. */
async function desksFrom(client: ControlClient, texts: readonly string[]): Promise<string[]> {
  const known = texts.every((text) => WHOLE_ID.test(text)) ? [] : await client.peers();
  return texts.map((text) => {
    if (WHOLE_ID.test(text)) return text;
    const [found, second] = known.filter(({ id }) => id.startsWith(text));
    if (found !== undefined && second === undefined) return found.id;
    const problem = found === undefined ? 'no desk that is known here begins so' : 'several desks begin so';
    throw new GrapevineError('ERR_USAGE', `--to ${text}: ${problem}; "grapevine peers" shows who is known`);
  });
}
