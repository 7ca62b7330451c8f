/** One of our programs in a real terminal (`script` of util-linux). A test can type keys, and close the terminal. */
import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ROWS = 24;
const COLUMNS = 80;

/** Some systems have another `script`, or none. */
export const hasTerminals = spawnSync('script', ['--version']).status === 0;

export class TerminalProgram {
  /** All that the terminal has shown. */
  shown = '';
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #closed: Promise<unknown>;
  readonly #folder = mkdtempSync(join(tmpdir(), 'grapevine-terminal-'));
  readonly #watchers = new Set<() => void>();

  /** @param args a script of the project's folder, and its arguments, without special characters of a shell */
  constructor(args: readonly string[]) {
    // Like an interactive shell, it forwards SIGHUP when the terminal closes. Then nothing can receive the exit code, so it is written to
    // a file.
    const line = [
      `trap 'kill -HUP $!' HUP; trap : INT; stty rows ${ROWS} cols ${COLUMNS}`,
      `${process.execPath} ${args.join(' ')} </dev/tty & wait $!; code=$?`,
      'if [ $code -gt 128 ]; then wait $!; code=$?; fi',
      `echo $code >${this.#codeFile}`,
    ].join('\n');
    this.#child = spawn('script', ['-qfc', line, '/dev/null'], {
      cwd: ROOT,
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, SHELL: '/bin/sh', TERM: 'xterm', XDG_DATA_HOME: this.#folder },
    });
    this.#closed = once(this.#child, 'close');
    this.#child.stdout.on('data', (chunk: Buffer) => {
      this.shown += chunk.toString();
      for (const watch of [...this.#watchers]) watch();
    });
    void this.#closed.then(() => {
      for (const watch of [...this.#watchers]) watch();
    });
  }

  /** Resolves when the terminal shows the pattern; rejects if the terminal is closed before. */
  async shows(pattern: RegExp): Promise<void> {
    const hasClosed = this.#closed.then(() => true);
    while (!pattern.test(this.shown)) {
      const more = new Promise<false>((resolve) => {
        const watch = (): void => {
          this.#watchers.delete(watch);
          resolve(false);
        };
        this.#watchers.add(watch);
      });
      if (await Promise.race([hasClosed, more])) throw new Error(`ended without ${String(pattern)}: ${this.shown}`);
    }
  }

  type(keys: string): void {
    this.#child.stdin.write(keys);
  }

  /** Closes the window: the system sends SIGHUP to the program in it. */
  close(): void {
    this.#child.kill('SIGKILL');
  }

  /** The exit code of the program. */
  async ended(): Promise<number> {
    await this.#closed;
    for (;;) {
      const code = this.#exitCode();
      if (code !== null) {
        rmSync(this.#folder, { recursive: true, force: true });
        return code;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  get #codeFile(): string {
    return join(this.#folder, 'code');
  }

  #exitCode(): number | null {
    try {
      const text = readFileSync(this.#codeFile, 'utf8');
      return text.endsWith('\n') ? Number(text) : null;
    } catch {
      return null;
    }
  }
}

const LOOK_AGAIN_MS = 20;
