/**
 * The command line of `npm run simulate`. Exit code 0: all promises were kept; 1: a promise was broken (the output has the seed), or there
 * were too few deals; 2: wrong usage.
 */
import { parseArgs } from 'node:util';
import { runCampaign, unchecked, type CampaignTotal } from './campaign.ts';
import { runExhaustively, runScript } from './exhaustive.ts';
import type { Mutant } from './mutant.ts';
import { MUTANTS, mutantNamed } from './mutants.ts';
import type { WorldResult } from './world.ts';

const USAGE = `simulate [--deals N] [--seed S] [--journal memory|sqlite] [--liveness] [--no-restores] [--mutant NAME] [--trace]
         [--worlds N]
simulate --exhaustive [--faults N] [--mutant NAME]
simulate --mutants`;

/** Receives the output, line by line. */
export interface Output {
  readonly result: (line: string) => void;
  readonly note: (line: string) => void;
}

/** @returns the exit code */
export async function runCommandLine(args: readonly string[], output: Output): Promise<number> {
  try {
    const options = readOptions(args);
    if (options.help) output.result(USAGE);
    else if (options.mutants) for (const { name, defect } of MUTANTS) output.result(`${name.padEnd(34)} ${defect}`);
    else return await (options.exhaustive ? enumerate(options, output) : simulate(options, output));
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    output.note(`ERR_USAGE: ${error.message}\n${USAGE}`);
    return 2;
  }
}

/** With this number of deals, every rule must have been compared. */
const DEALS_FOR_ALL_CHECKS = 300;

class UsageError extends Error {}

interface Options {
  readonly deals: number;
  readonly seed: number;
  /** The most worlds. */
  readonly worlds: number;
  readonly journal: 'memory' | 'sqlite';
  readonly liveness: boolean;
  readonly restores: boolean;
  readonly mutant: Mutant | null;
  readonly trace: boolean;
  readonly mutants: boolean;
  readonly exhaustive: boolean;
  /** With `--exhaustive`: the most faults in one run. */
  readonly faults: number;
  readonly help: boolean;
}

function readOptions(args: readonly string[]): Options {
  const { values } = parse(args);
  const { mutant, journal = 'memory' } = values;
  const found = mutant === undefined ? null : mutantNamed(mutant);
  if (found === undefined) throw new UsageError(`there is no mutant "${mutant ?? ''}"; --mutants lists them`);
  if (journal !== 'memory' && journal !== 'sqlite')
    throw new UsageError(`a journal is memory or sqlite, not "${journal}"`);
  const deals = wholeNumber('--deals', values.deals ?? '10000', 1);
  return {
    deals,
    seed: wholeNumber('--seed', values.seed ?? '1', 0),
    // Some mutants never make a deal.
    worlds: wholeNumber('--worlds', values.worlds ?? (2 * deals + 100).toString(), 1),
    journal,
    liveness: values.liveness ?? false,
    restores: values['no-restores'] !== true,
    mutant: found,
    trace: values.trace ?? false,
    mutants: values.mutants ?? false,
    exhaustive: values.exhaustive ?? false,
    faults: wholeNumber('--faults', values.faults ?? '2', 0),
    help: values.help ?? false,
  };
}

function parse(args: readonly string[]): ReturnType<typeof parseKnown> {
  try {
    return parseKnown(args);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function parseKnown(args: readonly string[]) {
  const flag = { type: 'boolean' } as const;
  const text = { type: 'string' } as const;
  return parseArgs({
    args: [...args],
    options: {
      deals: text,
      seed: text,
      worlds: text,
      journal: text,
      mutant: text,
      liveness: flag,
      'no-restores': flag,
      trace: flag,
      mutants: flag,
      exhaustive: flag,
      faults: text,
      help: flag,
    },
  });
}

function wholeNumber(name: string, text: string, min: number): number {
  const number = Number(text);
  if (/^\d{1,15}$/.test(text) && number >= min) return number;
  throw new UsageError(`${name} is a whole number from ${min}, not "${text}"`);
}

// ---- campaigns ------------------------------------------------------------------------------------------------------------

async function simulate(options: Options, output: Output): Promise<number> {
  const { deals, seed, mutant, trace, journal, liveness, restores } = options;
  const startedAt = performance.now();
  const { total, failed } = await runCampaign({
    deals,
    seed,
    journal,
    liveness,
    restores,
    worldsMax: options.worlds,
    tampering: mutant?.tampering,
    ...(trace && { trace: output.result }),
    isEnough: interrupted(),
    onWorld: progress(startedAt, output),
  });
  report(output, total, (performance.now() - startedAt) / 1_000);
  if (failed !== null) {
    tellFailure(options, output, failed, total);
    return 1;
  }
  if (total.deals < deals) {
    output.result(`no promise broken, but there were only ${total.deals} of ${deals} deals, which proves little`);
    return 1;
  }
  // A few deals do not reach all rules.
  const blind = total.deals >= DEALS_FOR_ALL_CHECKS ? unchecked(total) : [];
  if (blind.length > 0) {
    output.result(`no promise broken, but nothing was ever compared of: ${blind.join(', ')}`);
    return 1;
  }
  output.result('all promises kept');
  return 0;
}

/** An interrupted campaign still prints its report. */
function interrupted(): () => boolean {
  let isInterrupted = false;
  process.once('SIGINT', () => {
    isInterrupted = true;
  });
  return () => isInterrupted;
}

const PROGRESS_EVERY_MS = 15_000;

function progress(startedAt: number, output: Output): (result: WorldResult, total: CampaignTotal) => void {
  let toldAt = startedAt;
  return (_result, { deals, worlds }) => {
    const now = performance.now();
    if (now - toldAt < PROGRESS_EVERY_MS) return;
    toldAt = now;
    output.note(`${deals} deals in ${worlds} worlds, ${Math.round((now - startedAt) / 1_000)} s`);
  };
}

function report({ result: say }: Output, total: CampaignTotal, seconds: number): void {
  say(`deals           ${total.deals} (of ${total.offers} offers, in ${total.worlds} worlds)`);
  say(`messages        ${total.messages}`);
  say(`simulated time  ${(total.simulatedMs / 3_600_000).toFixed(1)} h`);
  say(`speed           ${Math.round(total.deals / seconds)} deals/s (${seconds.toFixed(1)} s)`);
  say('faults injected');
  for (const [kind, count] of total.faults.entries()) say(`  ${kind.padEnd(22)} ${count}`);
}

function tellFailure(
  options: Options,
  { result: say }: Output,
  { seed, violation }: WorldResult,
  { deals }: CampaignTotal,
): void {
  const { mutant, journal, liveness, restores } = options;
  const flags = [
    mutant === null ? [] : ['--mutant', mutant.name],
    journal === 'memory' ? [] : ['--journal', journal],
    liveness ? ['--liveness'] : [],
    restores ? [] : ['--no-restores'],
  ].flat();
  say('');
  say(`VIOLATION after ${deals} deals, seed ${seed}`);
  say(`  ${violation?.message ?? ''}`);
  say(`  npm run simulate -- --deals 1 --seed ${seed} ${[...flags, '--trace'].join(' ')}`);
}

// ---- every case -----------------------------------------------------------------------------------------------------------

async function enumerate({ faults, mutant }: Options, { result: say }: Output): Promise<number> {
  const startedAt = performance.now();
  const tampering = mutant?.tampering;
  const { runs, points, failed } = await runExhaustively({ faults, tampering });
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  say(`one maker, two takers, one offer: ${points} points without a fault`);
  say(`runs  ${runs} (all that have up to ${faults} faults) in ${seconds} s`);
  if (failed === null) {
    say('all promises kept');
    return 0;
  }
  say(`VIOLATION: ${failed.violation.message}`);
  for (const [point, fault] of failed.script) say(`  point ${point}: ${fault}`);
  await runScript(failed.script, tampering, say);
  return 1;
}
