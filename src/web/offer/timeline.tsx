/** The story of an offer, in the words of `explain`. What the desk waits for is the last line. */
import type { Story, StoryEntry } from '../../control/contract.ts';
import { shortIds } from '../../text/short-ids.ts';
import { entrySentence } from '../../text/story.ts';
import { dateText, exactClockText } from '../../text/time-text.ts';
import { Icon } from '../ui/icon.tsx';
import { shortName } from '../ui/names.tsx';

const GOOD: ReadonlySet<string> = new Set(['awarded', 'won', 'delivered']);
const BAD: ReadonlySet<string> = new Set(['released', 'lost', 'gaveUp', 'cancelled', 'expired', 'voided']);

/** The statement of the other side whose signature is in the journal. */
const SIGNED: Readonly<Record<string, string>> = {
  accepting: 'offer',
  awarded: 'confirmation',
  won: 'award',
  lost: 'decision',
  truth: 'decision',
  reportReceived: 'report',
};

export function Timeline({ story }: { readonly story: Story }) {
  const { entries, offer, awaits } = story;
  const name = shortIds(
    entries.flatMap(({ fields }) => (typeof fields['taker'] === 'string' ? [fields['taker']] : [])),
  );
  if (entries.length === 0 && awaits === null) return null;
  return (
    <ol class="time-line">
      {entries.length === 0 && <li class="entry soft">The journal has no entry: this offer was only received.</li>}
      {entries.map((entry, index) => (
        <li key={index} class={`entry ${toneOf(entry)}`}>
          <time dateTime={new Date(entry.at).toISOString()} title={dateText(entry.at)}>
            {exactClockText(entry.at)}
          </time>
          <p>{entrySentence(entry, offer, name)}</p>
          {entry.signedBy != null && (
            <p class="signed">
              <Icon name="seal" size={14} /> {SIGNED[entry.event] ?? ''} signed by {shortName(entry.signedBy)}
            </p>
          )}
        </li>
      ))}
      {awaits !== null && (
        <li class="entry awaited soft">
          <time>now</time>
          <p>Awaited: {awaits}.</p>
        </li>
      )}
    </ol>
  );
}

function toneOf({ event }: StoryEntry): string {
  if (GOOD.has(event)) return 'good';
  return BAD.has(event) ? 'bad' : 'plain';
}
