/** The command line: one file per command, one form for errors and exit codes. */
import { Command, CommanderError } from 'commander';
import { GrapevineError, type ErrorCode } from '../protocol/errors.ts';
import { harmlessLines } from '../text/harmless.ts';
import { COMMANDS } from './commands.ts';
import { finishOutput, watchOutput, writeOutput } from './standard-output.ts';
import { version } from './version.ts';

const EXIT_DONE = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Codes of errors in what a user typed or wrote in a file. */
const USAGE_CODES: readonly ErrorCode[] = ['ERR_USAGE', 'ERR_RULE', 'ERR_CONFIG'];

/**
 * Runs one command.
 * @param args without the program's name
 * @returns the exit code: 0 done, 1 refused or failed, 2 wrong usage
 */
export async function main(args: readonly string[]): Promise<number> {
  watchOutput();
  const code = await run(args);
  try {
    await finishOutput();
    return code;
  } catch (error) {
    return report(error);
  }
}

async function run(args: readonly string[]): Promise<number> {
  try {
    const program = await buildProgram(commandsToLoad(args));
    await program.parseAsync([...args], { from: 'user' });
    return EXIT_DONE;
  } catch (error) {
    return report(error);
  }
}

/** Names of the commands to load: the arguments that may name one. */
function commandsToLoad(args: readonly string[]): readonly string[] {
  const [first = '', second = ''] = args;
  // Only completion needs all commands.
  if (first === 'completion') return COMMANDS.map(([name]) => name);
  return first === 'help' ? [second] : [first];
}

/** @param loaded names of the commands to load; the others appear only in the help. All by default */
export async function buildProgram(loaded: readonly string[] = COMMANDS.map(([name]) => name)): Promise<Command> {
  const program = new Command('grapevine')
    .description('Peers deal directly over a Grape DHT; exactly one taker gets an offer.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .showSuggestionAfterError(true);
  for (const [name, summary, load] of COMMANDS) {
    const command = loaded.includes(name) ? (await load()).createCommand() : new Command(name).usage('[options]');
    program.addCommand(command.description(summary));
  }
  program.addHelpText('after', '\nStart with "grapevine demo", then "grapevine up --embedded-grapes".');
  program.hook('preAction', (_, command) => assertNames(command));
  forEachCommand(program, (command) => {
    // All errors are printed by `report`, including those of commander.
    command.exitOverride().configureOutput({ outputError: () => undefined, writeOut: writeOutput });
  });
  return program;
}

function forEachCommand(command: Command, change: (command: Command) => void): void {
  change(command);
  for (const sub of command.commands) forEachCommand(sub, change);
}

/** Values of options and arguments that are names of files. */
const NAMED = /[<[](file|folder|recording)\b/;

/** @throws GrapevineError ERR_USAGE for an empty one: the variable of a script may be empty, and "" is no file of any system */
function assertNames(command: Command): void {
  const options = command.options.map((option) => ({
    name: option.long ?? option.flags,
    kind: NAMED.exec(option.flags)?.[1],
    value: command.getOptionValue(option.attributeName()) as unknown,
  }));
  const values = command.processedArgs as readonly unknown[];
  const args = command.registeredArguments.map((argument, index) => ({
    name: `<${argument.name()}>`,
    kind: NAMED.exec(`<${argument.name()}>`)?.[1],
    value: values[index],
  }));
  for (const { name, kind, value } of [...options, ...args]) {
    if (kind !== undefined && [value].flat().includes(''))
      throw new GrapevineError('ERR_USAGE', `${name}: must be the name of a ${kind}`);
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT_DONE;
    // Without a command, commander has printed the help already.
    if (error.code !== 'commander.help') printError('ERR_USAGE', error.message.replace(/^error: /, ''));
    return EXIT_USAGE;
  }
  if (error instanceof GrapevineError) {
    printError(error.code, error.message);
    return USAGE_CODES.includes(error.code) ? EXIT_USAGE : EXIT_FAILED;
  }
  printError('ERR_INTERNAL', error instanceof Error ? error.message : String(error));
  return EXIT_FAILED;
}

function printError(code: string, text: string): void {
  process.stderr.write(`${code}: ${harmlessLines(text)}\n`);
}
