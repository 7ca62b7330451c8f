/**
 * Runs every case for one maker, two takers and one offer: a crash before and after each journal write (the desk is back soon, or after
 * the end of the hold), the loss and the duplication of each message, and all combinations up to the given number of faults. The points of
 * the second fault come from the run with the first one. So it also hits what happens only after a fault, such as a repeated approval.
 */
import type { OfferId, PeerId } from '../src/protocol/ids.ts';
import { AgreementChecker } from './agreement-checker.ts';
import { DecisionChecker } from './decision-checker.ts';
import { Dice } from './dice.ts';
import { MemoryDisk } from './disk.ts';
import { Router } from './router.ts';
import { Ledger } from './ledger.ts';
import { checkEnding, checkPromises, livenessChecks } from './liveness-checker.ts';
import { MemoryChecker } from './memory-checker.ts';
import { RecoveryChecker } from './recovery-checker.ts';
import { ReportChecker } from './report-checker.ts';
import { ScriptedFates, type Point, type Script, type ScriptedFault } from './scripted-fates.ts';
import { SimClock } from './sim-clock.ts';
import { SimDesk, type Tampering } from './sim-desk.ts';
import { SpeechChecker } from './speech-checker.ts';
import { Timeline } from './timeline.ts';
import { Trace } from './trace.ts';
import { Violation, Witnesses, type Witness } from './witness.ts';

const MAKER = 'a1'.repeat(32) as PeerId;
const TAKERS = ['b2'.repeat(32) as PeerId, 'c3'.repeat(32) as PeerId];
const NAMES = ['M', 'A', 'B'];
const VALID_FOR_MS = 120_000;
/** Longer than the validity, the clock skew and the longest waits together. */
const BOUND_MS = 20 * 60_000;

export interface ExhaustiveInit {
  /** The most faults in one run. */
  readonly faults: number;
  readonly tampering?: Tampering | undefined;
}

export interface ExhaustiveResult {
  readonly runs: number;
  /** The points of the run without a fault. */
  readonly points: number;
  readonly failed: { readonly script: Script; readonly violation: Violation } | null;
}

export async function runExhaustively({ faults, tampering }: ExhaustiveInit): Promise<ExhaustiveResult> {
  let runs = 0;
  let points = 0;
  const explore = async (script: Script): Promise<ExhaustiveResult['failed']> => {
    const run = await runScript(script, tampering);
    runs += 1;
    if (script.size === 0) points = run.points.length;
    if (run.violation !== null) return { script, violation: run.violation };
    if (script.size === faults) return null;
    for (const next of scriptsAfter(script, run.points)) {
      const failed = await explore(next);
      if (failed !== null) return failed;
    }
    return null;
  };
  const failed = await explore(new Map());
  return { runs, points, failed };
}

/** All scripts with one more fault, at a later point than its other faults. */
function* scriptsAfter(script: Script, points: readonly Point[]): Iterable<Script> {
  const firstFree = Math.max(-1, ...script.keys()) + 1;
  for (const [index, { faults }] of points.entries()) {
    if (index < firstFree) continue;
    for (const fault of faults) yield new Map<number, ScriptedFault>([...script, [index, fault]]);
  }
}

interface Run {
  readonly points: readonly Point[];
  readonly violation: Violation | null;
}

export async function runScript(script: Script, tampering?: Tampering, write?: (line: string) => void): Promise<Run> {
  const timeline = new Timeline();
  const fates = new ScriptedFates(script);
  const ledger = new Ledger();
  const memory = new MemoryChecker(ledger);
  const reports = new ReportChecker(ledger);
  const reporters: Witness = {
    noticed: (desk, notice) => {
      const of = desks.find(({ id }) => id === desk);
      if (notice.event === 'deal.won' || notice.event === 'deal.awarded') report(timeline, of, notice);
    },
  };
  const trace = write === undefined ? [] : [new Trace(timeline, write)];
  const witness = new Witnesses([
    ...trace,
    ledger,
    new DecisionChecker(ledger),
    new AgreementChecker(ledger),
    new SpeechChecker(ledger),
    new RecoveryChecker(),
    memory,
    reports,
    reporters,
  ]);
  const router = new Router(timeline, fates, witness);
  const desks = [MAKER, ...TAKERS].map((id, index) => {
    const name = NAMES[index] ?? '';
    trace[0]?.name(id, name);
    const clock = new SimClock(timeline, { offsetMs: 0, rate: 1 });
    const offerIds = new Dice(1, 'offers');
    const common = { router, witness, clock, offerIds, disk: new MemoryDisk(), interest: () => true, tampering };
    return new SimDesk({ ...common, id, name });
  });
  try {
    await live(desks, timeline, witness, ledger, memory);
    reports.ended({ isUp: () => true });
    return { points: fates.points, violation: null };
  } catch (error) {
    if (error instanceof Violation) return { points: fates.points, violation: error };
    throw error;
  }
}

const REPORT_EVERY_MS = 1_000;
const REPORTS_MAX = 60;

/** The program of one side reports the result of the deal. It retries until its desk has accepted the report, also after a crash. */
function report(
  timeline: Timeline,
  desk: SimDesk | undefined,
  { offerId, maker }: { readonly offerId: OfferId; readonly maker: PeerId },
  times = REPORTS_MAX,
): void {
  if (desk === undefined || times === 0) return;
  const result = maker === desk.id ? 'failed' : 'done';
  const again = (): void => {
    timeline.after(REPORT_EVERY_MS, () => {
      report(timeline, desk, { offerId, maker }, times - 1);
    });
  };
  const { up } = desk;
  if (up === null) again();
  else {
    // If the desk crashes meanwhile, the promise stays pending.
    up.report(offerId, result, `by ${desk.name}`, maker).catch(again);
    timeline.after(REPORT_EVERY_MS, () => {
      if (desk.up !== up) again();
    });
  }
}

async function live(
  desks: readonly SimDesk[],
  timeline: Timeline,
  witness: Witnesses,
  ledger: Ledger,
  memory: MemoryChecker,
): Promise<void> {
  const [maker] = desks;
  for (const desk of desks) desk.start();
  timeline.after(100, () => {
    void maker?.up?.announce({ type: 'sell', amount: '1', validForMs: VALID_FOR_MS });
  });
  await timeline.run(BOUND_MS, () => {
    witness.rested();
    if (witness.violation !== null) throw witness.violation;
  });
  // No promise holds for an offer that was not written because of a crash. Every other one has enough time in spite of some faults, and
  // two willing takers, unless both gave up because its maker was down for too long.
  const wanted = [...ledger.offers.keys()].flatMap((offer) => {
    const takers = [...ledger.takers(offer)]
      .filter(([, { state }]) => state.phase !== 'gaveUp')
      .map(([taker]) => taker);
    return takers.length === 0 ? [] : [{ offer, takers }];
  });
  const ending = { ledger, isUp: () => true };
  checkPromises(ending, wanted, livenessChecks());
  checkEnding(ending, livenessChecks());
  memory.ended();
  for (const { name, leftovers } of desks) {
    if (leftovers.alarms + leftovers.requests > 0) throw new Violation(`L1: ${name} has something left to do`);
  }
}
