/** Draws the desks in a circle, and the messages between them. Each colour comes with a word or a symbol of the same meaning. */
import type { StageDesk } from '../../demo/recording.ts';

export type NodeTone = 'idle' | 'busy' | 'asked' | 'doubt' | 'won' | 'lost' | 'down' | 'liar';
export type FlightTone = 'new' | 'accept' | 'approval' | 'answer' | 'quiet' | 'done' | 'forged';

export interface Node {
  readonly desk: StageDesk;
  readonly tone: NodeTone;
  /** The text below the name. */
  readonly label: string;
}

export interface DrawnFlight {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly tone: FlightTone;
  /** 0: sent. 1: received. */
  readonly progress: number;
  /** Where a message that is not received ends. */
  readonly fails: 'half-way' | 'at-the-end' | null;
}

interface CircleProps {
  readonly label: string;
  readonly nodes: readonly Node[];
  readonly flights: readonly DrawnFlight[];
  readonly apart: ReadonlySet<string>;
}

const WIDTH = 560;
const HEIGHT = 470;
const [CENTER_X, CENTER_Y] = [WIDTH / 2, HEIGHT / 2];
const RADIUS = 168;
const NODE = 17;
const NAME_AT = RADIUS + 30;

interface Point {
  readonly x: number;
  readonly y: number;
}

export function Circle({ label, nodes, flights, apart }: CircleProps) {
  const places = new Map(nodes.map(({ desk }, index) => [desk.name, pointAt(index, nodes.length, RADIUS)]));
  return (
    <svg class="circle" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <circle class="ring" cx={CENTER_X} cy={CENTER_Y} r={RADIUS} />
      <Cut nodes={nodes} apart={apart} />
      {flights.map((flight) => (
        <FlightLine key={flight.key} flight={flight} from={places.get(flight.from)} to={places.get(flight.to)} />
      ))}
      {nodes.map((node, index) => (
        <Desk key={node.desk.name} node={node} index={index} count={nodes.length} />
      ))}
    </svg>
  );
}

function Desk({ node: { desk, tone, label }, index, count }: { node: Node; index: number; count: number }) {
  const { x, y } = pointAt(index, count, RADIUS);
  const name = pointAt(index, count, NAME_AT);
  const side = name.x - CENTER_X;
  const anchor = Math.abs(side) < 60 ? 'middle' : side > 0 ? 'start' : 'end';
  const isMiddle = anchor === 'middle';
  const isAbove = isMiddle && name.y < CENTER_Y;
  const top = name.y + (isMiddle ? (isAbove ? -10 : 10) : -2);
  return (
    <g class={`node ${tone}`} data-desk={desk.name} data-tone={tone}>
      {desk.role === 'maker' ? (
        <rect x={x - NODE} y={y - NODE} width={2 * NODE} height={2 * NODE} rx="7" />
      ) : (
        <circle cx={x} cy={y} r={NODE} />
      )}
      <text class="sign" x={x} y={y + 5} text-anchor="middle">
        {SIGNS[tone] ?? (desk.role === 'maker' ? 'M' : desk.name.slice(0, 1))}
      </text>
      <text class="name" x={name.x} y={top} text-anchor={anchor}>
        {desk.name}
      </text>
      <text class="label" x={name.x} y={top + 16} text-anchor={anchor}>
        {label}
      </text>
    </g>
  );
}

const SIGNS: Readonly<Partial<Record<NodeTone, string>>> = { won: '✓', down: '✕', doubt: '?', lost: '–', liar: '!' };

interface FlightLineProps {
  readonly flight: DrawnFlight;
  readonly from: Point | undefined;
  readonly to: Point | undefined;
}

function FlightLine({ flight: { tone, progress, fails }, from, to }: FlightLineProps) {
  if (from === undefined || to === undefined) return null;
  const reach = fails === 'half-way' ? Math.min(progress, 0.5) : progress;
  const [x, y] = [from.x + (to.x - from.x) * reach, from.y + (to.y - from.y) * reach];
  const hasFailed = (fails === 'half-way' && progress >= 0.5) || (fails === 'at-the-end' && progress >= 0.85);
  return (
    <g class={`flight ${tone}${hasFailed ? ' failed' : ''}`}>
      <line class="way" x1={from.x} y1={from.y} x2={to.x} y2={to.y} />
      {hasFailed ? (
        <path class="cross" d={`M${cross(x, y)}`} />
      ) : (
        <circle class="dot" cx={x} cy={y} r={tone === 'quiet' ? 3 : 5.5} />
      )}
    </g>
  );
}

function cross(x: number, y: number): string {
  const [l, r, t, b] = [x - 6, x + 6, y - 6, y + 6].map((value) => value.toFixed(1));
  return `${l ?? ''} ${t ?? ''} ${r ?? ''} ${b ?? ''}M${r ?? ''} ${t ?? ''} ${l ?? ''} ${b ?? ''}`;
}

/** The line that splits the network. */
function Cut({ nodes, apart }: Pick<CircleProps, 'nodes' | 'apart'>) {
  if (apart.size === 0) return null;
  const borders = nodes.flatMap(({ desk }, index) => {
    const next = nodes[(index + 1) % nodes.length];
    return next !== undefined && apart.has(desk.name) !== apart.has(next.desk.name) ? [index + 0.5] : [];
  });
  const [first, second] = borders.map((place) => pointAt(place, nodes.length, RADIUS + 24));
  if (first === undefined || second === undefined) return null;
  return <line class="cut" x1={first.x} y1={first.y} x2={second.x} y2={second.y} />;
}

function pointAt(index: number, count: number, radius: number): Point {
  const angle = (index / count) * 2 * Math.PI - Math.PI / 2;
  return { x: CENTER_X + Math.cos(angle) * radius, y: CENTER_Y + Math.sin(angle) * radius };
}
