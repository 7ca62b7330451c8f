/** The composition root: the only place that builds a desk from the real adapters, for the command line and for the public library. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import type { AccessLists } from '../desk/access-list.ts';
import { Desk } from '../desk/desk.ts';
import type { Interest } from '../desk/interest-runner.ts';
import type { NetworkPolicy } from '../grenache/discovery/network-policy.ts';
import { noNetwork } from '../host/no-network.ts';
import { systemClock } from '../host/system-clock.ts';
import { systemRandomness } from '../host/system-randomness.ts';
import { SALT_BYTES } from '../identity/batch.ts';
import { DeskIdentity } from '../identity/desk-identity.ts';
import { ed25519Scheme } from '../identity/ed25519.ts';
import { deskIdOf } from '../identity/desk-id.ts';
import { createKeyFile, KEY_FILE, readKeyFile } from '../identity/key-file.ts';
import { MessageSealer } from '../identity/message-sealer.ts';
import { assertPassphrase } from '../identity/passphrase.ts';
import { BatchSigner } from '../identity/statement-signer.ts';
import { SealedNetwork, type Encryption } from '../identity/sealed-network.ts';
import { memoryRateLimit } from '../transport/fixed-window-counter.ts';
import {
  assertNetworks,
  DEFAULT_GRAPES,
  networkOf,
  networksOf,
  policyOf,
  type NetworkOptions,
} from './desk-network.ts';
import { assertHasJournal, hasJournal } from './has-journal.ts';
import { writeProofs } from './write-proofs.ts';
import type { Archive } from '../ports/archive.ts';
import type { Evidence } from '../ports/evidence.ts';
import type { Trust } from '../ports/identity.ts';
import type { Journal } from '../ports/journal.ts';
import { silentLog, type Log } from '../ports/log.ts';
import type { Network } from '../ports/network.ts';
import { GrapevineError, type ErrorCode } from '../protocol/errors.ts';
import { DESK_LIMITS } from '../desk/limits.ts';
import { MemoryJournal } from '../store/memory-journal.ts';
import { openSqliteJournal } from '../store/open-sqlite-journal.ts';

export { DEFAULT_BROADCAST_KEY, DEFAULT_GRAPES, DEFAULT_HOST, DEFAULT_NETWORK } from './desk-network.ts';

const NONCE_BYTES = 16;
const SYSTEM = { clock: systemClock, randomness: systemRandomness };

export interface DeskOptions extends NetworkOptions {
  /**
   * `signed` (default): accepts only messages with a signature or MAC of the desk that they name. `open`: also those of clients of
   * the original demo, which can't sign; their offers and deals are marked as unverified.
   */
  readonly trust?: Trust | undefined;
  /** Whether messages to a single desk are encrypted for it; `off` by default. See docs/SECURITY.md. */
  readonly encrypt?: Encryption | undefined;
  /** Which desks this desk deals with; all by default. */
  readonly access?: AccessLists | undefined;
  /** Which offers of others are accepted automatically; none by default. */
  readonly interest?: Interest | undefined;
  /**
   * A folder for this desk alone, with its journal and its key: its offers and deals survive crashes and restarts. Created if it is
   * missing. Without a folder, everything ends with the process, and the desk has a new id each time.
   */
  readonly dataDir?: string | undefined;
  /** Decrypts the key in `dataDir`; a new key is encrypted with it. */
  readonly passphrase?: string | undefined;
}

/**
 * Creates a desk on grapes, on hyperdht, or on both. Call `start` next.
 * @throws GrapevineError ERR_USAGE for invalid options; ERR_JOURNAL (or a more specific code) or ERR_KEY_FILE for a data folder that
 * can't be used, which is then left unchanged
 */
export function createDesk(options: DeskOptions = {}): Desk {
  return composeDesk(options).desk;
}

/** A desk and those of its parts that the program around it needs. */
export interface ComposedDesk {
  readonly desk: Desk;
  readonly journal: Journal & Partial<Archive>;
  /** Which addresses it may connect to. */
  readonly policy: NetworkPolicy;
}

/** Wraps parts of a desk to measure them. */
interface DeskObserver {
  /** Wraps the journal. */
  journal?(journal: Journal & Archive): Journal & Partial<Archive>;
  refused?(code: ErrorCode): void;
  /** Wraps the network. */
  network?(network: Network): Network;
}

/** @throws GrapevineError as `createDesk` */
export function composeDesk(options: DeskOptions, observer: DeskObserver = {}): ComposedDesk {
  assertPossible(options);
  const policy = policyOf(options);
  const storage =
    options.dataDir === undefined ? storageInMemory() : storageInFolder(options.dataDir, options.passphrase);
  try {
    return composeWith(storage, policy, options, observer);
  } catch (error) {
    // Releases the folder's lock for the next attempt.
    storage.abandon();
    throw error;
  }
}

function composeWith(
  { key, journal: stored }: Storage,
  policy: NetworkPolicy,
  options: DeskOptions,
  observer: DeskObserver,
): ComposedDesk {
  const log = options.log ?? silentLog;
  const journal = observer.journal?.(stored) ?? stored;
  const identity = identityOf(key, options.trust);
  const mode = options.encrypt ?? 'off';
  const plain = networkOf(key, policy, options);
  const sealed = new SealedNetwork({ network: plain, sealer: new MessageSealer(key), mode });
  const network = observer.network?.(sealed) ?? sealed;
  const desk = new Desk({
    identity,
    network,
    networks: networksOf(options),
    journal,
    ...SYSTEM,
    log,
    interest: options.interest,
    access: options.access,
    rateLimit: memoryRateLimit(DESK_LIMITS.messagesPerPeerPerMinute, DESK_LIMITS.rateLimitedPeersMax),
    listLimit: memoryRateLimit(DESK_LIMITS.listsPerPeerPerMinute, DESK_LIMITS.rateLimitedPeersMax),
    evidence: stored,
    refused: (code) => observer.refused?.(code),
  });
  if (options.dataDir !== undefined) writeProofs(desk, stored, options.dataDir, log);
  return { desk, journal, policy };
}

/**
 * Creates the object that signs and verifies for a desk, with its rule for unsigned messages.
 * @param key a private ed25519 key
 */
export function identityOf(key: KeyObject, trust: Trust = 'signed'): DeskIdentity {
  const scheme = ed25519Scheme(key);
  const signer = new BatchSigner({
    sign: scheme.sign,
    salt: () => Buffer.from(systemRandomness.hex(SALT_BYTES), 'hex'),
  });
  return new DeskIdentity({
    id: deskIdOf(key),
    scheme,
    signer,
    trust,
    nonce: () => systemRandomness.hex(NONCE_BYTES),
  });
}

/**
 * Runs the desk of a data folder without a network, to read its offers or to `resolve` a doubt. Holds the lock of the folder.
 * @throws GrapevineError ERR_USAGE when the folder has no journal; ERR_JOURNAL (or a more specific code), ERR_KEY_FILE
 */
export async function openDeskOffline(dataDir: string, log: Log = silentLog, passphrase?: string): Promise<Desk> {
  assertHasJournal(dataDir);
  const { key, journal } = storageInFolder(dataDir, passphrase);
  const desk = new Desk({
    identity: identityOf(key),
    network: noNetwork,
    journal,
    ...SYSTEM,
    log,
    evidence: journal,
    presence: false,
  });
  await desk.start();
  return desk;
}

interface Storage {
  readonly key: KeyObject;
  readonly journal: Journal & Evidence & Archive;
  /** Closes the journal at once. Allowed only if nothing was appended. */
  readonly abandon: () => void;
}

function storageInMemory(): Storage {
  return {
    key: generateKeyPairSync('ed25519').privateKey,
    journal: new MemoryJournal(),
    abandon: () => undefined,
  };
}

function storageInFolder(dataDir: string, passphrase?: string): Storage {
  const keys: KeyObject[] = [];
  // The key first: a crash between the two must not leave a journal without its key.
  const onLocked = (): void => void keys.push(keyOf(dataDir, passphrase));
  const journal = openSqliteJournal({ dataDir, onLocked });
  try {
    // Read once: decrypting takes time.
    const [key = keyOf(dataDir, passphrase)] = keys;
    journal.claim(deskIdOf(key));
    return { key, journal, abandon: () => journal.abandon() };
  } catch (error) {
    journal.abandon();
    throw error;
  }
}

/** The deals in a journal belong to its key: if that is missing, no new key may take its place. */
function keyOf(dataDir: string, passphrase: string | undefined): KeyObject {
  const file = join(dataDir, KEY_FILE);
  const isNew = !existsSync(file) && !hasJournal(dataDir);
  return isNew ? createKeyFile(file, passphrase) : readKeyFile(file, passphrase);
}

function assertPossible(options: DeskOptions): void {
  const { port, host, announcePort, grapes, broadcastKey, passphrase } = options;
  assertPassphrase(passphrase);
  // The DHT supports only IPv4.
  if (host !== undefined && !isIPv4(host))
    throw new GrapevineError('ERR_USAGE', `"${host.slice(0, 100)}" is not an IPv4 address`);
  if (port !== undefined) assertPort('port', port, 0);
  if (announcePort !== undefined) assertPort('announcePort', announcePort, 1);
  assertNetworks(options);
  for (const url of grapes ?? []) assertGrapeUrl(url);
  if (grapes?.length === 0) throw new GrapevineError('ERR_USAGE', 'a desk needs the URL of at least one grape');
  if (broadcastKey !== undefined && !/^[\x21-\x7e]{1,64}$/.test(broadcastKey)) {
    throw new GrapevineError('ERR_USAGE', 'a broadcast key has 1 to 64 printable characters without spaces');
  }
}

function assertPort(name: string, port: number, min: number): void {
  if (Number.isInteger(port) && port >= min && port <= 65_535) return;
  throw new GrapevineError('ERR_USAGE', `${name} must be a whole number from ${min} to 65535`);
}

function assertGrapeUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed?.protocol === 'http:' && parsed.hostname !== '') return;
  throw new GrapevineError(
    'ERR_USAGE',
    `"${url.slice(0, 100)}" is not the URL of a grape; they look like ${DEFAULT_GRAPES[0] ?? ''}`,
  );
}
