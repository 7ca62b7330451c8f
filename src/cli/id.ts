/** `grapevine id`: shows the id of the key in a data folder; creates, imports, exports and encrypts the key. */
import { Command, Option } from 'commander';
import {
  deskKeyText,
  exportDeskKey,
  isDeskKeyEncrypted,
  isKeyEncrypted,
  readDeskKey,
  type DeskKey,
} from '../composition/desk-key.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { deskFolderOf, deskFolderOption, type DeskOptions } from './desk-client.ts';
import {
  deskPassphrase,
  configuredPassphrase,
  requirePassphrase,
  NEW_PASSPHRASE,
  passphraseOption,
} from './passphrase.ts';
import type { PassphraseOptions } from './passphrase.ts';
import { printResult } from './print.ts';

interface IdOptions extends PassphraseOptions {
  readonly dataDir: string;
  readonly new?: boolean;
  readonly import?: string;
  /** true: print it. */
  readonly export?: string | true;
  readonly setPassphrase?: boolean;
  readonly removePassphrase?: boolean;
  readonly json?: boolean;
}

const ACTIONS = ['new', 'import', 'export', 'setPassphrase', 'removePassphrase'] as const;

export function createCommand(): Command {
  return new Command('id')
    .addOption(deskFolderOption())
    .addOption(action('--new', 'make a key, in a folder that has none'))
    .addOption(action('--import <file>', 'take the key in a file (ed25519, PKCS#8 in PEM), in a folder that has none'))
    .addOption(action('--export [file]', 'copy the key to a new file, or print it; encrypted if a passphrase is given'))
    .addOption(action('--set-passphrase', 'encrypt the key with a passphrase'))
    .addOption(action('--remove-passphrase', 'remove the passphrase: the key is not encrypted any more'))
    .addOption(passphraseOption())
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nThe id is the public half of the key in the file identity.key. Anybody with that file can act as that desk: keep a' +
        '\ncopy, and keep it secret. Showing the id does not disturb a running desk.' +
        '\n\nExamples:\n  grapevine id --data-dir ./desk' +
        '\n  grapevine id --new --data-dir ./desk' +
        '\n  grapevine id --export ./desk-key.pem --passphrase-file ./secret --data-dir ./desk' +
        '\n  grapevine id --import ./desk-key.pem --data-dir ./other-desk',
    )
    .action(async (options: Omit<IdOptions, 'dataDir'> & DeskOptions) =>
      runId({ ...options, dataDir: await deskFolderOf(options) }),
    );
}

function action(flags: string, description: string): Option {
  const option = new Option(flags, description);
  return option.conflicts(ACTIONS.filter((name) => name !== option.attributeName()));
}

async function runId(options: IdOptions): Promise<void> {
  const { dataDir, json } = options;
  if (options.export === true) {
    const pem = deskKeyText(dataDir, await deskPassphrase(dataDir, options));
    printResult(json, { pem }, () => pem.trimEnd());
    return;
  }
  const key = await runAction(options);
  printResult(json, key, () => key.id);
}

async function runAction(options: IdOptions): Promise<DeskKey> {
  const { dataDir } = options;
  if (options.new === true) return (await loadKeyChanges()).makeDeskKey(dataDir, configuredPassphrase(options));
  if (options.import !== undefined) return importKey(options, options.import);
  if (typeof options.export === 'string') {
    return exportDeskKey(dataDir, options.export, await deskPassphrase(dataDir, options));
  }
  if (options.setPassphrase === true) return setPassphrase(options);
  if (options.removePassphrase === true) return removePassphrase(options);
  return readDeskKey(dataDir, configuredPassphrase(options));
}

/** Needs SQLite for the folder's lock, which reading the key does not. */
function loadKeyChanges() {
  return import('../composition/change-desk-key.ts');
}

async function importKey(options: IdOptions, file: string): Promise<DeskKey> {
  const passphrase =
    configuredPassphrase(options) ?? (isKeyEncrypted(file) ? await requirePassphrase(options) : undefined);
  return (await loadKeyChanges()).importDeskKey(options.dataDir, file, passphrase);
}

async function setPassphrase(options: IdOptions): Promise<DeskKey> {
  // Checked before the prompt: nobody should type a passphrase for a command that will be refused.
  if (readDeskKey(options.dataDir).encrypted) {
    throw new GrapevineError('ERR_KEY_FILE', 'the key has a passphrase already: --remove-passphrase first');
  }
  return (await loadKeyChanges()).setDeskPassphrase(options.dataDir, await requirePassphrase(options, NEW_PASSPHRASE));
}

async function removePassphrase(options: IdOptions): Promise<DeskKey> {
  if (!isDeskKeyEncrypted(options.dataDir)) throw new GrapevineError('ERR_KEY_FILE', 'the key has no passphrase');
  return (await loadKeyChanges()).removeDeskPassphrase(options.dataDir, await requirePassphrase(options));
}
