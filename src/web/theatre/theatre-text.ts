/** The texts of the theatre. */
import type { NaiveEvent } from '../../demo/naive-flow.ts';
import type { Act, MessageStep, Step } from '../../demo/recording.ts';
import type { DeskState, Scene } from './scene.ts';

export const ACT_NAMES: Readonly<Record<Act, string>> = {
  offer: 'Announce an offer',
  'lose-reply': 'Drop the next reply',
  cut: 'Cut the network in two',
  'kill-maker': 'Kill the maker in the middle of an award',
  'kill-winner': 'Kill the winner after its confirmation',
  twice: 'Send everything twice',
  forge: 'Let a liar forge messages',
};

export const STATE_NAMES: Readonly<Record<DeskState, string>> = {
  idle: '',
  wants: 'accepts',
  waits: 'waits',
  held: 'is asked',
  confirmed: 'confirmed',
  doubt: 'in doubt',
  won: 'has it',
  lost: 'lost it',
};

/** What happens to the current offer. */
export const ACT_STORIES: Readonly<Record<Act, string>> = {
  offer: 'One offer, five desks that want it, and nothing goes wrong.',
  'lose-reply': 'The taker confirms, and its reply is lost on the way to the maker.',
  cut: 'The network breaks in two while the confirmation is on its way.',
  'kill-maker': 'The maker crashes after it has decided, and before it informs anybody.',
  'kill-winner': 'The taker crashes right after it has confirmed.',
  twice: 'Every message arrives twice.',
  forge: 'In the maker’s name, a liar awards the offer to another taker, and announces to everybody that it is gone.',
};

/** Why Grapevine has exactly one winner. */
export const WHY_OURS: Readonly<Record<Act, string>> = {
  offer: 'Nothing was lost, so both flows agree. They differ when something breaks.',
  'lose-reply':
    'For Grapevine, a missing answer is not a refusal. The maker holds the offer for the same taker and asks again. The taker has written its confirmation to disk, so it gives the same answer.',
  cut: 'For Grapevine, a missing answer is not a refusal, and a confirmation is not yet a deal: only the award that the maker writes to disk counts. A taker that was cut off asks until it knows the outcome.',
  'kill-maker':
    'Grapevine’s maker writes its decision to disk before it sends it. After the restart, it reads the decision from disk and sends it. It never decides again.',
  'kill-winner':
    'Grapevine’s taker writes its confirmation to disk before it sends it. After the restart, it asks the maker for the decision, and learns that it has the offer.',
  twice:
    'In Grapevine, every message names its offer, its taker and its reservation. A repeated message gets the same answer and changes nothing.',
  forge:
    'In Grapevine, every message proves its sender. The liar does not have the maker’s key, so its messages are refused (ERR_SIGNATURE) and change nothing.',
};

/** The outcome so far. */
export function oursText({ offer, winners, awardedTo, isEnded, down, apart }: Scene): string {
  if (offer === null) return 'No offer yet.';
  if (winners.length > 1) return `${listOf(winners)} believe that they have it.`;
  const [winner] = winners;
  if (winner !== undefined) {
    const rest = isEnded ? 'All takers know it.' : 'The other takers do not all know it yet.';
    return `One winner: ${winner}. ${rest}`;
  }
  if (awardedTo !== null) {
    const wait = down.size > 0 || apart.size > 0 ? ' No other desk can get it.' : '';
    return `Awarded to ${awardedTo}, on the maker’s disk; ${awardedTo} does not know it yet.${wait}`;
  }
  return 'Nobody has it yet.';
}

/** The outcome so far, in the naive flow. */
export function naiveText({ offer, naive: { holders, awardedTo } }: Scene, maker: string): string {
  if (offer === null) return 'No offer yet.';
  if (holders.length > 1)
    return `${numberOf(holders.length)} winners: ${listOf(holders)} each believe that they have it.`;
  const [holder] = holders;
  if (holder === undefined && awardedTo !== null)
    return `No winner: ${maker} believes that ${awardedTo} has it, and ${awardedTo} has forgotten it.`;
  if (holder === undefined) return 'Nobody has it yet.';
  return awardedTo === holder ? `One winner: ${holder}.` : `${holder} believes that it has it.`;
}

export function naiveEventText({ event, desk }: NaiveEvent, maker: string): string {
  switch (event) {
    case 'approved':
      return `${maker} sends ${desk} an approval`;
    case 'took':
      return `${desk} believes that it has the offer`;
    case 'refused':
      return `${maker} gets no answer from ${desk} and treats that as a refusal`;
    case 'awarded':
      return `${maker} believes that ${desk} has it`;
    case 'crashed':
      return `${desk} crashes and forgets everything`;
    case 'offered-again':
      return `${desk} restarts without memory, and offers it again`;
  }
}

/** Steps as lines of a story. A repeated approval is a line too, because that is where Grapevine and the naive flow differ. */
export function storyOf(steps: readonly Step[]): readonly string[] {
  const asked = new Set<string>();
  return steps.flatMap((step) => {
    if (!isOwnApproval(step)) return stepText(step) ?? [];
    const isAgain = asked.has(step.to);
    asked.add(step.to);
    return stepText(step) ?? (isAgain ? `${step.from} asks ${step.to} again` : []);
  });
}

function isOwnApproval(step: Step): step is MessageStep {
  if (step.kind !== 'message' || step.command !== 'offer:accept:approved') return false;
  return step.isAnswer === undefined && step.isCopy === undefined && step.as === undefined;
}

/** A step as a line of the story; null if the picture is enough. */
function stepText(step: Step): string | null {
  switch (step.kind) {
    case 'offer':
      return ACT_STORIES[step.act];
    case 'message':
      return messageText(step);
    case 'notice':
      return noticeText(step);
    case 'down':
      return `${step.desk} crashes`;
    case 'up':
      return `${step.desk} restarts and reads its journal`;
    case 'cut':
      return `The network is cut: ${listOf(step.apart)} on one side`;
    case 'joined':
      return 'The network is whole again';
    case 'ended':
      return `All takers know the outcome: ${listOf(step.winners)} has it`;
  }
}

function messageText({ from, to, command, fate, isAnswer, says, as, isCopy }: MessageStep): string | null {
  if (isCopy === true) return null;
  if (as !== undefined && command === 'offer:accept:approved') return `${from} sends ${to} an approval in ${as}’s name`;
  if (isAnswer === true && says?.startsWith('ERR_') === true) return `${from} refuses the message of ${to}: ${says}`;
  const what = command === 'offer:accept:approved' ? (isAnswer ? 'The confirmation' : 'The approval') : null;
  if (fate === 'lost' && what !== null) return `${what} from ${from} to ${to} is lost`;
  if (fate === 'nobody' && command === 'offer:status') return `${from} asks ${to} for the outcome, and gets no answer`;
  if (command === 'offer:status' && isAnswer === undefined) return `${from} asks ${to} for the outcome`;
  return null;
}

function noticeText({ desk, event, about }: Extract<Step, { kind: 'notice' }>): string | null {
  switch (event) {
    case 'offer.opened':
      return `${desk} announces an offer`;
    case 'acceptance.sent':
      return `${desk} accepts`;
    case 'award.reserved':
      return `${desk} holds the offer for ${about ?? 'a taker'} and asks it to confirm`;
    case 'award.released':
      return `${desk} no longer holds the offer for ${about ?? 'the taker'}`;
    case 'award.confirmed':
      return `${desk} writes its confirmation to disk and sends it`;
    case 'deal.in_doubt':
      return `${desk} does not know whether it has it, and keeps asking`;
    case 'deal.awarded':
      return `${desk} writes the award to ${about ?? 'a taker'} to disk`;
    case 'deal.won':
      return `${desk} has it`;
    case 'deal.lost':
      return `${desk} learns that the offer is gone`;
    default:
      return null;
  }
}

function listOf(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

function numberOf(count: number): string {
  return ['No', 'One', 'Two', 'Three', 'Four', 'Five'][count] ?? count.toString();
}
