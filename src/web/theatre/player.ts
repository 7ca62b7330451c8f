/** Plays a recording: which one, and the current time in it. A live recording grows at its end; the player can follow it. */
import { batch, computed, signal } from '@preact/signals';
import { naiveFlow } from '../../demo/naive-flow.ts';
import { RECORDING_FORMAT, type StageDesk, type Step } from '../../demo/recording.ts';
import { endOf, momentsOf, sceneAt } from './scene.ts';

/** The delay of a live recording. Steps arrive in batches, and messages must be drawn from their start. */
const LIVE_LAG_MS = 150;
/** The time after the last step. */
const TAIL_MS = 400;

export const desks = signal<readonly StageDesk[]>([]);
export const steps = signal<readonly Step[]>([]);
export const time = signal(0);
export const isPlaying = signal(true);
/** Whether a live recording is shown at its growing end. */
export const isFollowing = signal(false);
export const speed = signal<0.25 | 0.5 | 1 | 2>(1);

const moments = computed(() => momentsOf(steps.value));
export const naive = computed(() =>
  naiveFlow({ format: RECORDING_FORMAT, desks: [...desks.value], steps: [...steps.value] }),
);
/** The time when both flows have ended. */
export const end = computed(() => {
  if (steps.value.length === 0) return 0;
  return Math.max(endOf(steps.value), ...naive.value.map(({ at }) => at)) + TAIL_MS;
});
export const scene = computed(() => sceneAt(steps.value, naive.value, time.value));
/** The scene at the end of the recording, whatever time is shown. */
export const latest = computed(() => sceneAt(steps.value, naive.value, end.value));
export const maker = computed(() => desks.value.find(({ role }) => role === 'maker')?.name ?? '');

/** `performance.now()` at the time 0 of a live recording, estimated from the arrival of steps. */
let origin = Infinity;
let before = 0;
let frame = 0;

/** Replaces the recording and plays it from its start. */
export function load(
  of: { readonly desks: readonly StageDesk[]; readonly steps: readonly Step[] },
  isLive: boolean,
): void {
  origin = Infinity;
  batch(() => {
    desks.value = of.desks;
    steps.value = of.steps;
    time.value = 0;
    isPlaying.value = true;
    isFollowing.value = isLive;
  });
  run();
}

/** Appends new steps to a live recording. */
export function append(more: readonly Step[]): void {
  const last = more.at(-1);
  if (last === undefined) return;
  origin = Math.min(origin, performance.now() - last.at);
  steps.value = [...steps.value, ...more];
  run();
}

export function pause(): void {
  batch(() => {
    isPlaying.value = false;
    isFollowing.value = false;
  });
}

/** Plays on; from the start, if it is at the end. */
export function play(): void {
  batch(() => {
    if (time.value >= end.value && !isFollowing.value) time.value = 0;
    isPlaying.value = true;
  });
  run();
}

/** Goes to the growing end of a live recording. */
export function follow(): void {
  batch(() => {
    isFollowing.value = true;
    isPlaying.value = true;
  });
  run();
}

export function seek(at: number): void {
  pause();
  time.value = Math.max(0, Math.min(end.value, at));
}

/** Goes to the next or previous moment at which something starts. */
export function stepBy(by: 1 | -1): void {
  const now = time.value;
  const next = by === 1 ? moments.value.find((at) => at > now) : moments.value.findLast((at) => at < now - 1);
  seek(next ?? (by === 1 ? end.value : 0));
}

/** Starts the animation, which stops at the end of the recording. */
function run(): void {
  if (frame !== 0) return;
  before = performance.now();
  frame = requestAnimationFrame(tick);
}

function tick(now: number): void {
  frame = 0;
  const passed = Math.max(0, now - before);
  before = now;
  if (!isPlaying.value) return;
  const then = isFollowing.value ? now - origin - LIVE_LAG_MS : time.value + passed * speed.value;
  time.value = Math.max(0, Math.min(end.value, then));
  if (time.value < end.value) frame = requestAnimationFrame(tick);
  else if (!isFollowing.value) isPlaying.value = false;
}
