/** The player's controls: play and pause, next and previous step, time, speed. */
import { Button, IconButton, Segments } from '../ui/controls.tsx';
import { end, follow, isFollowing, isPlaying, pause, play, seek, speed, stepBy, steps, time } from './player.ts';
import { source } from './source.ts';

const SPEEDS = [
  ['0.25', '¼×'],
  ['0.5', '½×'],
  ['1', '1×'],
  ['2', '2×'],
] as const;

export function Transport() {
  const isEmpty = steps.value.length === 0;
  return (
    <div class="transport">
      <IconButton icon="before" label="Previous step (←)" onClick={() => stepBy(-1)} />
      <Button onClick={toggle} disabled={isEmpty} shortcut="Space">
        {isPlaying.value ? 'Pause' : 'Play'}
      </Button>
      <IconButton icon="after" label="Next step (→)" onClick={() => stepBy(1)} />
      <input
        class="scrub"
        type="range"
        min="0"
        max={Math.max(1, end.value)}
        step="10"
        value={time.value}
        aria-label="Time in the recording"
        aria-valuetext={clockText(time.value)}
        onInput={(event) => seek(Number(event.currentTarget.value))}
      />
      <span class="clock">
        {clockText(time.value)} / {clockText(end.value)}
      </span>
      <Segments
        label="Speed"
        value={String(speed.value) as (typeof SPEEDS)[number][0]}
        options={SPEEDS}
        onChange={(value) => {
          speed.value = Number(value) as typeof speed.value;
        }}
      />
      {source.value === 'live' && (
        <Button onClick={follow} disabled={isFollowing.value}>
          Now
        </Button>
      )}
    </div>
  );
}

export function toggle(): void {
  if (isPlaying.value) pause();
  else play();
}

function clockText(ms: number): string {
  const seconds = ms / 1000;
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, '0')}`;
}
