/** Tells a failed run of the model as a story: the same plan again, with an observer. */
import type { RunDetails } from 'fast-check';
import { play, type Defects, type Plan } from './adversary.ts';
import type { Observer, Request } from './world.ts';

export function explain(details: RunDetails<[Plan]>, defects: Defects = {}): string {
  const plan = details.counterexample?.[0];
  const lines = [
    `after ${details.numRuns.toString()} runs, seed ${details.seed.toString()}: ${String(details.errorInstance)}`,
  ];
  if (plan !== undefined) lines.push(JSON.stringify(plan), ...storyOf(plan, defects));
  return lines.join('\n');
}

function storyOf(plan: Plan, defects: Defects = {}): string[] {
  const lines: string[] = [];
  try {
    play(plan, defects, teller(lines));
  } catch (error) {
    lines.push(String(error));
  }
  return lines;
}

function teller(lines: string[]): Observer {
  const say = (text: string): void => {
    lines.push(text);
  };
  return {
    wrote(desk, offer, record) {
      say(`${desk} writes ${offer} ${JSON.stringify(record)}`);
    },
    sent(request) {
      say(`  ${title(request)} leaves`);
    },
    arrived(request, answer) {
      say(`${title(request)} arrives: ${JSON.stringify(answer)}`);
    },
    settled(request, result) {
      say(`${title(request)} has its result: ${JSON.stringify(result)}`);
    },
    crashed(desk, when) {
      say(`${desk} crashes (${when})`);
    },
    restarted(desk) {
      say(`${desk} starts again`);
    },
  };
}

function title({ id, from, to, message, offerId }: Request): string {
  const epoch = 'epoch' in message && message.epoch !== null ? ` epoch ${message.epoch.toString()}` : '';
  return `#${id.toString()} ${message.cmd}${epoch} of ${offerId} from ${from.id} to ${to.id}`;
}
