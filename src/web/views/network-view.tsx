/** The network as this desk sees it: other desks, checks, reach of broadcasts, clocks, and charts of the last hour. */
import type { Activity, Broadcast, Check, PeerView } from '../../control/contract.ts';
import { agoText, clockText, spanText } from '../../text/time-text.ts';
import { api } from '../data/api.ts';
import { deskView, now } from '../data/desk.ts';
import { useResource } from '../data/resource.ts';
import { Chart } from '../ui/chart.tsx';
import { Chip, EmptyState, PlainTable } from '../ui/controls.tsx';
import { DeskName } from '../ui/names.tsx';
import { NetworkPicture } from './network-picture.tsx';
import { View } from './view.tsx';

async function loadNetwork() {
  const [{ peers }, activity] = await Promise.all([api.peers(), api.activity()]);
  return { peers, activity };
}

export function NetworkView() {
  const { value, problem } = useResource(loadNetwork);
  const doctor = useResource(() => api.doctor());
  const network = value.value;
  const count = network !== null && (
    <span class="count">
      {network.peers.length} {network.peers.length === 1 ? 'desk' : 'desks'}
    </span>
  );
  return (
    <View name="network" head={count}>
      <div class="scroll network" tabIndex={0} role="region" aria-label="The network">
        {network === null ? (
          <EmptyState title={problem.value === null ? 'Loading' : 'The network could not be loaded'}>
            {problem.value}
          </EmptyState>
        ) : (
          <>
            <div class="box picture-box">
              <NetworkPicture peers={network.peers} grapes={deskView.value?.grapes ?? []} />
            </div>
            <div class="box health">
              <h2>Health</h2>
              <Checks checks={doctor.value.value?.checks ?? []} />
            </div>
            <Charts activity={network.activity} />
            <div class="box half">
              <h2>Reach of the last broadcasts</h2>
              <Reach broadcasts={network.activity.broadcasts} />
            </div>
            <div class="box half">
              <h2>Clocks</h2>
              <Clocks peers={network.peers} />
            </div>
            <div class="box wide">
              <h2>Desks</h2>
              <Peers peers={network.peers} />
            </div>
          </>
        )}
      </div>
    </View>
  );
}

const TONES = { ok: 'good', warn: 'warn', fail: 'bad' } as const;

function Checks({ checks }: { readonly checks: readonly Check[] }) {
  if (checks.length === 0) return <p class="faint">Checking.</p>;
  return (
    <ul class="checks">
      {checks.map(({ name, ok, found, advice }) => (
        <li key={name}>
          <Chip tone={TONES[ok]}>{ok}</Chip>
          <div>
            <b>{name}</b> <span class="soft">{found}</span>
            {advice !== null && <p class="advice">{advice}</p>}
          </div>
        </li>
      ))}
    </ul>
  );
}

function Charts({ activity: { minutes } }: { readonly activity: Activity }) {
  const times = minutes.map(({ at }) => at);
  const sum = (pick: (minute: Activity['minutes'][number]) => number): number =>
    minutes.reduce((total, minute) => total + pick(minute), 0);
  const timed = minutes.flatMap(({ dealMs }) => dealMs ?? []);
  const slowest = Math.max(0, ...timed.map((ms) => ms.slowest));
  const deals = sum(({ awarded, won }) => awarded + won);
  return (
    <>
      <div class="box">
        <Chart
          title="Deals per minute"
          times={times}
          series={[{ name: 'deals', colour: '--good', values: minutes.map(({ awarded, won }) => awarded + won) }]}
          summary={`${deals} in the last hour.`}
        />
      </div>
      <div class="box">
        <Chart
          title="Time to the deal"
          times={times}
          kind="lines"
          unit={spanOf}
          series={[
            { name: 'median', colour: '--accent', values: minutes.map(({ dealMs }) => dealMs?.median ?? null) },
            { name: 'slowest', colour: '--warn', values: minutes.map(({ dealMs }) => dealMs?.slowest ?? null) },
          ]}
          summary={timed.length === 0 ? 'No deal in the last hour.' : `The slowest took ${spanOf(slowest)}.`}
        />
      </div>
      <div class="box">
        <Chart
          title="Refusals per minute"
          times={times}
          series={[{ name: 'refusals', colour: '--bad', values: minutes.map(({ refusals }) => refusals) }]}
          summary={`${sum(({ refusals }) => refusals)} in the last hour; ${sum(({ lost }) => lost)} offers were lost.`}
        />
      </div>
    </>
  );
}

function spanOf(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : spanText(ms);
}

function Reach({ broadcasts }: { readonly broadcasts: readonly Broadcast[] }) {
  if (broadcasts.length === 0) return <p class="faint">This desk has announced nothing since it started.</p>;
  const most = Math.max(1, ...broadcasts.map(({ reached, unreachable }) => reached + unreachable));
  return (
    <ol class="reach">
      {[...broadcasts]
        .reverse()
        .slice(0, 12)
        .map(({ offerId, at, reached, unreachable }) => (
          <li key={offerId}>
            <time>{clockText(at)}</time>
            <span class="bar" aria-hidden="true">
              <i class="reached" style={{ width: `${(100 * reached) / most}%` }} />
              <i class="unreached" style={{ width: `${(100 * unreachable) / most}%` }} />
            </span>
            <span>
              {reached} reached{unreachable > 0 && <b class="bad-text">, {unreachable} not reached</b>}
            </span>
          </li>
        ))}
    </ol>
  );
}

/** A larger difference between two clocks is shown as a problem. */
const OFFSET_MAX_MS = 2_000;

function Clocks({ peers }: { readonly peers: readonly PeerView[] }) {
  const known = peers.flatMap(({ id, clockOffsetMs }) =>
    clockOffsetMs === null ? [] : [{ id, offset: clockOffsetMs }],
  );
  if (known.length === 0) return <p class="faint">No desk has sent its time yet.</p>;
  const most = Math.max(OFFSET_MAX_MS, ...known.map(({ offset }) => Math.abs(offset)));
  const far = known.filter(({ offset }) => Math.abs(offset) > OFFSET_MAX_MS);
  return (
    <>
      <svg
        class="clocks"
        viewBox="0 0 300 54"
        role="img"
        aria-label={`${known.length} clocks, ${far.length} of them more than 2 s off.`}
      >
        <line x1="150" y1="6" x2="150" y2="36" class="ring" />
        <line x1="8" y1="21" x2="292" y2="21" class="ring" />
        {known.slice(0, 300).map(({ id, offset }) => (
          <circle
            key={id}
            class={Math.abs(offset) > OFFSET_MAX_MS ? 'desk silent' : 'desk fresh'}
            cx={150 + (142 * offset) / most}
            cy="21"
            r="5"
          />
        ))}
        <text x="8" y="52">
          {spanOf(most)} behind
        </text>
        <text x="292" y="52" text-anchor="end">
          {spanOf(most)} ahead
        </text>
      </svg>
      <p class="faint">
        {far.length === 0 ? 'All clocks agree with ours.' : `${far.length} clocks are more than 2 s off.`}
      </p>
    </>
  );
}

const LISTED_MAX = 200;

function Peers({ peers }: { readonly peers: readonly PeerView[] }) {
  if (peers.length === 0) return <p class="faint">No other desk is known yet.</p>;
  const sorted = [...peers].sort((left, right) => right.failures - left.failures || right.lastSeenAt - left.lastSeenAt);
  return (
    <PlainTable label="Known desks" heads={['Desk', 'Seen', 'Up', 'Offers', 'Clock', 'Failures']}>
      {sorted.slice(0, LISTED_MAX).map((peer) => (
        <tr key={peer.id}>
          <td>
            <DeskName id={peer.id} /> {!peer.verified && <Chip tone="warn">unverified</Chip>}
          </td>
          <td>{agoText(peer.lastSeenAt, now.value)}</td>
          <td>{peer.upSince === null ? '-' : spanText(now.value - peer.upSince)}</td>
          <td>{peer.openOffers}</td>
          <td>{peer.clockOffsetMs === null ? '-' : `${peer.clockOffsetMs} ms`}</td>
          <td>{peer.failures === 0 ? '-' : <Chip tone="bad">{`${peer.failures} ${peer.lastFailure ?? ''}`}</Chip>}</td>
        </tr>
      ))}
    </PlainTable>
  );
}
