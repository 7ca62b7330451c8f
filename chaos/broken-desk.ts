/** The desk of `createDesk`, but with the broken journal of hasty-journal.ts. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Desk } from '../src/desk/desk.ts';
import { GrenacheNetwork } from '../src/grenache/grenache-network.ts';
import { systemClock } from '../src/host/system-clock.ts';
import { systemRandomness } from '../src/host/system-randomness.ts';
import { deskIdOf } from '../src/identity/desk-id.ts';
import { createKeyFile, readKeyFile } from '../src/identity/key-file.ts';
import { DeskIdentity } from '../src/identity/desk-identity.ts';
import { ed25519Scheme } from '../src/identity/ed25519.ts';
import { silentLog, type Interest } from '../src/index.ts';
import { openSqliteJournal } from '../src/store/open-sqlite-journal.ts';
import { HastyJournal } from './hasty-journal.ts';

export interface BrokenDeskOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly announcePort: number;
  readonly grapes: readonly string[];
  readonly interest: Interest;
}

export function createBrokenDesk({ dataDir, port, announcePort, grapes, interest }: BrokenDeskOptions): Desk {
  mkdirSync(dataDir, { recursive: true });
  const keyFile = join(dataDir, 'identity.key');
  const key = existsSync(keyFile) ? readKeyFile(keyFile) : createKeyFile(keyFile);
  const id = deskIdOf(key);
  return new Desk({
    identity: new DeskIdentity({
      id,
      scheme: ed25519Scheme(key),
      trust: 'signed',
      nonce: () => systemRandomness.hex(16),
    }),
    network: new GrenacheNetwork({
      deskId: id,
      broadcastKey: 'common',
      grapes,
      host: '127.0.0.1',
      port,
      announcePort,
      log: silentLog,
    }),
    journal: new HastyJournal(openSqliteJournal({ dataDir })),
    clock: systemClock,
    randomness: systemRandomness,
    log: silentLog,
    interest,
  });
}
