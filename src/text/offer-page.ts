/** One offer in full: terms, details, and the reports of both sides. */
import type { Offer } from '../control/contract.ts';
import { detailsLines } from './details-text.ts';
import { harmless } from './harmless.ts';
import { stateText, termsText } from './offer-text.ts';
import { agoText, dateText, spanText } from './time-text.ts';

/** @param now milliseconds since 1970 */
export function offerPage(offer: Offer, now: number): string {
  return [`Offer ${offer.offerId}`, `  to ${termsText(offer)}`, ...headLines(offer, now), ...detailsPart(offer)].join(
    '\n',
  );
}

/** The reference and the details of an offer; also used in its story. */
export function detailsPart({ reference, attempt, attemptsMax, doneWithinMs, renewedAs, details }: Offer): string[] {
  const again =
    attempt > 1 || attemptsMax !== null
      ? `, attempt ${attempt}${attemptsMax === null ? '' : ` of ${attemptsMax}`}`
      : '';
  return [
    ...(reference === null ? [] : [`  reference ${harmless(reference)}${again}`]),
    ...(doneWithinMs === null ? [] : [`  to be reported within ${spanText(doneWithinMs)} after the award`]),
    ...(renewedAs === null ? [] : [`  offered again as ${renewedAs}`]),
    ...block('  details:', details),
  ];
}

function headLines(offer: Offer, now: number): readonly string[] {
  const { role, maker, taker, expiresAt, ownReport, otherReport, isOverdue } = offer;
  const otherSide = role === 'maker' ? 'taker' : 'maker';
  return [
    `  made by ${role === 'maker' ? 'you' : maker}`,
    ...(taker === null ? [] : [`  taker ${taker}`]),
    `  ${stateText(offer, now, (id) => id.slice(0, 8))}`,
    ...(expiresAt === null ? [] : [`  valid until ${dateText(expiresAt)}`]),
    ...(isOverdue ? ['  OVERDUE: its taker did not report in time'] : []),
    ...reportLines('you', ownReport, now),
    ...reportLines(`its ${otherSide}`, otherReport, now),
  ];
}

function reportLines(who: string, report: Offer['ownReport'], now: number): readonly string[] {
  if (report === null) return [];
  const { result, details, at } = report;
  const said = `  ${who} reported: ${result}, ${dateText(at)} (${agoText(at, now)})`;
  return [said, ...detailsLines(details).map((line) => `    ${line}`)];
}

function block(head: string, details: unknown): readonly string[] {
  const lines = detailsLines(details);
  return lines.length === 0 ? [] : [head, ...lines.map((line) => `    ${line}`)];
}
