/** The two stages, side by side: Grapevine, and the naive flow with the same schedule. */
import { flightMsOf } from '../../demo/naive-flow.ts';
import type { MessageStep, StageDesk, Step } from '../../demo/recording.ts';
import { Circle, type DrawnFlight, type FlightTone, type Node, type NodeTone } from './circle.tsx';
import { desks, maker, naive, scene, steps, time } from './player.ts';
import { naiveFlightsAt, type DeskState, type Flight, type Scene } from './scene.ts';
import { naiveEventText, naiveText, oursText, STATE_NAMES, storyOf, WHY_OURS } from './theatre-text.ts';

/** The latest lines of a story that are shown. */
const LINES_SHOWN = 5;

export function Stages() {
  const now = scene.value;
  return (
    <div class="stages">
      <section class="stage ours" aria-labelledby="ours">
        <h2 id="ours">Grapevine</h2>
        <Verdict tone={toneOfOurs(now)} text={oursText(now)} count={now.winners.length} of="ours" />
        <Circle
          label={`Grapevine's desks. ${oursText(now)}`}
          nodes={desks.value.map((desk) => nodeOf(desk, now))}
          flights={now.flights.map(drawn)}
          apart={now.apart}
        />
        <Story lines={ourLines(now)} label="What the desks do" />
      </section>
      <section class="stage naive" aria-labelledby="naive">
        <h2 id="naive">The naive flow</h2>
        <Verdict
          tone={toneOfNaive(now)}
          text={naiveText(now, maker.value)}
          count={now.naive.holders.length}
          of="naive"
        />
        <Circle
          label={`The same desks in the naive flow. ${naiveText(now, maker.value)}`}
          nodes={desks.value.map((desk) => naiveNodeOf(desk, now))}
          flights={naiveFlights(now)}
          apart={now.apart}
        />
        <Story lines={naiveLines(now)} label="What the naive flow does" />
      </section>
      {now.offer !== null && (
        <section class="why" aria-labelledby="why">
          <h2 id="why">Why Grapevine has one winner</h2>
          <p>{WHY_OURS[now.offer.act]}</p>
          <p class="faint">
            The naive flow is a model of the original demo with the same schedule: it treats a missing answer as a
            refusal and any approval as the deal, and remembers nothing after a crash.
          </p>
        </section>
      )}
    </div>
  );
}

interface VerdictProps {
  readonly tone: 'plain' | 'good' | 'bad';
  readonly text: string;
  readonly count: number;
  readonly of: 'ours' | 'naive';
}

function Verdict({ tone, text, count, of }: VerdictProps) {
  return (
    <p class={`verdict ${tone}`} role="status" data-verdict={of} data-winners={count}>
      {text}
    </p>
  );
}

function Story({ lines, label }: { readonly lines: readonly string[]; readonly label: string }) {
  return (
    <ol class="story" aria-label={label}>
      {lines.slice(-LINES_SHOWN).map((line, index) => (
        <li key={`${lines.length}-${index}`}>{line}</li>
      ))}
    </ol>
  );
}

function toneOfOurs({ winners }: Scene): VerdictProps['tone'] {
  if (winners.length === 0) return 'plain';
  return winners.length === 1 ? 'good' : 'bad';
}

function toneOfNaive({ naive: { holders, awardedTo } }: Scene): VerdictProps['tone'] {
  if (holders.length > 1 || (holders.length === 0 && awardedTo !== null)) return 'bad';
  return holders.length === 1 && awardedTo !== null ? 'good' : 'plain';
}

// ---- ours -----------------------------------------------------------------------------------------------------------

const TONES: Readonly<Record<DeskState, NodeTone>> = {
  idle: 'idle',
  wants: 'busy',
  waits: 'busy',
  held: 'asked',
  confirmed: 'asked',
  doubt: 'doubt',
  won: 'won',
  lost: 'lost',
};

function nodeOf(desk: StageDesk, { states, down, awardedTo, offer }: Scene): Node {
  if (down.has(desk.name)) return { desk, tone: 'down', label: 'crashed' };
  if (desk.role === 'liar') return { desk, tone: 'liar', label: 'liar' };
  if (desk.role === 'maker')
    return {
      desk,
      tone: 'busy',
      label: awardedTo === null ? (offer === null ? 'maker' : 'maker, offers') : 'maker, awarded it',
    };
  const state = states.get(desk.name) ?? 'idle';
  return { desk, tone: TONES[state], label: STATE_NAMES[state] };
}

function drawn({ step, progress }: Flight, index: number): DrawnFlight {
  const { from, to, fate } = step;
  const fails = fate === 'lost' ? 'half-way' : fate === 'nobody' ? 'at-the-end' : null;
  return {
    key: `${step.at} ${from} ${to} ${step.command} ${index}`,
    from,
    to,
    progress,
    fails,
    tone: toneOf(step),
  };
}

function toneOf({ command, isAnswer, as, says }: MessageStep): FlightTone {
  if (as !== undefined) return 'forged';
  if (isAnswer === true) return says === 'confirmed' || command === 'offer:status' ? 'answer' : 'quiet';
  switch (command) {
    case 'offer:new':
      return 'new';
    case 'offer:accept':
    case 'offer:status':
      return 'accept';
    case 'offer:accept:approved':
      return 'approval';
    default:
      return 'done';
  }
}

function ourLines({ offer }: Scene): readonly string[] {
  const began = offer?.at ?? 0;
  const isOf = (step: Step): boolean => !('offer' in step) || step.offer === offer?.offer;
  return storyOf(steps.value.filter((step) => step.at <= time.value && step.at >= began && isOf(step)));
}

// ---- the naive flow -------------------------------------------------------------------------------------------------

function naiveNodeOf(desk: StageDesk, { naive: { holders }, down }: Scene): Node {
  if (down.has(desk.name)) return { desk, tone: 'down', label: 'crashed' };
  if (desk.role === 'liar') return { desk, tone: 'liar', label: 'liar' };
  if (desk.role === 'maker') return { desk, tone: 'busy', label: 'maker' };
  return holders.includes(desk.name) ? { desk, tone: 'won', label: 'has it' } : { desk, tone: 'idle', label: '' };
}

function naiveFlights({ offer }: Scene): readonly DrawnFlight[] {
  const events = naive.value.filter((event) => event.offer === offer?.offer);
  const flightMs = flightMsOf(steps.value);
  return naiveFlightsAt(events, maker.value, flightMs, time.value).map(({ from, to, isLost, progress }) => ({
    key: `${from} ${to}`,
    from,
    to,
    progress,
    tone: from === maker.value ? 'approval' : 'answer',
    fails: isLost ? 'half-way' : null,
  }));
}

function naiveLines({ offer }: Scene): readonly string[] {
  return naive.value
    .filter((event) => event.offer === offer?.offer && event.at <= time.value)
    .map((event) => naiveEventText(event, maker.value));
}
