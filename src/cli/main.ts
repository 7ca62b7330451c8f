/** The command line: one file a command, one way for errors and exit codes. */
import { Command, CommanderError } from 'commander';
import { GrapevineError, type ErrorCode } from '../index.ts';
import { acceptCommand } from './accept.ts';
import { awardCommand } from './award.ts';
import { backupCommand } from './backup.ts';
import { cancelCommand } from './cancel.ts';
import { clientCommand } from './client.ts';
import { completionCommand } from './completion.ts';
import { configCommand } from './config.ts';
import { dealsCommand } from './deals.ts';
import { demoCommand } from './demo.ts';
import { doctorCommand } from './doctor.ts';
import { explainCommand } from './explain.ts';
import { grapesCommand } from './grapes.ts';
import { idCommand } from './id.ts';
import { offerCommand } from './offer.ts';
import { offersCommand } from './offers.ts';
import { pageCommand } from './page.ts';
import { peersCommand } from './peers.ts';
import { receiptCommand } from './receipt.ts';
import { renewCommand } from './renew.ts';
import { resolveCommand } from './resolve.ts';
import { rulesCommand } from './rules.ts';
import { upCommand } from './up.ts';
import { watchCommand } from './watch.ts';
import { withdrawCommand } from './withdraw.ts';
import { version } from './version.ts';
import { verifyCommand } from './verify.ts';

const EXIT_DONE = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** What somebody typed or wrote down can't be. */
const USAGE_CODES: readonly ErrorCode[] = ['ERR_USAGE', 'ERR_RULE', 'ERR_CONFIG'];

/**
 * Runs one command to its end.
 * @param args without the program's own name
 * @returns the exit code: 0 done, 1 refused or failed, 2 wrong usage
 */
export async function main(args: readonly string[]): Promise<number> {
  const program = buildProgram();
  // Whoever read our output has gone; what is under way is brought to its end all the same.
  if (!process.stdout.listeners('error').includes(ignore)) process.stdout.on('error', ignore);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return EXIT_DONE;
  } catch (error) {
    return report(error);
  }
}

function ignore(): void {
  // What can't be written any more is written nowhere.
}

export function buildProgram(): Command {
  const program = new Command('grapevine')
    .description('Peers deal directly over a Grape DHT; exactly one taker gets an offer.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .showSuggestionAfterError(true);
  const commands = [
    demoCommand(),
    upCommand(),
    offerCommand(),
    offersCommand(),
    acceptCommand(),
    withdrawCommand(),
    cancelCommand(),
    awardCommand(),
    renewCommand(),
    dealsCommand(),
    receiptCommand(),
    explainCommand(),
    resolveCommand(),
    peersCommand(),
    pageCommand(),
    watchCommand(),
    doctorCommand(),
    backupCommand(),
    idCommand(),
    configCommand(),
    rulesCommand(),
    grapesCommand(),
    clientCommand(),
    completionCommand(),
    verifyCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  program.addHelpText('after', '\nStart with "grapevine demo", then "grapevine up --embedded-grapes".');
  inEvery(program, (command) => {
    // Errors are printed in one form by `report`, also commander's.
    command.exitOverride().configureOutput({ outputError: () => undefined });
  });
  return program;
}

function inEvery(command: Command, change: (command: Command) => void): void {
  change(command);
  for (const sub of command.commands) inEvery(sub, change);
}

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT_DONE;
    // Without a command, commander has shown its help already.
    if (error.code !== 'commander.help') complain('ERR_USAGE', error.message.replace(/^error: /, ''));
    return EXIT_USAGE;
  }
  if (error instanceof GrapevineError) {
    complain(error.code, error.message);
    return USAGE_CODES.includes(error.code) ? EXIT_USAGE : EXIT_FAILED;
  }
  complain('ERR_INTERNAL', error instanceof Error ? error.message : String(error));
  return EXIT_FAILED;
}

function complain(code: string, text: string): void {
  process.stderr.write(`${code}: ${text}\n`);
}
