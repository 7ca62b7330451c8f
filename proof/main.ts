/**
 * `npm run proof`: searches the formal model, in several sizes with all rules, and once without each rule. Exit code 0: each search had
 * the expected result; 1: one had not, or a tool is missing; 2: wrong usage. See docs/PROOF.md.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { counterexampleFile, textOfCounterexample } from './counterexample.ts';
import { lineOf, TABLE_HEAD } from './report.ts';
import { runSearch, type Found } from './run-search.ts';
import { SEARCHES, type Search } from './searches.ts';
import { INSTALL, missingTools } from './tools.ts';

const USAGE = `Usage: npm run proof -- [options]

  --only NAME   this search alone; can be given several times
  --story       also prints how each promise was broken
  --keep        writes the counterexamples to proof/counterexamples/
`;

/** The limits of each search. */
const LIMITS = { memoryMb: 2_500, timeoutMs: 280_000 };
const AT_A_TIME = Math.min(2, availableParallelism());

interface Options {
  readonly searches: readonly Search[];
  readonly story: boolean;
  readonly keep: boolean;
}

/** @throws Error with a text for people */
function readOptions(args: readonly string[]): Options {
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { only: { type: 'string', multiple: true }, story: flag, keep: flag },
  });
  const unknown = values.only?.find((name) => !SEARCHES.some((search) => search.name === name));
  if (unknown !== undefined) throw new Error(`no search is called ${unknown}`);
  const searches = SEARCHES.filter(({ name }) => values.only?.includes(name) ?? true);
  return { searches, story: values.story, keep: values.keep };
}

async function main(): Promise<number> {
  if (process.argv.includes('--help')) {
    process.stdout.write(USAGE);
    return 0;
  }
  let options: Options;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`ERR_USAGE: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return 2;
  }
  const folder = await mkdtemp(join(tmpdir(), 'grapevine-proof-'));
  try {
    const missing = await missingTools(folder);
    if (missing.length > 0) {
      process.stderr.write(`ERR_TOOL_MISSING: ${missing.join(' and ')}\n${INSTALL}`);
      return 1;
    }
    return await proveAll(options, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function proveAll({ searches, story, keep }: Options, folder: string): Promise<number> {
  const startedMs = performance.now();
  process.stdout.write(`${TABLE_HEAD}\n`);
  const waiting = [...searches];
  let wrong = 0;
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const found = await runSearch(next, folder, LIMITS);
      process.stdout.write(`${lineOf(found)}\n`);
      if (story && found.story.length > 0) process.stdout.write(found.story.map((line) => `    ${line}\n`).join(''));
      if (found.result !== next.expected) wrong += 1;
      else if (keep) await keepCounterexample(found);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
  process.stdout.write(`\n${searches.length} searches, ${wrong} not as expected, ${seconds} s\n`);
  return wrong === 0 ? 0 : 1;
}

async function keepCounterexample(found: Found): Promise<void> {
  if (found.result === 'kept') return;
  const file = counterexampleFile(found.search.name);
  const text = textOfCounterexample(found);
  const before = await readFile(file, 'utf8').catch(() => null);
  if (before !== text) await writeFile(file, text);
}

process.exitCode = await main();
