/** The grapes, desks and proxies of a run. A proxy is in front of each desk. `stop` and `removeFolder` leave nothing behind. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLog, startGrapes, type Grapes } from '../src/index.ts';
import { freePorts } from '../testing/free-port.ts';
import type { ChaosOptions } from './chaos-options.ts';
import { Chronicle } from './chronicle.ts';
import { DeskKeeper } from './desk-keeper.ts';
import type { Role } from './desk-messages.ts';
import { FAULT_KINDS, type FaultKind } from './fate.ts';
import { OfferTally } from './offer-tally.ts';
import { fatesOf } from './plan.ts';
import { snapshotPrograms } from './program-snapshot.ts';
import { TcpProxy } from './tcp-proxy.ts';

const GRAPES = 3;
const DESK_PROGRAM = fileURLToPath(new URL('desk-process.ts', import.meta.url));

export class ChaosWorld {
  readonly folder: string;
  readonly chronicle = new Chronicle();
  readonly tally = new OfferTally();
  readonly desks: DeskKeeper[] = [];
  readonly faults: Record<FaultKind, number>;
  readonly #options: ChaosOptions;
  readonly #proxies: TcpProxy[] = [];
  #grapes: Grapes | null = null;

  constructor(options: ChaosOptions) {
    this.#options = options;
    this.folder = mkdtempSync(join(options.folder ?? tmpdir(), 'grapevine-chaos-'));
    this.faults = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  }

  get makers(): readonly DeskKeeper[] {
    return this.desks.filter(({ role }) => role === 'maker');
  }

  /** Resolves when grapes and proxies are ready, and the processes of the desks have been started. */
  async start(): Promise<void> {
    this.#grapes = await startGrapes({ count: GRAPES, host: '127.0.0.1', dhtPort: 0, apiPort: 0, log: silentLog });
    const { makers, takers } = this.#options;
    const [program = ''] = await snapshotPrograms(join(this.folder, 'program'), DESK_PROGRAM);
    const ports = await freePorts(makers + takers);
    for (const [index, port] of ports.entries()) {
      const role = index < makers ? 'maker' : 'taker';
      await this.#add(role, `${role}-${role === 'maker' ? index + 1 : index - makers + 1}`, port, program);
    }
    for (const desk of this.desks) desk.start();
  }

  /** Ends the faults of the proxies. */
  heal(): void {
    for (const proxy of this.#proxies) proxy.heal();
  }

  /** Stops everything. The data folders remain. */
  async stop(): Promise<void> {
    await Promise.all(this.desks.map((desk) => desk.end()));
    await Promise.all(this.#proxies.map((proxy) => proxy.close()));
    await this.#grapes?.stop();
  }

  removeFolder(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  /** For the exit of this process: kills the desks without waiting. */
  abandon(): void {
    for (const desk of this.desks) desk.abandon();
  }

  async #add(role: Role, name: string, port: number, program: string): Promise<void> {
    const proxy = await TcpProxy.listen({
      deskPort: () => desk.port,
      nextFate: fatesOf(this.#options.seed, name),
      onFault: (kind) => {
        this.faults[kind] += 1;
      },
    });
    this.#proxies.push(proxy);
    const desk: DeskKeeper = new DeskKeeper({
      name,
      role,
      program,
      dataDir: join(this.folder, name),
      runFolder: this.folder,
      port,
      announcePort: proxy.port,
      grapes: this.#grapes?.api ?? [],
      chronicle: this.chronicle,
      onMessage: (message) => {
        if (role === 'maker') this.tally.onMessage(name, message);
      },
    });
    this.desks.push(desk);
  }
}
