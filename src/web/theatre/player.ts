/**
 * The recording that is shown, and the time at which it is. A live one grows at its end; whoever watches it may pause, go back, and
 * return to what happens now.
 */
import { batch, computed, signal } from '@preact/signals';
import { naiveFlow } from '../../demo/naive-flow.ts';
import { RECORDING_FORMAT, type StageDesk, type Step } from '../../demo/recording.ts';
import { endOf, momentsOf, sceneAt } from './scene.ts';

/** Messages are drawn as they fly, so that what has just been heard of must be a moment old: steps come in batches. */
const LIVE_LAG_MS = 150;
/** What is still to be seen after the last step. */
const TAIL_MS = 400;

export const desks = signal<readonly StageDesk[]>([]);
export const steps = signal<readonly Step[]>([]);
export const time = signal(0);
export const isPlaying = signal(true);
/** Shows what happens now. */
export const isFollowing = signal(false);
export const speed = signal<0.25 | 0.5 | 1 | 2>(1);

const moments = computed(() => momentsOf(steps.value));
export const naive = computed(() =>
  naiveFlow({ format: RECORDING_FORMAT, desks: [...desks.value], steps: [...steps.value] }),
);
/** When all has been told, on both stages. */
export const end = computed(() => {
  if (steps.value.length === 0) return 0;
  return Math.max(endOf(steps.value), ...naive.value.map(({ at }) => at)) + TAIL_MS;
});
export const scene = computed(() => sceneAt(steps.value, naive.value, time.value));
/** As it is now, whatever is looked at. */
export const latest = computed(() => sceneAt(steps.value, naive.value, end.value));
export const maker = computed(() => desks.value.find(({ role }) => role === 'maker')?.name ?? '');

/** `performance.now()` at the time 0 of a live recording, as near as we know. */
let origin = Infinity;
let before = 0;
let frame = 0;

/** Shows another recording from its beginning. */
export function show(
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

/** Steps that have just happened. */
export function grow(more: readonly Step[]): void {
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

/** At its end it begins anew. */
export function play(): void {
  batch(() => {
    if (time.value >= end.value && !isFollowing.value) time.value = 0;
    isPlaying.value = true;
  });
  run();
}

/** To what happens now. */
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

/** To the next moment at which something begins, or the one before. */
export function step(by: 1 | -1): void {
  const now = time.value;
  const next = by === 1 ? moments.value.find((at) => at > now) : moments.value.findLast((at) => at < now - 1);
  seek(next ?? (by === 1 ? end.value : 0));
}

/** Draws while there is something that moves. */
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
