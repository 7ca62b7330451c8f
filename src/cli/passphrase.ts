/**
 * Gets the passphrase of a key from a file, the environment, or a prompt, in this order. Never from an argument: every user of the
 * machine can read arguments.
 */
import { Option } from 'commander';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { readBoundedFile } from '../config/read-file.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { IDENTITY_LIMITS } from '../identity/limits.ts';

const VARIABLE = 'GRAPEVINE_PASSPHRASE';

export interface PassphraseOptions {
  readonly passphraseFile?: string;
}

/** Input and output of a terminal; those of this process, except in tests. */
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

/** The passphrase from the file or the environment; undefined if there is none. */
export function configuredPassphrase({ passphraseFile }: PassphraseOptions): string | undefined {
  if (passphraseFile !== undefined) return fromFile(passphraseFile);
  const text = process.env[VARIABLE];
  return text === '' ? undefined : text;
}

/**
 * The passphrase from the file or the environment, or one typed at a hidden prompt.
 * @param questions with a second question, both answers must be equal
 * @throws GrapevineError ERR_USAGE without a terminal, or without an answer
 */
export async function requirePassphrase(
  options: PassphraseOptions,
  questions: readonly string[] = ['Passphrase of the key: '],
  terminal: Terminal = { input: process.stdin, output: process.stderr },
): Promise<string> {
  const configured = configuredPassphrase(options);
  if (configured !== undefined) return configured;
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

/** The passphrase for the key in a data folder; prompts only if the key is encrypted. */
export async function deskPassphrase(dataDir: string, options: PassphraseOptions): Promise<string | undefined> {
  const configured = configuredPassphrase(options);
  if (configured !== undefined) return configured;
  const { isDeskKeyEncrypted } = await import('../composition/desk-key.ts');
  return isDeskKeyEncrypted(dataDir) ? requirePassphrase(options) : undefined;
}

export const NEW_PASSPHRASE: readonly string[] = ['New passphrase: ', 'Repeat it: '];

/** Without echo: readline's output is discarded. */
function ask(question: string, { input, output }: Terminal): Promise<string> {
  const discarded = new Writable({ write: (_chunk, _encoding, done) => done() });
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input, output: discarded, terminal: true, historySize: 0 });
    lines.once('line', resolve);
    // Ctrl-C and Ctrl-D; no effect after an answer.
    lines.once('close', () => {
      output.write('\n');
      reject(new GrapevineError('ERR_USAGE', 'no passphrase was given'));
    });
    lines.once('line', () => lines.close());
    output.write(question);
  });
}

/** The first line, without its end; further lines are ignored. */
function fromFile(file: string): string {
  const bytes = readBoundedFile(
    file,
    IDENTITY_LIMITS.keyFileMaxBytes,
    (why) => new GrapevineError('ERR_USAGE', `${file}: ${why}`),
  );
  const [line = ''] = bytes.toString('utf8').split(/\r?\n/, 1);
  if (line !== '') return line;
  throw new GrapevineError('ERR_USAGE', `${file} has no passphrase in its first line`);
}
