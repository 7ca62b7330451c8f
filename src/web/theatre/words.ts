/** What the theatre says, in sentences. */
import type { NaiveEvent } from '../../demo/naive-flow.ts';
import type { Act, MessageStep, Step } from '../../demo/recording.ts';
import type { DeskState, Scene } from './scene.ts';

export const ACT_NAMES: Readonly<Record<Act, string>> = {
  offer: 'Announce an offer',
  'lose-reply': 'Drop the next reply',
  cut: 'Cut the network in two',
  'kill-maker': 'Kill the maker in the middle of an award',
  'kill-winner': 'Kill the winner after its confirmation',
  twice: 'Replay everything twice',
  forge: 'Let a liar forge',
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

/** What is done to the offer that is on the stage. */
export const ACT_STORIES: Readonly<Record<Act, string>> = {
  offer: 'One offer, five desks that want it, and nothing goes wrong.',
  'lose-reply': 'The taker confirms, and its reply is lost on the way to the maker.',
  cut: 'The network breaks in two while the confirmation is on its way.',
  'kill-maker': 'The maker crashes after it has decided, before it has told anybody.',
  'kill-winner': 'The taker crashes right after it has confirmed.',
  twice: 'Every message arrives twice.',
  forge: 'A liar tells another taker in the maker’s name that it has the offer, and everybody that the offer is gone.',
};

/** Why ours gives it to one. */
export const WHY_OURS: Readonly<Record<Act, string>> = {
  offer: 'Nothing was lost, so that both agree. The difference shows when something breaks.',
  'lose-reply':
    'For Grapevine a missing answer is not a no. The maker holds the offer for the same taker and asks again; the taker, which wrote down what it confirmed, gives the same answer.',
  cut: 'For Grapevine a missing answer is not a no, and a confirmation is not yet a deal: only what the maker writes down as awarded counts. A taker that was cut off asks until it knows.',
  'kill-maker':
    'Grapevine’s maker writes its decision to disk before it tells anybody. When it is back, it reads it there and tells it; it never decides again.',
  'kill-winner':
    'Grapevine’s taker writes its confirmation to disk before it sends it. When it is back, it asks the maker what was decided, and learns that it has the offer.',
  twice:
    'In Grapevine every message says which offer, taker and hold it is about. The same message again gets the same answer and changes nothing.',
  forge:
    'In Grapevine every message carries a proof of who sends it. The liar has no key of the maker, so its messages are refused (ERR_SIGNATURE) and change nothing.',
};

/** How it stands, ours. */
export function oursText({ offer, winners, awardedTo, isEnded, down, apart }: Scene): string {
  if (offer === null) return 'No offer yet.';
  if (winners.length > 1) return `${listOf(winners)} believe that they have it.`;
  const [winner] = winners;
  if (winner !== undefined) {
    const rest = isEnded ? 'All who took part know it.' : 'The others are being told.';
    return `One winner: ${winner}. ${rest}`;
  }
  if (awardedTo !== null) {
    const wait = down.size > 0 || apart.size > 0 ? ' Until they are brought back, nobody is told anything else.' : '';
    return `Awarded to ${awardedTo}, and written down; ${awardedTo} does not know it yet.${wait}`;
  }
  return 'Nobody has it yet.';
}

/** How it stands, in the naive flow. */
export function naiveText({ offer, naive: { holders, gaveTo } }: Scene, maker: string): string {
  if (offer === null) return 'No offer yet.';
  if (holders.length > 1)
    return `${numberOf(holders.length)} winners: ${listOf(holders)} each believe that they have it.`;
  const [holder] = holders;
  if (holder === undefined && gaveTo !== null)
    return `No winner: ${maker} believes that ${gaveTo} has it, and ${gaveTo} has forgotten it.`;
  if (holder === undefined) return 'Nobody has it yet.';
  return gaveTo === holder ? `One winner: ${holder}.` : `${holder} believes that it has it.`;
}

export function naiveEventText({ event, desk }: NaiveEvent, maker: string): string {
  switch (event) {
    case 'asked':
      return `${maker} gives it to ${desk}`;
    case 'took':
      return `${desk} takes it`;
    case 'refused':
      return `${maker} hears nothing from ${desk} and takes that for a no`;
    case 'gave':
      return `${maker} believes that ${desk} has it`;
    case 'forgot':
      return `${desk} crashes and forgets everything`;
    case 'offered-again':
      return `${desk} is back, knows nothing, and offers it again`;
  }
}

/** Steps as lines of a story: an approval that is sent again is told, as it is what ours does and the naive flow does not. */
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

/** A step as a line of the story; null for what is seen well enough. */
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
      return `${step.desk} is back, and reads its journal`;
    case 'cut':
      return `The network is cut: ${listOf(step.apart)} on one side`;
    case 'joined':
      return 'The network is whole again';
    case 'ended':
      return `All know how it ended: ${listOf(step.winners)} has it`;
  }
}

function messageText({ from, to, command, fate, isAnswer, says, as, isCopy }: MessageStep): string | null {
  if (isCopy === true) return null;
  if (as !== undefined && command === 'offer:accept:approved')
    return `${from} tells ${to} in ${as}’s name that it has it`;
  if (isAnswer === true && says?.startsWith('ERR_') === true) return `${from} refuses what ${to} says: ${says}`;
  const what = command === 'offer:accept:approved' ? (isAnswer ? 'The confirmation' : 'The approval') : null;
  if (fate === 'lost' && what !== null) return `${what} of ${from} for ${to} is lost`;
  if (fate === 'nobody' && command === 'offer:status') return `${from} asks ${to} how it ended, and nobody answers`;
  if (command === 'offer:status' && isAnswer === undefined) return `${from} asks ${to} how it ended`;
  return null;
}

function noticeText({ desk, event, about }: Extract<Step, { kind: 'notice' }>): string | null {
  switch (event) {
    case 'offer.opened':
      return `${desk} announces an offer`;
    case 'acceptance.sent':
      return `${desk} accepts`;
    case 'award.reserved':
      return `${desk} holds the offer for ${about ?? 'a taker'} and asks whether it still wants it`;
    case 'award.released':
      return `${desk} holds the offer for ${about ?? 'the taker'} no longer`;
    case 'award.confirmed':
      return `${desk} writes down that it wants it, and confirms`;
    case 'deal.in_doubt':
      return `${desk} does not know whether it has it, and keeps asking`;
    case 'deal.awarded':
      return `${desk} writes down the award to ${about ?? 'a taker'}`;
    case 'deal.won':
      return `${desk} has it`;
    case 'deal.lost':
      return `${desk} knows that it is gone`;
    default:
      return null;
  }
}

export function listOf(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

function numberOf(count: number): string {
  return ['No', 'One', 'Two', 'Three', 'Four', 'Five'][count] ?? count.toString();
}
