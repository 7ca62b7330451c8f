/**
 * The composition root: the only place that builds a desk from real adapters. The command line and the public library
 * both come through here.
 */
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
import { createKeyFile, deskIdOf, KEY_FILE, readKeyFile } from '../identity/key-file.ts';
import { MessageSealer } from '../identity/message-sealer.ts';
import { assertPassphrase } from '../identity/passphrase.ts';
import { BatchSigner } from '../identity/statement-signer.ts';
import { SealedNetwork, type Encryption } from '../identity/sealed-network.ts';
import { memoryRateLimit } from '../transport/point-windows.ts';
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

export interface DeskOptions extends NetworkOptions {
  /**
   * `signed`, the default: only what is signed by the one in whose name it is said. `open`: also clients of the original
   * demo, which can't sign; what comes of them is marked as unverified.
   */
  readonly trust?: Trust | undefined;
  /** Whether what is said to one desk alone is sealed to its key; `off` by default. See docs/SECURITY.md. */
  readonly encrypt?: Encryption | undefined;
  /** With whom this desk deals; with everybody by default. */
  readonly access?: AccessLists | undefined;
  /** Which offers of others this desk takes by itself; none by default. */
  readonly interest?: Interest | undefined;
  /**
   * Folder of this desk alone, for its journal and its key: what it says survives crashes and restarts. Made when it is
   * missing. Without one, all ends with the process, and the desk has a new id each time.
   */
  readonly dataDir?: string | undefined;
  /** Of the key in `dataDir`: needed when it is encrypted; a key that is made is encrypted with it. */
  readonly passphrase?: string | undefined;
}

/**
 * A desk on real grapes, on hyperdht, or on both; `start` it.
 * @throws GrapevineError ERR_USAGE for options that can't be; ERR_JOURNAL and its kin, ERR_KEY_FILE for a data folder that
 * can't be used, which is then as it was
 */
export function createDesk(options: DeskOptions = {}): Desk {
  return composeDesk(options).desk;
}

/** A desk, and what of it those need who run it together with other things. */
export interface DeskParts {
  readonly desk: Desk;
  readonly journal: Journal;
  /** Where it connects to. */
  readonly policy: NetworkPolicy;
}

/** What measures a desk. */
interface DeskObserver {
  /** Puts something between the desk and its journal. */
  journal?(journal: Journal & Archive): Journal & Partial<Archive>;
  refused?(code: ErrorCode): void;
  /** Puts something between the desk and its network. */
  network?(network: Network): Network;
}

/** @throws GrapevineError as `createDesk` */
export function composeDesk(options: DeskOptions, observer: DeskObserver = {}): DeskParts {
  assertPossible(options);
  const policy = policyOf(options);
  const memory = options.dataDir === undefined ? shortLived() : lasting(options.dataDir, options.passphrase);
  try {
    return composeWith(memory, policy, options, observer);
  } catch (error) {
    // The folder is free again for the next attempt.
    memory.abandon();
    throw error;
  }
}

function composeWith(
  { key, journal: memory }: Memory,
  policy: NetworkPolicy,
  options: DeskOptions,
  observer: DeskObserver,
): DeskParts {
  const log = options.log ?? silentLog;
  const journal = observer.journal?.(memory) ?? memory;
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
    clock: systemClock,
    randomness: systemRandomness,
    log,
    interest: options.interest,
    access: options.access,
    rateLimit: memoryRateLimit(DESK_LIMITS.messagesPerPeerPerMinute, DESK_LIMITS.rateLimitedPeersMax),
    listLimit: memoryRateLimit(DESK_LIMITS.listsPerPeerPerMinute, DESK_LIMITS.rateLimitedPeersMax),
    evidence: memory,
    refused: (code) => observer.refused?.(code),
  });
  if (options.dataDir !== undefined) writeProofs(desk, memory, options.dataDir, log);
  return { desk, journal, policy };
}

/**
 * Signs and verifies for a desk, and says whom it believes.
 * @param key ed25519, private
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
 * The desk of a data folder, running without a network: to look at its offers, or to `resolve` a doubt. Nobody else can
 * have the folder meanwhile.
 * @throws GrapevineError ERR_USAGE when there is no journal in that folder; ERR_JOURNAL and its kin, ERR_KEY_FILE
 */
export async function openDeskOffline(dataDir: string, log: Log = silentLog, passphrase?: string): Promise<Desk> {
  assertHasJournal(dataDir);
  const { key, journal } = lasting(dataDir, passphrase);
  const desk = new Desk({
    identity: identityOf(key),
    network: noNetwork,
    journal,
    clock: systemClock,
    randomness: systemRandomness,
    log,
    evidence: journal,
    presence: false,
  });
  await desk.start();
  return desk;
}

interface Memory {
  readonly key: KeyObject;
  readonly journal: Journal & Evidence & Archive;
  /** Closes the journal at once, before anything was appended. */
  readonly abandon: () => void;
}

function shortLived(): Memory {
  return {
    key: generateKeyPairSync('ed25519').privateKey,
    journal: new MemoryJournal(),
    abandon: () => undefined,
  };
}

function lasting(dataDir: string, passphrase?: string): Memory {
  const keys: KeyObject[] = [];
  // The key comes first: a crash between the two must not leave a journal whose key was never there.
  const whenLocked = (): void => void keys.push(keyOf(dataDir, passphrase));
  const journal = openSqliteJournal({ dataDir, whenLocked });
  try {
    // Read once: opening an encrypted one takes its time.
    const [key = keyOf(dataDir, passphrase)] = keys;
    journal.claim(deskIdOf(key));
    return { key, journal, abandon: () => journal.abandon() };
  } catch (error) {
    journal.abandon();
    throw error;
  }
}

/** Deals in a journal are deals of its key: without it they would be nobody's, so that no new one takes its place. */
function keyOf(dataDir: string, passphrase: string | undefined): KeyObject {
  const file = join(dataDir, KEY_FILE);
  const isNew = !existsSync(file) && !hasJournal(dataDir);
  return isNew ? createKeyFile(file, passphrase) : readKeyFile(file, passphrase);
}

function assertPossible(options: DeskOptions): void {
  const { port, host, announcePort, grapes, broadcastKey, passphrase } = options;
  assertPassphrase(passphrase);
  // The DHT knows IPv4 alone.
  if (host !== undefined && !isIPv4(host))
    throw new GrapevineError('ERR_USAGE', `"${host.slice(0, 100)}" is no IPv4 address`);
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
    `"${url.slice(0, 100)}" is no URL of a grape; they look like ${DEFAULT_GRAPES[0] ?? ''}`,
  );
}
