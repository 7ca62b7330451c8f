/**
 * `npx tsx bench/free-keys.ts`: how long an honest taker waits while unknown takers with free keys hold the offer and never answer.
 * Simulated time, a hundred seeds. With the rules `plain`, the same code treats every taker as known: order of arrival, and full holds.
 */
import { queueOfFreeKeys, type Attack } from '../testing/free-keys.ts';

const SEEDS = 100;
const CASES: readonly (readonly [string, Attack])[] = [
  ['256 silent keys, then a stranger', { keys: 256, taker: 'stranger', comeBack: false }],
  ['the same, and they come back', { keys: 256, taker: 'stranger', comeBack: true }],
  ['256 silent keys, then a known taker', { keys: 256, taker: 'known', comeBack: true }],
];

console.log('| attack | rules | got it | mean | 95 % within |\n|---|---|---|---|---|');
for (const [name, attack] of CASES) {
  for (const rules of ['plain', 'now'] as const) {
    const waits = Array.from({ length: SEEDS }, (_, seed) => queueOfFreeKeys(attack, rules, seed));
    const got = waits.filter((ms) => ms !== null).sort((a, b) => a - b);
    const mean = got.length === 0 ? null : got.reduce((sum, ms) => sum + ms, 0) / got.length;
    const late = got[Math.ceil(0.95 * SEEDS) - 1];
    const times = [mean, late].map((ms) => (ms == null ? '-' : secondsText(ms)));
    const cells = [name, rules, `${got.length} of ${SEEDS}`, ...times];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

function secondsText(ms: number): string {
  return `${(ms / 1_000).toFixed(0)} s`;
}
