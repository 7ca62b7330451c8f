/** `grapevine rules test`: shows whether the rules would accept an offer, and why. */
import { Command } from 'commander';
import { GrapevineError } from '../protocol/errors.ts';
import { RULES_LIMITS } from '../rules/limits.ts';
import { inputName, readFileOrInput } from '../config/read-file.ts';
import { decide, type Decision, type Taken } from '../rules/decide.ts';
import { offersFromJson, type OfferToTry } from '../rules/offer-file.ts';
import type { Rule } from '../rules/rule.ts';
import { shortId } from '../text/short-ids.ts';
import { countReader, readDecimal } from './option-readers.ts';
import { printJson, printText } from './print.ts';
import { addSettingOptions, loadSettingsOf, type SettingOptions } from './setting-options.ts';

interface TestOptions extends SettingOptions {
  readonly takenAmount: Taken['amount'];
  readonly takenDeals: number;
  readonly json?: boolean;
}

export function createCommand(): Command {
  return new Command('rules')
    .addCommand(testCommand())
    .addHelpText(
      'after',
      '\nExample:\n  grapevine rules test offer.json --accept "sell BTC/USD amount<=2 price<=8100"',
    );
}

function testCommand(): Command {
  const command = new Command('test')
    .description('show whether the rules would accept an offer, and why')
    .argument(
      '<file>',
      'JSON of an offer, or of several: the body of offer:new, or of "offers --json"; - reads it from input',
    )
    .option('--taken-amount <decimal>', 'assume that this much of its pair was accepted today', readDecimal, '0')
    .option(
      '--taken-deals <n>',
      'assume that this many deals in its pair were made today',
      countReader(0, 999_999_999),
      0,
    )
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      '\nThe rules are those of --accept, else of GRAPEVINE_ACCEPT, else of the config file; no running desk is asked.' +
        '\nThis accepts nothing. The exit code is 0 for yes and for no.' +
        '\n\nExamples:\n  grapevine rules test offer.json --accept "sell BTC/USD amount<=2 price<=8100"' +
        '\n  grapevine offers --json | grapevine rules test - --data-dir ./desk',
    )
    .action((file: string, options: TestOptions) => {
      const { accept } = loadSettingsOf(options).settings;
      for (const offer of offersIn(file)) printDecision(offer, decideOn(accept, offer, options), options);
    });
  return addSettingOptions(command, ['dataDir', 'accept']);
}

function decideOn(rules: readonly Rule[], offer: OfferToTry, options: TestOptions): Decision {
  const taken: Taken = { amount: options.takenAmount, deals: options.takenDeals };
  return decide(rules, offer, { now: Date.now(), takenToday: () => taken });
}

function printDecision({ offerId, maker }: OfferToTry, decision: Decision, { json }: TestOptions): void {
  if (json === true) {
    printJson({ offerId, maker, ...decision });
    return;
  }
  const head = `${decision.take ? 'yes' : 'no'}: offer ${shortId(offerId)} of ${shortId(maker)}`;
  const lines = decision.because.map(
    ({ rule, outcome, reason }) => `  ${outcome.padEnd(OUTCOME_WIDTH)}  ${rule}: ${reason}`,
  );
  printText([head, ...lines].join('\n'));
}

const OUTCOME_WIDTH = 'limit-reached'.length;

/** Errors in the offers name their file. */
function offersIn(file: string): readonly OfferToTry[] {
  const name = inputName(file);
  const bytes = readFileOrInput(
    file,
    RULES_LIMITS.offerFileMaxBytes,
    (why) => new GrapevineError('ERR_USAGE', `${name}: ${why}`),
  );
  try {
    return offersFromJson(bytes.toString('utf8'));
  } catch (error) {
    if (!(error instanceof GrapevineError)) throw error;
    const remedy = 'it takes the JSON of "offers --json", or the body of offer:new';
    throw new GrapevineError(error.code, `${name}: ${error.message}; ${remedy}`, { cause: error });
  }
}
