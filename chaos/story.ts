/** All that is known about one offer, from all desks and in order of time. For the analysis of a violation. */
import type { OfferKey } from '../src/protocol/ids.ts';
import type { JournalRecord } from '../src/protocol/records.ts';
import type { Chronicle } from './chronicle.ts';
import type { DeskJournal } from './desk-journal.ts';

interface Line {
  readonly at: number;
  readonly text: string;
}

/** Kills within this time before the first line and after the last line are included. */
const MARGIN_MS = 2_000;

export function storyOf(
  offer: OfferKey,
  journals: readonly DeskJournal[],
  { told, incidents, defects }: Chronicle,
): readonly string[] {
  const nameOf = (id: string): string => journals.find((journal) => journal.id === id)?.name ?? id;
  const written = journals.flatMap(({ name, offers }) =>
    offers
      .filter((entry) => entry.offer === offer)
      .flatMap(({ records }) =>
        records.map((entry) => ({ at: entry.record.at, text: `${name} writes ${describe(entry, nameOf)}` })),
      ),
  );
  const notices = told.flatMap(({ at, desk, notice }) => {
    if (!('offerId' in notice) || !('maker' in notice) || `${notice.maker}/${notice.offerId}` !== offer) return [];
    return [{ at, text: `${desk} tells ${notice.event}` }];
  });
  const lines: Line[] = [...written, ...notices];
  const [first, last] = [Math.min(...lines.map(({ at }) => at)), Math.max(...lines.map(({ at }) => at))];
  for (const { at, desk, text } of [...incidents, ...defects]) {
    if (at > first - MARGIN_MS && at < last + MARGIN_MS) lines.push({ at, text: `${desk} ${text}` });
  }
  lines.sort((a, b) => a.at - b.at);
  return lines.map(({ at, text }) => `${((at - first) / 1_000).toFixed(3).padStart(9)} s  ${text}`);
}

function describe({ record }: JournalRecord, nameOf: (id: string) => string): string {
  const taker = 'taker' in record ? ` ${nameOf(record.taker.id)}` : '';
  const epoch = 'epoch' in record ? ` reservation ${record.epoch ?? 0}` : '';
  const reason = 'reason' in record ? ` ${record.reason}` : '';
  return `${record.type.toUpperCase()}${taker}${epoch}${reason}`;
}
