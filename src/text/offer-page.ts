/** One offer in full: terms, details, and the reports of both sides. */
import type { Offer } from '../control/contract.ts';
import { shortId } from './short-ids.ts';
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
  const lines = indentedDetails(details);
  return [
    ...(reference === null ? [] : [`  reference ${harmless(reference)}${again}`]),
    ...(doneWithinMs === null ? [] : [`  to be reported within ${spanText(doneWithinMs)} after the award`]),
    ...(renewedAs === null ? [] : [`  offered again as ${renewedAs}`]),
    ...(lines.length === 0 ? [] : ['  details:', ...lines]),
  ];
}

function headLines(offer: Offer, now: number): readonly string[] {
  const { role, maker, taker, expiresAt, ownReport, otherReport, isOverdue } = offer;
  const otherSide = role === 'maker' ? 'taker' : 'maker';
  return [
    `  made by ${role === 'maker' ? 'you' : maker}`,
    ...(taker === null ? [] : [`  taker ${taker}`]),
    `  ${stateText(offer, now, shortId)}`,
    ...(expiresAt === null ? [] : [`  valid until ${dateText(expiresAt)}`]),
    ...(isOverdue ? ['  OVERDUE: its taker did not report in time'] : []),
    ...reportLines('you', ownReport, now),
    ...reportLines(`its ${otherSide}`, otherReport, now),
  ];
}

function reportLines(who: string, report: Offer['ownReport'], now: number): readonly string[] {
  if (report === null) return [];
  const { result, details, at } = report;
  const head = `  ${who} reported: ${result}, ${dateText(at)} (${agoText(at, now)})`;
  return [head, ...indentedDetails(details)];
}

function indentedDetails(details: unknown): readonly string[] {
  return detailsLines(details).map((line) => `    ${line}`);
}
