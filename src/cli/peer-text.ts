/** Known desks as a table. */
import type { PeerView } from '../control/contract.ts';
import { harmless } from '../text/harmless.ts';
import { shortIds } from '../text/short-ids.ts';
import { renderTable, type Column } from './table.ts';
import type { Screen } from './terminal.ts';
import { agoText, spanText } from '../text/time-text.ts';

export function peersTable(peers: readonly PeerView[], { width, paint }: Pick<Screen, 'width' | 'paint'>, now: number) {
  const short = shortIds(peers.map(({ id }) => id));
  const columns: readonly Column<PeerView>[] = [
    { head: 'DESK', value: ({ id }) => short(id) },
    { head: 'SEEN', value: ({ lastSeenAt }) => agoText(lastSeenAt, now) },
    { head: 'UP', value: ({ upSince }) => (upSince === null ? '-' : spanText(now - upSince)), spare: 2 },
    { head: 'KNOWN', value: ({ firstSeenAt }) => agoText(firstSeenAt, now), spare: 3 },
    { head: 'OFFERS', value: ({ openOffers }) => String(openOffers), align: 'right' },
    { head: 'CLOCK', value: ({ clockOffsetMs }) => offsetText(clockOffsetMs), align: 'right', spare: 1 },
    { head: 'FAILURES', value: (peer) => (peer.failures > 0 ? paint.yellow(failureText(peer)) : failureText(peer)) },
    { head: 'PROVEN', value: ({ verified }) => (verified ? 'yes' : 'no'), spare: 4 },
  ];
  return renderTable(columns, peers, width);
}

/** How far its clock is ahead of ours (+) or behind (-). */
function offsetText(offsetMs: number | null): string {
  if (offsetMs === null) return '-';
  const size = Math.abs(offsetMs);
  if (size < 1000) return `${offsetMs < 0 ? '-' : '+'}${size}ms`;
  return `${offsetMs < 0 ? '-' : '+'}${spanText(size)}`;
}

function failureText({ failures, lastFailure }: PeerView): string {
  if (failures === 0) return '-';
  return `${failures}${lastFailure === null ? '' : ` ${harmless(lastFailure)}`}`;
}
