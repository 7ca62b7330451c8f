/**
 * Where the passphrase of a key comes from: a file, the environment, or somebody at a terminal, in this order. Never an
 * argument: every user of the machine can read those.
 */
import { Option } from 'commander';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { readBoundedFile } from '../config/read-file.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { IDENTITY_LIMITS } from '../identity/limits.ts';

/** More than any passphrase; what follows its line is left alone. */
const FILE_MAX_BYTES = 64 * IDENTITY_LIMITS.passphraseMaxBytes;
const VARIABLE = 'GRAPEVINE_PASSPHRASE';

export interface PassphraseOptions {
  readonly passphraseFile?: string;
}

/** The two ends of a terminal; those of this process, except in tests. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

export function passphraseOption(): Option {
  return new Option(
    '--passphrase-file <file>',
    `file with the key's passphrase (else ${VARIABLE}, else it is asked for)`,
  );
}

/** The passphrase that was given, without asking anybody; undefined for none. */
export function givenPassphrase({ passphraseFile }: PassphraseOptions): string | undefined {
  if (passphraseFile !== undefined) return fromFile(passphraseFile);
  const text = process.env[VARIABLE];
  return text === '' ? undefined : text;
}

/**
 * The passphrase that was given, or what somebody types who can't see it.
 * @param questions the second, where there is one, must get the same answer as the first
 * @throws GrapevineError ERR_USAGE when there is nobody to ask, or nothing is answered
 */
export async function neededPassphrase(
  options: PassphraseOptions,
  questions: readonly string[] = ['Passphrase of the key: '],
  terminal: Terminal = { input: process.stdin, output: process.stderr },
): Promise<string> {
  const given = givenPassphrase(options);
  if (given !== undefined) return given;
  if (terminal.input.isTTY !== true || terminal.output.isTTY !== true) {
    throw new GrapevineError('ERR_USAGE', `a passphrase is needed: --passphrase-file FILE, or ${VARIABLE}`);
  }
  const answers: string[] = [];
  for (const question of questions) answers.push(await ask(question, terminal));
  const [first = ''] = answers;
  if (first === '') throw new GrapevineError('ERR_USAGE', 'no passphrase was given');
  if (answers.some((answer) => answer !== first)) throw new GrapevineError('ERR_USAGE', 'the two passphrases differ');
  return first;
}

/** For the key in a data folder: what was given; somebody is asked only if it is needed. */
export async function deskPassphrase(dataDir: string, options: PassphraseOptions): Promise<string | undefined> {
  const given = givenPassphrase(options);
  if (given !== undefined) return given;
  const { isDeskKeyEncrypted } = await import('../composition/desk-key.ts');
  return isDeskKeyEncrypted(dataDir) ? neededPassphrase(options) : undefined;
}

export const NEW_PASSPHRASE: readonly string[] = ['New passphrase: ', 'Repeat it: '];

/** Without an echo: what readline would show goes nowhere. */
function ask(question: string, { input, output }: Terminal): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 });
    lines.once('line', resolve);
    // Ctrl-C and Ctrl-D; after an answer it changes nothing any more.
    lines.once('close', () => {
      output.write('\n');
      reject(new GrapevineError('ERR_USAGE', 'no passphrase was given'));
    });
    lines.once('line', () => lines.close());
    output.write(question);
  });
}

/** The first line, without its end. */
function fromFile(file: string): string {
  const bytes = readBoundedFile(file, FILE_MAX_BYTES, (why) => new GrapevineError('ERR_USAGE', `${file}: ${why}`));
  const [line = ''] = bytes.toString('utf8').split(/\r?\n/, 1);
  if (line !== '') return line;
  throw new GrapevineError('ERR_USAGE', `${file} has no passphrase in its first line`);
}
