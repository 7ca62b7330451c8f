/** `grapevine client` (`run-client.js`): the client of the original demo, which accepts every offer of amount 1. */
import { Command, Option } from 'commander';
import { DEFAULTS } from '../config/defaults.ts';
import { GrapevineError, hasCode } from '../protocol/errors.ts';
import type { Desk, Log, NetworkScope, OfferType } from '../index.ts';
import { accessListsOf } from '../config/load-settings.ts';
import { accessSettings, addAccessOptions, followAccess, type AccessOptions } from './access-options.ts';
import { dataDirOption, deskFolder } from './data-folder.ts';
import { collect, portReader, readAmount, readDecimal, readPair, readValidity } from './option-readers.ts';
import { jsonOption, logLevelOption, outputLog, type OutputOptions } from './log-output.ts';
import { deskPassphrase, passphraseOption, type PassphraseOptions } from './passphrase.ts';
import { stopSignal } from './stop-signal.ts';

interface ClientOptions extends OutputOptions, PassphraseOptions, AccessOptions {
  readonly grape?: readonly string[];
  readonly broadcastKey: string;
  readonly host: string;
  readonly announcePort?: number;
  readonly network: NetworkScope;
  readonly trust: 'signed' | 'open';
  readonly type: OfferType;
  readonly pair: string;
  readonly price: string;
  readonly validFor: number;
  readonly encrypt: 'off' | 'on' | 'require';
  readonly dataDir?: string;
}

/** The amount that the original's clients are interested in. */
const WANTED_AMOUNT = '1';

export function createCommand(): Command {
  const command = addPeerOptions(
    new Command('client')
      .argument('<port>', 'port to listen on, 0 for a free one', portReader(0))
      .argument('[amount]', 'announce an offer of this amount', readAmount)
      .option(
        '--grape <url>',
        `grape to use; may be repeated: the next is asked when one is down (default: ${DEFAULTS.grapes.join(', ')})`,
        collect,
      )
      .option('--broadcast-key <name>', 'name of the service that all clients share', DEFAULTS.broadcastKey)
      .option('--host <address>', 'IPv4 address to listen on', DEFAULTS.host)
      .option('--announce-port <port>', 'port at which other desks reach this one behind a router', portReader(1)),
  )
    .addOption(new Option('--type <type>', 'of the offer').choices(['buy', 'sell']).default('buy'))
    .option('--pair <name>', 'what is traded', readPair, 'BTC/USD')
    .option('--price <decimal>', 'unit price', readDecimal, '8000')
    .addOption(
      new Option('--valid-for <time>', 'how long the offer is valid, like 90s, 10m or 2h')
        .argParser(readValidity)
        .default(600_000, '10m'),
    )
    .addOption(dataDirOption())
    .addOption(passphraseOption())
    .addOption(jsonOption())
    .addOption(logLevelOption())
    .addHelpText(
      'after',
      '\nExamples:\n  grapevine client 1330\n  grapevine client 1333 1 --grape http://127.0.0.1:30002',
    )
    .action(runClient);
  return addAccessOptions(command);
}

/** Options about which other desks it talks to, and how. */
function addPeerOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--network <scope>', 'where to connect to: loopback, private addresses too, the internet, or both')
        .choices(['local', 'lan', 'public', 'mixed'] satisfies NetworkScope[])
        .default('local'),
    )
    .addOption(
      new Option('--trust <mode>', 'which messages to take; open: also unsigned ones, of clients of the original')
        .choices(['signed', 'open'])
        .default('signed'),
    )
    .addOption(
      new Option('--encrypt <when>', 'encrypt messages to a single desk')
        .choices(['off', 'on', 'require'])
        .default('off'),
    );
}

async function runClient(port: number, amount: string | undefined, options: ClientOptions): Promise<void> {
  const log = await outputLog(options);
  const desk = await openDesk(port, options, log);
  const settings = accessSettings(options);
  const unfollow = followAccess(settings, (lists) => desk.setAccess(lists), log);
  const signal = stopSignal();
  const failure = new Promise<never>((_, reject) => {
    desk.once('desk.failed', ({ code, text }) => reject(new GrapevineError(code, text)));
  });
  // A failure during the start is reported by the start.
  failure.catch(() => undefined);
  try {
    // A signal ends the wait for grapes.
    const running = await Promise.race([startAndOffer(desk, amount, options), signal.arrived.then(() => false)]);
    if (running) await Promise.race([signal.arrived, failure]);
  } finally {
    unfollow();
    signal.dispose();
    await desk.stop();
  }
  log.write('info', 'desk.stopped');
}

async function openDesk(port: number, options: ClientOptions, log: Log): Promise<Desk> {
  const { host, announcePort, network, grape, broadcastKey, trust, encrypt, dataDir } = options;
  const folder = dataDir ?? deskFolder(port);
  const passphrase = await deskPassphrase(folder, options);
  const { createDesk } = await import('../index.ts');
  try {
    return createDesk({
      port,
      host,
      announcePort,
      network,
      grapes: grape,
      broadcastKey,
      trust,
      encrypt,
      access: accessListsOf(accessSettings(options)),
      dataDir: folder,
      passphrase,
      log,
      interest: (offer) => offer.amount === WANTED_AMOUNT,
    });
  } catch (error) {
    if (!hasCode(error, 'ERR_JOURNAL_LOCKED') || dataDir !== undefined) throw error;
    // The folder belongs to the port, so a locked folder means that another client uses the port.
    throw new GrapevineError('ERR_PORT_IN_USE', `port ${port} is in use by another client`, { cause: error });
  }
}

/** False if a signal stopped the desk while it waited for grapes. */
async function startAndOffer(desk: Desk, amount: string | undefined, options: ClientOptions): Promise<boolean> {
  try {
    await desk.start();
  } catch (error) {
    if (hasCode(error, 'ERR_DESK_STOPPED')) return false;
    throw error;
  }
  if (amount !== undefined) {
    const { type, pair, price, validFor } = options;
    await desk.announce({ type, amount, pair, unitPrice: price, validForMs: validFor });
  }
  return true;
}
