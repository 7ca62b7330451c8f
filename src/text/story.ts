/** The story of an offer in plain words, a pure function of its journal: what happened when, why it ended, and what it waits for. */
import type { Offer, Story, StoryEntry } from '../control/contract.ts';
import { detailsTail } from './details-text.ts';
import { harmless } from './harmless.ts';
import { detailsPart } from './offer-page.ts';
import { ENDED, hasEnded } from '../control/contract/ended-phases.ts';
import { stateText, termsText } from './offer-text.ts';
import { shortIds } from './short-ids.ts';
import { agoText, clockText, dateText, exactClockText, spanText } from './time-text.ts';

/** @param now milliseconds since 1970 */
export function storyText(story: Story, now: number): string {
  const { offer, entries, awaits } = story;
  const name = shortIds(peersOf(story));
  return [
    `Offer ${offer.offerId}`,
    `  to ${termsText(offer)}`,
    `  made by ${offer.role === 'maker' ? 'you' : offer.maker}${conditions(offer, name)}`,
    `  ${stateText(offer, now, name)}${lifeText(offer, entries, now)}`,
    ...detailsPart(offer),
    '',
    ...entryLines(entries, offer, name),
    ...waitingLines(offer, name),
    '',
    endText(offer, awaits, now),
  ].join('\n');
}

function peersOf({ offer, entries }: Story): readonly string[] {
  const named = entries.flatMap(({ fields }) => (typeof fields['taker'] === 'string' ? [fields['taker']] : []));
  return [offer.maker, ...(offer.taker === null ? [] : [offer.taker]), ...named, ...(offer.to ?? [])];
}

function conditions({ role, award, windowMs, to }: Offer, name: (id: string) => string): string {
  const parts = [
    award === 'best' ? [`the best bid within ${spanText(windowMs ?? 0)} gets it`] : [],
    award === 'manual' ? [role === 'maker' ? 'you choose who gets it' : 'its maker chooses who gets it'] : [],
    to === null ? [] : [`for ${to.map(name).join(', ')} alone`],
  ].flat();
  return parts.length === 0 ? '' : `; ${parts.join('; ')}`;
}

function lifeText(offer: Offer, entries: readonly StoryEntry[], now: number): string {
  // The entry that ended the offer has the name of the phase; deliveries and reports come later.
  const end = entries.findLast(({ event }) => ENDED.has(event)) ?? entries.at(-1);
  if (hasEnded(offer)) return end === undefined ? '' : `, since ${dateText(end.at)} (${agoText(end.at, now)})`;
  if (offer.expiresAt === null) return '';
  const over = offer.expiresAt <= now;
  return over
    ? `, was valid until ${dateText(offer.expiresAt)}`
    : `, valid for ${spanText(offer.expiresAt - now)} more`;
}

/** Each entry with its time; the first one of a day comes below the date. */
function entryLines(entries: readonly StoryEntry[], offer: Offer, name: (id: string) => string): readonly string[] {
  if (entries.length === 0) return ['Nothing is written down about it: it was only heard of.'];
  let day = '';
  return entries.flatMap((entry) => {
    const [date = ''] = dateText(entry.at).split(' ');
    const heading = date === day ? [] : [date];
    day = date;
    return [...heading, `  ${exactClockText(entry.at)}  ${entrySentence(entry, offer, name)}`];
  });
}

function waitingLines({ acceptances, phase }: Offer, name: (id: string) => string): readonly string[] {
  if (acceptances.length === 0 || (phase !== 'open' && phase !== 'reserved')) return [];
  const lines = acceptances.map(({ taker, unitPrice }, index) => {
    return `  ${index + 1}. ${name(taker)}${unitPrice === null ? '' : `, bidding ${unitPrice}`}`;
  });
  return ['', 'Waiting for it:', ...lines];
}

function endText(offer: Offer, awaits: string | null, now: number): string {
  if (mayBeAcceptedAgain(offer, now)) {
    return `You can accept it again while it is valid: grapevine accept ${offer.offerId.slice(0, 8)}`;
  }
  return awaits === null ? `That is the end of it.${hintText(offer)}` : `Awaited now: ${awaits}.${hintText(offer)}`;
}

function mayBeAcceptedAgain({ phase, expiresAt }: Offer, now: number): boolean {
  return (phase === 'withdrawn' || phase === 'gaveUp') && (expiresAt === null || now < expiresAt);
}

function hintText({ inDoubt, role, offerId }: Offer): string {
  if (!inDoubt) return '';
  const choice = role === 'maker' ? 'awarded or released' : 'won or lost';
  return `\nIf you know how it was, close it by hand: grapevine resolve ${offerId.slice(0, 8)} --as ${choice}`;
}

/** One or two sentences about an entry. */
export function entrySentence(entry: StoryEntry, offer: Offer, name: (id: string) => string): string {
  const words = offer.role === 'maker' ? MAKER_WORDS : TAKER_WORDS;
  const said = words[entry.event]?.(fieldReader(entry, name)) ?? `${entry.event}.`;
  return harmless(said);
}

interface Told {
  readonly taker: string;
  text(field: string): string;
  has(field: string): boolean;
  time(field: string): string;
}

function fieldReader({ fields }: StoryEntry, name: (id: string) => string): Told {
  const text = (field: string): string => String(fields[field] ?? '');
  return {
    taker: name(text('taker')),
    text,
    has: (field) => fields[field] !== undefined && fields[field] !== null && fields[field] !== false,
    time: (field) => clockText(Number(fields[field])),
  };
}

/** @param other the name of the other side */
function reportWords(other: (told: Told) => string): Words {
  const result = (told: Told): string => `${told.text('result')}${detailsTail(told.text('details'))}`;
  return {
    reported: (told) => `You reported: ${result(told)}.`,
    reportReceived: (told) => `${other(told)} reported: ${result(told)}.`,
    reportDelivered: (told) =>
      told.has('givenUp')
        ? `${other(told)} could not be told of your report.`
        : `${other(told)} acknowledged your report.`,
  };
}

type Words = Readonly<Record<string, (told: Told) => string>>;

const RELEASES: Readonly<Record<string, string>> = {
  silent: 'did not answer in time',
  refused: 'did not want it any more',
  unreachable: 'could not be reached',
};

const VOIDED =
  'The journal was put back from a copy, which may have forgotten what was decided: the offer is void, and what became of it is not known here.';

const MAKER_WORDS: Words = {
  opened: (told) =>
    `You wrote the offer down and told ${told.has('to') ? 'the desks that it is for' : 'everybody'}.` +
    (told.has('expiresAt') ? ` Valid until ${told.time('expiresAt')}.` : ''),
  reserved: (told) =>
    `You held it for ${told.taker}${told.has('unitPrice') ? `, which bid ${told.text('unitPrice')},` : ''} and asked whether it still stands` +
    (told.has('until') ? ` (until ${told.time('until')}).` : '; its yes is the deal.'),
  released: (told) =>
    told.text('reason') === 'byHand'
      ? `You decided by hand that ${told.taker} does not get it. The offer was open again.`
      : `The hold for ${told.taker} ended: it ${RELEASES[told.text('reason')] ?? told.text('reason')}` +
        `${told.has('detail') ? ` (${told.text('detail')})` : ''}. The offer was open again.`,
  awarded: (told) =>
    told.has('byHand')
      ? `You decided by hand that ${told.taker} has it. That is final.`
      : `${told.taker} confirmed, and you awarded it. That is final.`,
  cancelled: () => 'You cancelled the offer. Nobody has it.',
  expired: () => 'Its time was over. Nobody has it.',
  voided: () => VOIDED,
  delivered: (told) =>
    told.has('givenUp')
      ? `${told.taker} could not be told how it ended; it can still ask.`
      : `${told.taker} acknowledged that it knows how it ended.`,
  overdue: (told) => `${told.taker} had not reported in time.`,
  renewed: (told) => `You offered it again, as ${told.text('as').slice(0, 8)}.`,
  ...reportWords((told) => told.taker),
};

const LOSSES: Readonly<Record<string, string>> = {
  taken: 'somebody else has it',
  cancelled: 'its maker took it back',
  expired: 'its time was over',
  refused: 'its maker refused',
  'unknown-offer': 'its maker does not know the offer',
  unreachable: 'its maker could not be reached',
  'no-answer': 'its maker did not answer',
  contradiction: 'its maker said what can not be true',
};

function lossText(told: Told): string {
  return LOSSES[told.text('reason')] ?? told.text('reason');
}

const TAKER_WORDS: Words = {
  accepting: (told) =>
    `You accepted it${told.has('unitPrice') ? ` with a bid of ${told.text('unitPrice')}` : ''}, and told its maker.`,
  confirmed: () => 'Its maker held it for you and asked; you confirmed. From here on its maker alone decided.',
  released: () => "Its maker's hold for you had ended; you accepted once more.",
  won: () => 'Its maker awarded it to you. It is yours, and that is final.',
  lost: (told) => `You did not get it: ${lossText(told)}.`,
  withdrawn: () => 'You withdrew your acceptance.',
  gaveUp: (told) => `You gave it up: ${lossText(told)}.`,
  closed: (told) => `You closed the doubt by hand as ${told.text('as')}; what its maker decided was not known.`,
  voided: () => VOIDED,
  ...reportWords(() => 'Its maker'),
  truth: (told) =>
    `Its maker's decision arrived after all: ${told.has('won') ? 'it is yours' : `it is not yours (${told.text('outcome')})`}.`,
};
