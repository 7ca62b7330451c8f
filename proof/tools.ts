/** Runs the programs that the proof needs, and finds missing ones. */
import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';

export const INSTALL = `The formal model was NOT checked: it needs the model checker spin (6.5 or later) and a C compiler, gcc.
Debian and Ubuntu:  apt-get install spin gcc
macOS:              brew install spin gcc
`;

export interface Finished {
  /** Standard output and standard error, in the order of arrival. */
  readonly output: string;
  /** Null: killed after its time limit. */
  readonly code: number | null;
}

/** Runs a program to its end, with low priority. @throws Error if it can't be started */
export function run(
  program: string,
  args: readonly string[],
  { folder, timeoutMs }: { readonly folder: string; readonly timeoutMs: number },
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ output, code });
    });
    if (child.pid !== undefined) setPriority(child.pid, 10);
  });
}

/** The names of the missing tools. */
export async function missingTools(folder: string): Promise<readonly string[]> {
  const has = async (program: string, flag: string, shows: RegExp): Promise<boolean> => {
    try {
      return shows.test((await run(program, [flag], { folder, timeoutMs: 10_000 })).output);
    } catch {
      return false;
    }
  };
  const missing: string[] = [];
  // Other programs have the name `spin` too.
  if (!(await has('spin', '-V', /^Spin Version/m))) missing.push('spin');
  if (!(await has('gcc', '--version', /\S/))) missing.push('gcc');
  return missing;
}
