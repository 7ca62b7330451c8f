/**
 * What a command loads before it does anything. Loading costs more than most commands do, so that each has its own short
 * list; times are not measured, as they say more about the machine.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

/** Static imports that are there at run time: those of types are not, and neither are those that a function makes. */
const IMPORT = /^(?:import|export) (?!type\b)(?:[^'"]*? from )?'([^']+)';/gm;

/** Files of ours, and packages, that come with a file. */
function loadedBy(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, from = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    if (from.startsWith('.')) loadedBy(join(dirname(file), from), seen);
    else if (!from.startsWith('node:')) seen.add(from);
  }
  return seen;
}

const packagesOf = (file: string): readonly string[] =>
  [...loadedBy(join(SRC, file))].filter((name) => !name.startsWith('/'));

describe('a command loads only what it needs', () => {
  it('for its version or help: no command files', () => {
    expect(packagesOf('cli/main.ts')).toEqual(['commander']);
  });

  it.each(COMMANDS.map(([name]) => name))('to start the command %s', (name) => {
    const allowed = ['commander', 'zod', 'big.js', 'picocolors', 'smol-toml', 'eventsource-parser'];
    const more =
      { verify: ['@noble/curves/ed25519.js', 'lru-cache'], watch: ['log-update', 'string-width'] }[name] ?? [];
    const heavy = packagesOf(`cli/${name}.ts`).filter((one) => ![...allowed, ...more].includes(one));
    expect(heavy).toEqual([]);
  });

  it('for a request to a desk: no second HTTP client, no SQLite, no server', () => {
    const client = packagesOf('control/client.ts');
    expect([...client].sort()).toEqual(['eventsource-parser', 'zod']);
  });

  it('for the question whether a folder has a journal: no SQLite', () => {
    expect(packagesOf('composition/has-journal.ts')).toEqual([]);
    expect([...packagesOf('cli/desk-client.ts')].sort()).toEqual(['commander']);
  });
});
