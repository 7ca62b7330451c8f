/** One desk across all its lives: starts its process, sends it orders, kills it, and starts it again with the same folder. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '../testing/free-port.ts';
import type { Chronicle } from './chronicle.ts';
import type { DeskMessage, DeskSettings, Order, Role } from './desk-messages.ts';

export interface DeskKeeperInit {
  readonly name: string;
  readonly role: Role;
  /** The program of its process. */
  readonly program: string;
  readonly dataDir: string;
  readonly runFolder: string;
  /** The desk's port at first. It gets another one if a program has taken this one between two lives. */
  readonly port: number;
  readonly announcePort: number;
  readonly grapes: readonly string[];
  readonly chronicle: Chronicle;
  readonly onMessage: (message: DeskMessage) => void;
}

export type OrderResult = { readonly kind: 'done'; readonly offerId: string } | { readonly kind: 'refused' | 'lost' };

type OrderDraft = Order extends infer Each ? (Each extends Order ? Omit<Each, 'number'> : never) : never;

type Life = 'down' | 'starting' | 'up' | 'ending';

const STOP_TIMEOUT_MS = 10_000;
const ERROR_TEXT_MAX = 4_000;

export class DeskKeeper {
  readonly name: string;
  readonly role: Role;
  readonly dataDir: string;
  /** Null until it has been up for the first time. */
  id: string | null = null;
  port: number;
  readonly #init: DeskKeeperInit;
  readonly #orders = new Map<number, (result: OrderResult) => void>();
  #orderCount = 0;
  #life: Life = 'down';
  #lifeNumber = 0;
  #startedAt = 0;
  /** The run is over: it is not started again. */
  #isOver = false;
  #child: ChildProcess | null = null;
  #ended: Promise<unknown> = Promise.resolve();

  constructor(init: DeskKeeperInit) {
    this.#init = init;
    this.name = init.name;
    this.role = init.role;
    this.dataDir = init.dataDir;
    this.port = init.port;
  }

  get life(): Life {
    return this.#life;
  }

  get journalFile(): string {
    return join(this.dataDir, 'journal.db');
  }

  start(): void {
    if (this.#isOver || this.#life !== 'down') return;
    this.#life = 'starting';
    this.#lifeNumber += 1;
    this.#startedAt = Date.now();
    const child = fork(this.#init.program, [JSON.stringify(this.#settings())], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child = child;
    let errorText = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      errorText = (errorText + chunk.toString()).slice(-ERROR_TEXT_MAX);
    });
    let portIsTaken = false;
    child.on('message', (message: DeskMessage) => {
      portIsTaken ||= message.kind === 'failed' && message.code === 'ERR_PORT_IN_USE';
      this.#onMessage(message, portIsTaken);
    });
    this.#ended = this.#watch(child, () => (portIsTaken ? null : errorText));
  }

  /** Resolves when the process has ended. */
  async kill(): Promise<void> {
    this.#life = 'ending';
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  /** Sends SIGTERM, and waits. If the process does not end, that is a defect. */
  async terminate(): Promise<void> {
    if (this.#life === 'down') return;
    this.#life = 'ending';
    this.#child?.kill('SIGTERM');
    const patience = setTimeout(() => {
      this.#defect(`did not end within ${STOP_TIMEOUT_MS} ms of SIGTERM`);
      this.#child?.kill('SIGKILL');
    }, STOP_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(patience);
  }

  /** `terminate` at the end of the run: it can't be started again. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.terminate();
  }

  /** For the exit of the run's own process: kills without waiting. It can't be started again. */
  abandon(): void {
    this.#isOver = true;
    if (this.#life === 'down') return;
    this.#life = 'ending';
    this.#child?.kill('SIGKILL');
  }

  /** `lost`: the process ended, so it is unknown whether the order was carried out. */
  order(draft: OrderDraft): Promise<OrderResult> {
    const child = this.#child;
    if (this.#life !== 'up' || child?.connected !== true) return Promise.resolve({ kind: 'lost' });
    const number = ++this.#orderCount;
    return new Promise((resolve) => {
      this.#orders.set(number, resolve);
      child.send({ ...draft, number }, (error) => {
        if (error !== null) this.#settle(number, { kind: 'lost' });
      });
    }).then((result) => {
      const { kind } = result as OrderResult;
      if (kind === 'done') {
        this.#init.chronicle.granted.push({
          desk: this.name,
          what: draft.what,
          offerId: (result as { offerId: string }).offerId,
        });
      }
      return result as OrderResult;
    });
  }

  #settings(): DeskSettings {
    const { name, role, dataDir, runFolder, announcePort, grapes } = this.#init;
    return { name, role, dataDir, runFolder, port: this.port, announcePort, grapes };
  }

  #onMessage(message: DeskMessage, portIsTaken: boolean): void {
    const { chronicle, onMessage } = this.#init;
    if (message.kind === 'ready') {
      this.id = message.id;
      if (this.#life === 'starting') this.#life = 'up';
    }
    const [desk, life, startedAt, now] = [this.name, this.#lifeNumber, this.#startedAt, Date.now()];
    if (message.kind === 'notice') {
      chronicle.told.push({ at: now, desk, life, lifeStartedAt: startedAt, notice: message.notice });
    }
    if (message.kind === 'stopped') chronicle.orderlyLives.push({ desk, life, startedAt, stoppedAt: now });
    if (message.kind === 'failed' && !portIsTaken) this.#defect(`could not start: ${message.text}`);
    if (message.kind === 'answer') {
      const { number, offerId, error } = message;
      this.#settle(number, error === null ? { kind: 'done', offerId } : { kind: 'refused' });
    }
    onMessage(message);
  }

  /** @param errorTextOf returns null if the next start must try another port */
  async #watch(child: ChildProcess, errorTextOf: () => string | null): Promise<void> {
    // The messages that it sent before its end are read first.
    const closed = child.connected ? once(child, 'disconnect') : null;
    await Promise.all([once(child, 'close'), closed]);
    const wasOrdered = this.#life === 'ending';
    this.#life = 'down';
    this.#child = null;
    for (const number of [...this.#orders.keys()]) this.#settle(number, { kind: 'lost' });
    if (wasOrdered) return;
    const errorText = errorTextOf();
    if (errorText !== null) {
      this.#defect(`ended by itself (${child.exitCode ?? child.signalCode ?? ''}) ${errorText}`);
    }
    this.port = await freePort();
    this.start();
  }

  #settle(number: number, result: OrderResult): void {
    this.#orders.get(number)?.(result);
    this.#orders.delete(number);
  }

  #defect(text: string): void {
    this.#init.chronicle.defects.push({ at: Date.now(), desk: this.name, text });
  }
}
