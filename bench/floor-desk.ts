/**
 * The parts of the floor's desks: a signer with one signature for all texts of one turn of the event loop, a journal with one fdatasync
 * for all waiting entries, and lines of JSON over TCP with one write for each turn. Only what a deal needs: no limits, and no handling of
 * failures.
 */
import {
  createHash,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { once } from 'node:events';
import { fdatasync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'libsql';

const CONNECT_PATIENCE_MS = 10_000;

/** Retries until the maker listens on this port, as takers start first. */
export async function connectToMaker(port: number): Promise<Socket> {
  const deadline = performance.now() + CONNECT_PATIENCE_MS;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(20);
    }
  }
}

const hash = (...parts: readonly (string | Buffer)[]): Buffer => {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part);
  return sum.digest();
};

/** All pairs share one secret, which costs the same as a secret for each pair. */
export function mac(text: string): string {
  return createHmac('sha256', 'the secret of a pair').update(text).digest('base64url');
}

export class FloorSigner {
  readonly #keys = generateKeyPairSync('ed25519');
  #waiting: { readonly text: string; readonly signed: (proof: string) => void }[] = [];

  get publicKey(): string {
    return this.#keys.publicKey.export({ format: 'der', type: 'spki' }).toString('base64url');
  }

  /** @returns the signature of the root of a Merkle tree, and the path to the root, joined by points */
  sign(text: string): Promise<string> {
    return new Promise((signed) => {
      if (this.#waiting.length === 0)
        setImmediate(() => {
          this.#signAll();
        });
      this.#waiting.push({ text, signed });
    });
  }

  #signAll(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    const paths: string[][] = batch.map(() => []);
    const positions = batch.map((_, index) => index);
    let level = batch.map(({ text }) => hash('0', text));
    while (level.length > 1) {
      for (const [item, position] of positions.entries()) {
        const sibling = level[position ^ 1];
        if (sibling !== undefined) paths[item]?.push((position & 1 ? 'l' : 'r') + sibling.toString('base64url'));
        positions[item] = position >> 1;
      }
      level = pairUp(level);
    }
    const signature = sign(null, level[0] ?? Buffer.alloc(0), this.#keys.privateKey).toString('base64url');
    for (const [item, { signed }] of batch.entries()) signed([signature, ...(paths[item] ?? [])].join('.'));
  }
}

function pairUp(level: readonly Buffer[]): Buffer[] {
  const next: Buffer[] = [];
  for (const [index, right] of level.entries()) {
    const left = index % 2 === 1 ? level[index - 1] : undefined;
    if (left !== undefined) next.push(hash('1', left, right));
    else if (index === level.length - 1) next.push(right);
  }
  return next;
}

/** Verifies the signatures of another desk. It caches valid roots. */
export class FloorVerifier {
  readonly #key: KeyObject;
  readonly #genuine = new Set<string>();

  constructor(publicKey: string) {
    this.#key = createPublicKey({ key: Buffer.from(publicKey, 'base64url'), format: 'der', type: 'spki' });
  }

  /** @throws Error if it is forged; the floor does not handle that */
  check(text: string, proof: string): void {
    const [signature = '', ...path] = proof.split('.');
    let root = hash('0', text);
    for (const step of path) {
      const sibling = Buffer.from(step.slice(1), 'base64url');
      root = step.startsWith('l') ? hash('1', sibling, root) : hash('1', root, sibling);
    }
    const known = `${signature}${root.toString('base64url')}`;
    if (this.#genuine.has(known)) return;
    if (!verify(null, root, this.#key, Buffer.from(signature, 'base64url'))) throw new Error('a forged signature');
    if (this.#genuine.size > 2_000) this.#genuine.clear();
    this.#genuine.add(known);
  }
}

export class FloorJournal {
  readonly #folder = mkdtempSync(join(tmpdir(), 'grapevine-floor-'));
  readonly #database: Database.Database;
  readonly #insert: Database.Statement;
  readonly #log: number;
  #written: { readonly offerId: string; readonly record: string }[] = [];
  #waiting: (() => void)[] = [];
  #isArmed = false;
  #isSyncing = false;

  constructor() {
    const file = join(this.#folder, 'journal.db');
    this.#database = new Database(file);
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    this.#database.exec('CREATE TABLE records (number INTEGER PRIMARY KEY, offer TEXT, record TEXT)');
    this.#insert = this.#database.prepare('INSERT INTO records (offer, record) VALUES (?, ?)');
    this.#log = openSync(`${file}-wal`, 'r+');
  }

  /** Writes without a wait, in order. */
  write(offerId: string, record: string): void {
    this.#written.push({ offerId, record });
    this.#arm();
  }

  /** Resolves when it is on the disk. */
  writeDurably(offerId: string, record: string): Promise<void> {
    return new Promise((durable) => {
      this.#waiting.push(durable);
      this.write(offerId, record);
    });
  }

  close(): void {
    this.#database.close();
    rmSync(this.#folder, { recursive: true });
  }

  #arm(): void {
    if (this.#isArmed || this.#isSyncing) return;
    this.#isArmed = true;
    setImmediate(() => {
      this.#isArmed = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#written.length === 0) return;
    const [records, waiting] = [this.#written, this.#waiting];
    this.#written = [];
    this.#waiting = [];
    this.#database.exec('BEGIN IMMEDIATE');
    for (const { offerId, record } of records) this.#insert.run(offerId, record);
    this.#database.exec('COMMIT');
    if (waiting.length === 0) return;
    this.#isSyncing = true;
    fdatasync(this.#log, (error) => {
      if (error !== null) throw error;
      this.#isSyncing = false;
      for (const durable of waiting) durable();
      this.#flush();
    });
  }
}

export class FloorLine {
  readonly #socket: Socket;
  #unsent: string[] = [];

  /** @param parse a line -> its value */
  constructor(
    socket: Socket,
    receive: (message: Readonly<Record<string, never>>) => void,
    parse: (line: string) => unknown = JSON.parse,
  ) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    let rest = '';
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) receive(parse(line) as Readonly<Record<string, never>>);
    });
  }

  /** @param line one JSON value as text */
  send(line: string): void {
    if (this.#unsent.length === 0) {
      setImmediate(() => {
        this.#socket.write(`${this.#unsent.join('\n')}\n`);
        this.#unsent = [];
      });
    }
    this.#unsent.push(line);
  }

  close(): void {
    this.#socket.destroy();
  }
}
