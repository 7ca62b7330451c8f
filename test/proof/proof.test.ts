/** The formal model, as far as the normal suite has time for it; `npm run proof` searches all of it. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readCounterexample } from '../../proof/counterexample.ts';
import { runSearch } from '../../proof/run-search.ts';
import { SEARCHES, type Search } from '../../proof/searches.ts';
import { INSTALL, missingTools } from '../../proof/tools.ts';

const LIMITS = { memoryMb: 1_000, timeoutMs: 60_000 };
/** A compiler has to run first, on a machine that has other things to do. */
const TIMEOUT_MS = 90_000;
const missing = await missingTools(tmpdir());
if (missing.length > 0) process.stderr.write(`SKIPPED, as ${missing.join(' and ')} is missing. ${INSTALL}`);

function named(name: string): Search {
  const search = SEARCHES.find((each) => each.name === name);
  if (search === undefined) throw new Error(`no search is called ${name}`);
  return search;
}

describe.skipIf(missing.length > 0)('the formal model', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'grapevine-proof-test-'));
  });
  afterEach(async () => {
    expect(await readdir(folder)).toEqual([]);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('keeps all promises with all rules, and reaches all of its states', { timeout: TIMEOUT_MS }, async () => {
    const found = await runSearch(named('all-rules'), folder, LIMITS);
    expect(found).toMatchObject({ result: 'kept', problem: null });
    expect(found.states).toBeGreaterThan(100_000);
  });

  it.each(['epochs-without-a-life', 'confirms-what-is-over'])(
    'breaks a promise as it is kept: %s',
    { timeout: TIMEOUT_MS },
    async (name) => {
      const search = named(name);
      const found = await runSearch(search, folder, LIMITS);
      expect(found.result).toBe(search.expected);
      expect(found.story).toEqual(readCounterexample(name).story);
    },
  );

  it('does not count an unfinished search as one that found nothing', { timeout: TIMEOUT_MS }, async () => {
    const found = await runSearch(named('all-rules'), folder, { ...LIMITS, memoryMb: 140 });
    expect(found).toMatchObject({ result: 'unfinished', problem: 'memory was used up' });
  });

  it('reports what never happens in a configuration where everything should', { timeout: TIMEOUT_MS }, async () => {
    const search = { ...named('all-rules'), macros: { MAKER_CRASHES: 0 } };
    const found = await runSearch(search, folder, LIMITS);
    expect(found.result).toBe('unfinished');
    expect(found.problem).toMatch(/^lines of the model that never happen: \d+/);
  });
});

describe('the stored counterexamples', () => {
  const without = SEARCHES.filter(({ expected }) => expected !== 'kept');

  it.each(without.map((search) => [search.name, search] as const))('%s', (name, { macros, about, expected }) => {
    expect(readCounterexample(name)).toMatchObject({ search: name, withoutRule: about, macros, breaks: expected });
  });
});
