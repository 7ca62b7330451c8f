/** `grapevine receipt`: writes the receipt of a deal, which proves it to anybody. */
import { Command } from 'commander';
import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { diskFull, GrapevineError } from '../protocol/errors.ts';
import { addDeskOptions, readDesk, type DeskOptions } from './desk-client.ts';
import { makerOption, readId, type MakerOption } from './option-readers.ts';
import { passphraseOption, type PassphraseOptions } from './passphrase.ts';
import { printResult, printText } from './print.ts';

interface ReceiptOptions extends DeskOptions, MakerOption, PassphraseOptions {
  readonly output?: string;
}

export function createCommand(): Command {
  const command = new Command('receipt')
    .argument('<id>', 'of the offer, or the beginning of it', readId)
    .option('-o, --output <file>', 'where to; a file that exists is never replaced (default: standard output)')
    .addOption(makerOption())
    .addOption(passphraseOption());
  return addDeskOptions(command, 'one JSON object in one line')
    .addHelpText(
      'after',
      '\nAnybody can check it with "grapevine verify FILE", without a desk.' +
        '\n\nExample:\n  grapevine receipt 52934961 -o deal-52934961.json',
    )
    .action(runReceipt);
}

async function runReceipt(id: string, options: ReceiptOptions): Promise<void> {
  const { output, json, maker } = options;
  const receipt = await readDesk(options, (desk) => desk.receipt(id, maker));
  const text = json === true ? JSON.stringify(receipt) : JSON.stringify(receipt, null, 2);
  if (output === undefined) {
    printText(text);
    return;
  }
  writeNew(output, `${text}\n`);
  printResult(json, { file: output }, () => `Written to ${output}.`);
}

/**
 * Creates the file completely or not at all.
 * @throws GrapevineError ERR_USAGE when it exists or can't be created; ERR_JOURNAL_FULL when the disk is full
 */
export function writeNew(file: string, text: string): void {
  let handle: number | null = null;
  try {
    handle = openSync(file, 'wx', 0o600);
    writeFileSync(handle, text);
    fsyncSync(handle);
  } catch (error) {
    if (handle !== null) rmSync(file, { force: true });
    const { code = '' } = error as NodeJS.ErrnoException;
    const problem = code === 'EEXIST' ? 'exists already and is left as it is' : `can't be written (${code})`;
    throw diskFull(error, file) ?? new GrapevineError('ERR_USAGE', `${file} ${problem}`, { cause: error });
  } finally {
    if (handle !== null) closeSync(handle);
  }
}
