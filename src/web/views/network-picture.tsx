/** Draws the known desks around this one. Near: seen recently. Large: many open offers. */
import type { PeerView } from '../../control/contract.ts';
import { agoText } from '../../text/time-text.ts';
import { deskView, now } from '../data/desk.ts';

const SIZE = 440;
const MIDDLE = SIZE / 2;
const DRAWN_MAX = 300;
const GRAPES_MAX = 12;
const MINUTE_MS = 60_000;
/** The golden angle in radians, so that neighbours in the list are far apart in the picture. */
const TURN = 2.399963;

export function NetworkPicture({
  peers,
  grapes,
}: {
  readonly peers: readonly PeerView[];
  readonly grapes: readonly string[];
}) {
  const dots = [...peers].sort(byId).slice(0, DRAWN_MAX).map(dotOf);
  const silent = peers.filter(({ failures }) => failures > 0).length;
  const summary = `${peers.length} known desks, ${silent} of them do not answer; ${grapes.length} grapes.`;
  return (
    <figure class="picture">
      <svg viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label={summary}>
        {[75, 130, 185].map((radius) => (
          <circle key={radius} class="ring" cx={MIDDLE} cy={MIDDLE} r={radius} />
        ))}
        {dots.map(({ peer, x, y }) => (
          <line key={peer.id} class={peer.failures > 0 ? 'tie silent' : 'tie'} x1={MIDDLE} y1={MIDDLE} x2={x} y2={y} />
        ))}
        {grapes.slice(0, GRAPES_MAX).map((url, index, drawn) => (
          <Grape key={url} url={url} turn={index / drawn.length} />
        ))}
        {dots.map(({ peer, x, y, radius }) => (
          <circle key={peer.id} class={toneOf(peer)} cx={x} cy={y} r={radius}>
            <title>{titleOf(peer)}</title>
          </circle>
        ))}
        <circle class="self" cx={MIDDLE} cy={MIDDLE} r="15" />
        <text class="self-text" x={MIDDLE} y={MIDDLE + 4} text-anchor="middle">
          you
        </text>
      </svg>
      <Legend />
      <p class="unseen">{deskView.value?.id}</p>
    </figure>
  );
}

/** @param turn the position on the circle, from 0 (top) to 1 */
function Grape({ url, turn }: { readonly url: string; readonly turn: number }) {
  const angle = turn * 2 * Math.PI - Math.PI / 2;
  const [x, y] = [MIDDLE + Math.cos(angle) * 44, MIDDLE + Math.sin(angle) * 44];
  return (
    <rect class="grape" x={x - 5} y={y - 5} width="10" height="10" rx="2" transform={`rotate(45 ${x} ${y})`}>
      <title>{url}</title>
    </rect>
  );
}

const LEGEND = [
  ['fresh', 'seen within a minute'],
  ['old', 'longer ago'],
  ['silent', 'does not answer'],
  ['grape-mark', 'grape'],
] as const;

function Legend() {
  return (
    <figcaption class="legend">
      {LEGEND.map(([kind, text]) => (
        <span key={kind}>
          <i class={`dot ${kind}`} />
          {` ${text}`}
        </span>
      ))}
    </figcaption>
  );
}

function byId(left: PeerView, right: PeerView): number {
  return left.id < right.id ? -1 : 1;
}

function dotOf(peer: PeerView, index: number) {
  const ago = now.value - peer.lastSeenAt;
  const distance = ago < MINUTE_MS ? 100 : ago < 10 * MINUTE_MS ? 155 : 200;
  const angle = index * TURN;
  return {
    peer,
    x: MIDDLE + Math.cos(angle) * distance,
    y: MIDDLE + Math.sin(angle) * distance,
    radius: Math.min(13, 6 + Math.sqrt(peer.openOffers)),
  };
}

function toneOf({ failures, lastSeenAt }: PeerView): string {
  if (failures > 0) return 'desk silent';
  return now.value - lastSeenAt < MINUTE_MS ? 'desk fresh' : 'desk old';
}

function titleOf({ id, openOffers, lastSeenAt, failures, lastFailure }: PeerView): string {
  const trouble = failures > 0 ? `; ${failures} failures (${lastFailure ?? 'unknown'})` : '';
  return `${id.slice(0, 8)}: ${openOffers} open offers, seen ${agoText(lastSeenAt, now.value)}${trouble}`;
}
