/** One of our programs as a process of its own. A test can wait for its log events. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

export type LoggedEvent = Readonly<Record<string, unknown>> & { readonly event: string };

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningPlace {
  /** The project's folder by default. */
  readonly cwd?: string;
  /** A command that runs the program, with its arguments: `ip netns exec NAME`. It must replace itself by the program. */
  readonly under?: readonly string[];
}

export class RunningProgram {
  readonly events: LoggedEvent[] = [];
  readonly lines: string[] = [];
  readonly ended: Promise<Ended>;
  errorText = '';
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #watchers = new Set<() => void>();
  #hasEnded = false;

  /** @param args a script of the project's folder, and its arguments */
  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string | undefined>> = {},
    { cwd = ROOT, under = [] }: RunningPlace = {},
  ) {
    // The default data folder, so that the tests do not touch the desks of the user who runs them.
    const dataHome = mkdtempSync(join(tmpdir(), 'grapevine-test-'));
    const [file = '', ...all] = [...under, process.execPath, ...args];
    this.#child = spawn(file, all, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, XDG_DATA_HOME: dataHome, ...env },
    });
    createInterface(this.#child.stdout).on('line', (line) => {
      this.lines.push(line);
      const event = parse(line);
      if (event !== null) this.events.push(event);
      this.#notify();
    });
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.errorText += chunk.toString();
      this.#notify();
    });
    this.ended = once(this.#child, 'close').then(([code, signal]) => {
      this.#hasEnded = true;
      rmSync(dataHome, { recursive: true, force: true });
      this.#notify();
      return { code: code as number | null, signal: signal as NodeJS.Signals | null };
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The first event with this name that satisfies the condition; rejects if the program ends without it. */
  event(name: string, satisfies: (event: LoggedEvent) => boolean = () => true): Promise<LoggedEvent> {
    return this.#until(name, () => this.events.find((event) => event.event === name && satisfies(event)));
  }

  /** The events with this name so far. */
  all(name: string): readonly LoggedEvent[] {
    return this.events.filter(({ event }) => event === name);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends SIGTERM, and waits until the program has ended. */
  async stop(): Promise<Ended> {
    this.signal('SIGTERM');
    return this.ended;
  }

  #until<T>(what: string, look: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const watch = (): void => {
        const found = look();
        if (found === undefined && !this.#hasEnded) return;
        this.#watchers.delete(watch);
        if (found !== undefined) resolve(found);
        else reject(new Error(`ended without ${what}: ${this.lines.slice(-5).join('\n')}\n${this.errorText}`));
      };
      this.#watchers.add(watch);
      watch();
    });
  }

  #notify(): void {
    for (const watch of [...this.#watchers]) watch();
  }
}

function parse(line: string): LoggedEvent | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'event' in value ? (value as LoggedEvent) : null;
  } catch {
    return null;
  }
}
