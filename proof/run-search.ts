/**
 * One search with spin. It compiles the model to a C program that visits every state, or stops at the first state that breaks a
 * promise. An unfinished search proves nothing, and is never reported as `kept`.
 */
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Promised, Search } from './searches.ts';
import { PROMISES } from './searches.ts';
import { run } from './tools.ts';

export interface SearchLimits {
  readonly memoryMb: number;
  readonly timeoutMs: number;
}

export interface Found {
  readonly search: Search;
  readonly result: 'kept' | Promised | 'unfinished';
  readonly states: number;
  readonly seconds: number;
  /** How the promise was broken, one event per line; empty if none was. */
  readonly story: readonly string[];
  /** Why it is unfinished, or which lines of the model were never reached; null: no problem. */
  readonly problem: string | null;
}

const MODEL = 'grapevine.pml';
/** The longest path of states; more than any run of the model needs. */
const DEPTH_MAX = 200_000;

/** @param folder an existing folder, in which the search makes its own */
export async function runSearch(search: Search, folder: string, limits: SearchLimits): Promise<Found> {
  const own = join(folder, search.name);
  await mkdir(own);
  try {
    await copyFile(new URL(MODEL, import.meta.url), join(own, MODEL));
    return await searchIn(own, search, limits);
  } finally {
    await rm(own, { recursive: true });
  }
}

async function searchIn(folder: string, search: Search, { memoryMb, timeoutMs }: SearchLimits): Promise<Found> {
  const macros = macroFlags(search);
  await mustWork('spin', ['-a', ...macros, MODEL], folder);
  // Breadth first finds the shortest story. For a formula, and for a search of all states, depth first takes less memory.
  const isDepthFirst = search.asFormula === true || search.expected === 'kept';
  const shape = search.asFormula === true ? [] : ['-DSAFETY', ...(isDepthFirst ? [] : ['-DBFS'])];
  const compiler = ['-O1', '-w', '-DNOFAIR', '-DVECTORSZ=256', `-DMEMLIM=${memoryMb}`, ...shape];
  await mustWork('gcc', [...compiler, '-o', 'pan', 'pan.c'], folder);
  const startedMs = performance.now();
  const asked = ['-w24', `-m${DEPTH_MAX}`, ...(search.asFormula === true ? ['-a'] : [])];
  const { output, code } = await run('./pan', asked, { folder, timeoutMs });
  const seconds = (performance.now() - startedMs) / 1_000;
  const states = Number(/([\d.e+]+) states, stored/.exec(output)?.[1] ?? 0);
  const errors = Number(/errors: (\d+)/.exec(output)?.[1] ?? NaN);
  const found = { search, states, seconds };
  if (errors > 0) return { ...found, ...(await readStory(folder, macros)) };
  const problem = problemOf(output, code, errors) ?? (search.isComplete === true ? neverHappened(output) : null);
  return { ...found, result: problem === null ? 'kept' : 'unfinished', story: [], problem };
}

async function mustWork(program: string, args: readonly string[], folder: string): Promise<void> {
  const { output, code } = await run(program, args, { folder, timeoutMs: 120_000 });
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${output}`);
}

function macroFlags({ macros, asFormula }: Search): readonly string[] {
  const flags = Object.entries(macros).map(([name, value]) => `-D${name}${value === true ? '' : `=${value}`}`);
  return asFormula === true ? [...flags, '-DLIVENESS'] : flags;
}

function problemOf(output: string, code: number | null, errors: number): string | null {
  if (code === null) return 'it took too long';
  if (output.includes('max search depth too small')) return 'a run was longer than expected';
  if (output.includes('Search not completed') || Number.isNaN(errors)) return 'memory was used up';
  return code === 0 ? null : `it ended with code ${code}`;
}

/** Statements that were never reached, except those after a broken promise. A model that never does something proves nothing about it. */
function neverHappened(output: string): string | null {
  const sections = output.split('unreached in ').slice(1);
  const lines = sections
    .filter((section) => !section.startsWith('proctype Original'))
    .flatMap((section) => [...section.matchAll(/^\t\S+:(\d+), state \d+, "(.*)"$/gm)])
    .filter(([, , what]) => what !== '-end-' && what !== 'assert(0)' && what?.includes('BROKEN') === false)
    .map(([, line]) => line);
  return lines.length === 0 ? null : `lines of the model that never happen: ${[...new Set(lines)].join(', ')}`;
}

async function readStory(
  folder: string,
  macros: readonly string[],
): Promise<Pick<Found, 'result' | 'story' | 'problem'>> {
  await readFile(join(folder, `${MODEL}.trail`));
  const { output } = await run('spin', ['-t', ...macros, MODEL], { folder, timeoutMs: 60_000 });
  const story: string[] = [];
  for (const line of output.split('\n').map((each) => each.trim())) {
    const broken = PROMISES.find((promise) => line === `BROKEN ${promise}`);
    if (broken !== undefined) return { result: broken, story, problem: null };
    if (line.includes('START OF CYCLE')) story.push('from here on again and again:');
    else if (/^(maker|taker|the original|nothing)\b/.test(line)) story.push(line);
    if (line.startsWith('spin: trail ends')) break;
  }
  // No state breaks a promise, so an endless run breaks the formula.
  return { result: 'L1', story, problem: null };
}
