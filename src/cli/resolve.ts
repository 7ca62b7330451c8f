/** `grapevine resolve`: shows what is in doubt in a data folder, and closes a doubt by hand. */
import { Argument, Command, Option } from 'commander';
import { GrapevineError, openDeskOffline, silentLog, type OfferSnapshot } from '../index.ts';
import { short } from './describe.ts';
import { deskPassphrase, passphraseOption, type PassphraseOptions } from './passphrase.ts';

type Decision = 'won' | 'lost' | 'awarded' | 'released';

interface ResolveOptions extends PassphraseOptions {
  readonly as?: Decision;
  readonly maker?: string;
  readonly dataDir: string;
  readonly json?: boolean;
}

export function resolveCommand(): Command {
  return new Command('resolve')
    .description('show what is in doubt in the folder of a desk that is not running, or close a doubt by hand')
    .addArgument(new Argument('[offer]', 'id of the offer; without one, the offers in doubt are listed'))
    .requiredOption('--data-dir <folder>', 'folder of the desk')
    .addOption(
      new Option('--as <decision>', 'of an offer of ours: awarded or released; of somebody else: won or lost').choices([
        'won',
        'lost',
        'awarded',
        'released',
      ]),
    )
    .addOption(passphraseOption())
    .option('--maker <id>', 'whose offer, where two makers use the same id')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      '\nWhat you decide is recorded as yours. If the truth arrives later and is another one, that is reported.' +
        '\n\nExamples:\n  grapevine resolve --data-dir ./desk' +
        '\n  grapevine resolve 52934961a0b1c2d3e4f5061728394a5b --as lost --data-dir ./desk',
    )
    .action(runResolve);
}

async function runResolve(offer: string | undefined, options: ResolveOptions): Promise<void> {
  const { as, maker, dataDir, json } = options;
  if ((offer === undefined) !== (as === undefined)) {
    throw new GrapevineError('ERR_USAGE', 'to close a doubt, name the offer and say --as what');
  }
  const desk = await openDeskOffline(dataDir, silentLog, await deskPassphrase(dataDir, options));
  try {
    if (offer !== undefined && as !== undefined) {
      await desk.resolve(offer, as, maker);
      print(json, { offerId: offer, resolvedAs: as }, `Offer ${short(offer)} is closed by hand as ${as}.`);
      return;
    }
    const inDoubt = desk.offers().filter((snapshot) => snapshot.inDoubt);
    for (const snapshot of inDoubt) printDoubt(json, snapshot);
    if (inDoubt.length === 0 && json !== true) process.stdout.write('Nothing is in doubt.\n');
  } finally {
    await desk.stop();
  }
}

function printDoubt(json: boolean | undefined, { role, terms }: OfferSnapshot): void {
  const { offerId, maker, type, amount, pair } = terms;
  const what = [type, amount, pair ?? ''].join(' ').trim();
  const choice = role === 'maker' ? '--as awarded or --as released' : '--as won or --as lost';
  print(json, { offerId, maker, role }, `${offerId}  ${what}, of ${short(maker)}, as ${role}: ${choice}`);
}

function print(json: boolean | undefined, fields: object, sentence: string): void {
  process.stdout.write(`${json === true ? JSON.stringify(fields) : sentence}\n`);
}
