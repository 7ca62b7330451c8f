/** The details of an offer or a report. They come from other desks, so they are shown as plain text. */
import { harmlessLines } from '../../text/harmless.ts';

/** @param details a text or another JSON value; null: no details */
export function Details({ details }: { readonly details: unknown }) {
  if (details === null || details === undefined) return null;
  const text = typeof details === 'string' ? details : JSON.stringify(details, null, 2);
  return (
    <pre class="details-text" tabIndex={0}>
      {harmlessLines(text)}
    </pre>
  );
}
