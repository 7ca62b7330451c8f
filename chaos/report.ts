/** The report at the end of a run, for people. Its last line is JSON, for programs. */
import type { ChaosOptions } from './chaos-options.ts';
import type { ChaosResult } from './run-chaos.ts';

const VIOLATIONS_SHOWN = 40;

export function reportOf(result: ChaosResult, { seed }: ChaosOptions, folder: string): string {
  const { deals, outcomes, kills, faults, violations, stories, tradeMs, settleMs } = result;
  const isBad = violations.length > 0;
  const faultCounts = Object.entries(faults).map(([kind, count]) => `${kind} ${count}`);
  const lines = [
    `deals       ${deals}: ${outcomes.awarded} awarded, ${outcomes.cancelled} cancelled, ${outcomes.expired} expired`,
    `kills       ${kills.maker + kills.taker} by SIGKILL: ${kills.maker} of makers, ${kills.taker} of takers, ` +
      `${kills.duringStart} of them during start; ${kills.restarts} restarts by SIGTERM`,
    `faults      ${faultCounts.join(', ')}`,
    `time        ${seconds(tradeMs)} s under faults (${dealsPerSecond(result)} deals/s), then ${seconds(settleMs)} s to the end of all`,
    `violations  ${violations.length}`,
    ...violations
      .slice(0, VIOLATIONS_SHOWN)
      .map(({ promise, offer, text }) => `  ${promise}  ${text}${offer === null ? '' : `  [${offer}]`}`),
    ...stories.flatMap((story) => ['', `What is known about ${story.offer}:`, ...story.lines]),
    ...(isBad ? ['', `Data folders are kept in ${folder}`] : []),
    JSON.stringify(summaryOf(result, seed, isBad ? folder : null)),
  ];
  return `${named(lines.join('\n'), result)}\n`;
}

function summaryOf(result: ChaosResult, seed: number, folder: string | null): unknown {
  const { deals, outcomes, kills, faults, violations, tradeMs, settleMs } = result;
  return {
    seed,
    deals,
    outcomes,
    kills,
    faults,
    tradeMs: Math.round(tradeMs),
    settleMs: Math.round(settleMs),
    dealsPerSecond: Number(dealsPerSecond(result)),
    violations: violations.length,
    promises: [...new Set(violations.map(({ promise }) => promise))],
    folder,
  };
}

function dealsPerSecond({ deals, tradeMs }: ChaosResult): string {
  return (deals / (tradeMs / 1_000)).toFixed(1);
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}

/** Replaces ids by names, as people can't distinguish long ids. */
function named(text: string, { names }: ChaosResult): string {
  return [...names].reduce((named, [id, name]) => named.replaceAll(id, name), text);
}
