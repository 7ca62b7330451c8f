/** The story of an offer in plain words, a pure function of its journal: what happened when, why it ended, and what it waits for. */
import type { Offer, Story, StoryEntry } from '../control/contract.ts';
import { detailsTail } from './details-text.ts';
import { harmless } from './harmless.ts';
import { detailsPart } from './offer-page.ts';
import { ENDED, hasEnded } from '../control/contract/ended-phases.ts';
import { stateText, termsText } from './offer-text.ts';
import { shortId, shortIds } from './short-ids.ts';
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
    return `You can accept it again while it is valid: grapevine accept ${shortId(offer.offerId)}`;
  }
  return awaits === null ? `That is the end of it.${hintText(offer)}` : `Awaited now: ${awaits}.${hintText(offer)}`;
}

function mayBeAcceptedAgain({ phase, expiresAt }: Offer, now: number): boolean {
  return (phase === 'withdrawn' || phase === 'gaveUp') && (expiresAt === null || now < expiresAt);
}

function hintText({ inDoubt, role, offerId }: Offer): string {
  if (!inDoubt) return '';
  const choice = role === 'maker' ? 'awarded or released' : 'won or lost';
  return `\nIf you know how it was, close it by hand: grapevine resolve ${shortId(offerId)} --as ${choice}`;
}

/** One or two sentences about an entry. */
export function entrySentence(entry: StoryEntry, offer: Offer, name: (id: string) => string): string {
  const sentences = offer.role === 'maker' ? MAKER_SENTENCES : TAKER_SENTENCES;
  return harmless(sentences[entry.event]?.(fieldReader(entry, name)) ?? `${entry.event}.`);
}

interface FieldReader {
  readonly taker: string;
  text(field: string): string;
  has(field: string): boolean;
  time(field: string): string;
}

function fieldReader({ fields }: StoryEntry, name: (id: string) => string): FieldReader {
  const text = (field: string): string => String(fields[field] ?? '');
  return {
    taker: name(text('taker')),
    text,
    has: (field) => fields[field] !== undefined && fields[field] !== null && fields[field] !== false,
    time: (field) => clockText(Number(fields[field])),
  };
}

/** @param other the name of the other side */
function reportSentences(other: (entry: FieldReader) => string): Sentences {
  const result = (entry: FieldReader): string => `${entry.text('result')}${detailsTail(entry.text('details'))}`;
  return {
    reported: (entry) => `You reported: ${result(entry)}.`,
    reportReceived: (entry) => `${other(entry)} reported: ${result(entry)}.`,
    reportDelivered: (entry) =>
      entry.has('givenUp')
        ? `${other(entry)} could not be told of your report.`
        : `${other(entry)} acknowledged your report.`,
  };
}

type Sentences = Readonly<Record<string, (entry: FieldReader) => string>>;

const RELEASES: Readonly<Record<string, string>> = {
  silent: 'did not answer in time',
  refused: 'did not want it any more',
  unreachable: 'could not be reached',
};

const VOIDED =
  'The journal was put back from a copy, which may have forgotten what was decided: the offer is void, and what became of it is not known here.';

const MAKER_SENTENCES: Sentences = {
  opened: (entry) =>
    `You wrote the offer down and told ${entry.has('to') ? 'the desks that it is for' : 'everybody'}.` +
    (entry.has('expiresAt') ? ` Valid until ${entry.time('expiresAt')}.` : ''),
  reserved: (entry) =>
    `You held it for ${entry.taker}${entry.has('unitPrice') ? `, which bid ${entry.text('unitPrice')},` : ''} and asked whether it still stands` +
    (entry.has('until') ? ` (until ${entry.time('until')}).` : '; its yes is the deal.'),
  released: (entry) =>
    entry.text('reason') === 'byHand'
      ? `You decided by hand that ${entry.taker} does not get it. The offer was open again.`
      : `The hold for ${entry.taker} ended: it ${RELEASES[entry.text('reason')] ?? entry.text('reason')}` +
        `${entry.has('detail') ? ` (${entry.text('detail')})` : ''}. The offer was open again.`,
  awarded: (entry) =>
    entry.has('byHand')
      ? `You decided by hand that ${entry.taker} has it. That is final.`
      : `${entry.taker} confirmed, and you awarded it. That is final.`,
  cancelled: () => 'You cancelled the offer. Nobody has it.',
  expired: () => 'Its time was over. Nobody has it.',
  voided: () => VOIDED,
  delivered: (entry) =>
    entry.has('givenUp')
      ? `${entry.taker} could not be told how it ended; it can still ask.`
      : `${entry.taker} acknowledged that it knows how it ended.`,
  overdue: (entry) => `${entry.taker} had not reported in time.`,
  renewed: (entry) => `You offered it again, as ${shortId(entry.text('as'))}.`,
  ...reportSentences((entry) => entry.taker),
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

function lossText(entry: FieldReader): string {
  return LOSSES[entry.text('reason')] ?? entry.text('reason');
}

const TAKER_SENTENCES: Sentences = {
  accepting: (entry) =>
    `You accepted it${entry.has('unitPrice') ? ` with a bid of ${entry.text('unitPrice')}` : ''}, and told its maker.`,
  confirmed: () => 'Its maker held it for you and asked; you confirmed. From here on its maker alone decided.',
  released: () => "Its maker's hold for you had ended; you accepted once more.",
  won: () => 'Its maker awarded it to you. It is yours, and that is final.',
  lost: (entry) => `You did not get it: ${lossText(entry)}.`,
  withdrawn: () => 'You withdrew your acceptance.',
  gaveUp: (entry) => `You gave it up: ${lossText(entry)}.`,
  closed: (entry) => `You closed the doubt by hand as ${entry.text('as')}; what its maker decided was not known.`,
  voided: () => VOIDED,
  ...reportSentences(() => 'Its maker'),
  truth: (entry) =>
    `Its maker's decision arrived after all: ${entry.has('won') ? 'it is yours' : `it is not yours (${entry.text('outcome')})`}.`,
};
