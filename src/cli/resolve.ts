/** `grapevine resolve`: shows offers in doubt, and ends a doubt by hand; with a running desk, or on the folder of a stopped one. */
import { Argument, Command, Option } from 'commander';
import type { Desk } from '../index.ts';
import { silentLog } from '../ports/log.ts';
import { GrapevineError } from '../protocol/errors.ts';
import type { ControlClient } from '../control/client.ts';
import type { Offer } from '../control/contract.ts';
import { addDeskOptions, deskFolderOf, ifNotRunning, withDesk, type DeskOptions } from './desk-client.ts';
import { shortId } from '../text/short-ids.ts';
import { allOffers } from './offers.ts';
import { isNamedBy, makerOption, readId, type MakerOption } from './option-readers.ts';
import { deskPassphrase, passphraseOption, type PassphraseOptions } from './passphrase.ts';
import { printJson, printResult, printText } from './print.ts';

type Decision = 'won' | 'lost' | 'awarded' | 'released';

interface ResolveOptions extends DeskOptions, MakerOption, PassphraseOptions {
  readonly as?: Decision;
}

/** The fields that identify an offer in doubt. */
type Doubt = Pick<Offer, 'role' | 'offerId' | 'maker' | 'type' | 'amount' | 'pair'>;

export function createCommand(): Command {
  const command = new Command('resolve')
    .addArgument(
      new Argument('[id]', 'of the offer, or the beginning of it; without one, those in doubt are listed').argParser(
        readId,
      ),
    )
    .addOption(
      new Option(
        '--as <decision>',
        'for your own offer: awarded or released; for an offer of others: won or lost',
      ).choices(['won', 'lost', 'awarded', 'released']),
    )
    .addOption(makerOption())
    .addOption(passphraseOption());
  return addDeskOptions(command, 'one JSON object a line')
    .addHelpText(
      'after',
      '\nYour decision is recorded as yours. If the decision of the other side arrives later and differs, that is reported.' +
        '\n\nExamples:\n  grapevine resolve\n  grapevine resolve 52934961 --as lost --data-dir ./desk',
    )
    .action(runResolve);
}

async function runResolve(id: string | undefined, options: ResolveOptions): Promise<void> {
  const { as, json } = options;
  if ((id === undefined) !== (as === undefined)) {
    throw new GrapevineError('ERR_USAGE', 'to close a doubt, give the offer and --as');
  }
  if (id === undefined || as === undefined) {
    printDoubts(await listDoubts(options), json);
    return;
  }
  const offerId = await resolveOffer(id, as, options);
  printResult(json, { offerId, resolvedAs: as }, () => `Offer ${shortId(offerId)} is closed by hand as ${as}.`);
}

function listDoubts(options: ResolveOptions): Promise<readonly Doubt[]> {
  const ask = (client: ControlClient): Promise<readonly Doubt[]> => allOffers(client, { inDoubt: true });
  return ifNotRunning(withDesk(options, ask), () => onStoppedDesk(options, (desk) => Promise.resolve(doubtsOf(desk))));
}

/** @returns the full id of the offer */
function resolveOffer(id: string, as: Decision, options: ResolveOptions): Promise<string> {
  const { maker } = options;
  const running = withDesk(options, async (client) => (await client.resolve(id, { as, maker })).offerId);
  return ifNotRunning(running, () =>
    onStoppedDesk(options, async (desk) => {
      const { offerId, maker: whose } = findTerms(desk, id, maker);
      await desk.resolve(offerId, as, whose);
      return offerId;
    }),
  );
}

async function onStoppedDesk<Result>(options: ResolveOptions, work: (desk: Desk) => Promise<Result>): Promise<Result> {
  const dataDir = await deskFolderOf(options);
  const { openDeskOffline } = await import('../composition/create-desk.ts');
  const desk = await openDeskOffline(dataDir, silentLog, await deskPassphrase(dataDir, options));
  try {
    return await work(desk);
  } finally {
    await desk.stop();
  }
}

function doubtsOf(desk: Desk): readonly Doubt[] {
  const inDoubt = desk.offers().filter((snapshot) => snapshot.inDoubt);
  return inDoubt.map(({ role, terms }) => ({ role, ...terms }));
}

function findTerms(desk: Desk, id: string, maker: string | undefined): Pick<Doubt, 'offerId' | 'maker'> {
  const named = desk.offers().map(({ terms }) => terms);
  const fitting = named.filter(
    (terms) => isNamedBy(terms.offerId, id) && (maker === undefined || isNamedBy(terms.maker, maker)),
  );
  const [found, second] = fitting;
  if (found === undefined) throw new GrapevineError('ERR_OFFER_UNKNOWN', `nothing is under way for an offer ${id}`);
  if (second === undefined) return found;
  const which = fitting.map((terms) => `${terms.offerId} of ${terms.maker}`).join(', ');
  throw new GrapevineError('ERR_USAGE', `${id} may be ${which}: give more characters, or --maker`);
}

function printDoubts(doubts: readonly Doubt[], json: boolean | undefined): void {
  if (doubts.length === 0 && json !== true) printText('Nothing is in doubt.');
  for (const doubt of doubts) {
    const { offerId, maker, role, type, amount, pair } = doubt;
    if (json === true) {
      printJson({ offerId, maker, role });
      continue;
    }
    const what = [type, amount, pair ?? ''].join(' ').trim();
    const choice = role === 'maker' ? '--as awarded or --as released' : '--as won or --as lost';
    printText(`${offerId}  ${what}, of ${shortId(maker)}, as ${role}: ${choice}`);
  }
}
