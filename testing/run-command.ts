/** Runs a command in this process, without the start of a new one. */
import { vi } from 'vitest';
import { main } from '../src/cli/main.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** @param env added to the environment while the command runs */
export async function runCommand(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Said> {
  const said = { out: '', err: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.out += text.toString();
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.err += text.toString();
    return true;
  });
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  try {
    return { code: await main(args), ...said };
  } finally {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  }
}
