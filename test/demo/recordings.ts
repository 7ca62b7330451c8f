/** Recordings made by hand: four desks and a liar; a message takes 100 ms. */
import type { Act, Recording, Step } from '../../src/demo/recording.ts';

const FLIGHT_MS = 100;

const DESKS: Recording['desks'] = [
  { name: 'Dora', role: 'maker' },
  { name: 'Alice', role: 'taker' },
  { name: 'Bob', role: 'taker' },
  { name: 'Carol', role: 'taker' },
  { name: 'Mallory', role: 'liar' },
];

export function recordingOf(steps: readonly Step[]): Recording {
  return { format: 'grapevine-theatre/1', desks: [...DESKS], steps: [...steps].sort((a, b) => a.at - b.at) };
}

type Sent = Partial<Omit<Extract<Step, { kind: 'message' }>, 'kind' | 'ms'>>;

export function message(at: number, from: string, to: string, more: Sent): Step {
  const { command = 'offer:new', fate = 'arrives', offer = 1, ...rest } = more;
  return { kind: 'message', at, offer, from, to, command, ms: FLIGHT_MS, fate, ...rest };
}

export function notice(
  at: number,
  desk: string,
  event: string,
  more: Partial<Extract<Step, { kind: 'notice' }>> = {},
): Step {
  return { kind: 'notice', at, offer: 1, desk, event, ...more };
}

/** Alice, Bob and Carol accept an offer, in this order. Alice is asked to confirm at 220 (in the model at 215), and answers at 320. */
export function untilApproved(act: Act): readonly Step[] {
  const takers = ['Alice', 'Bob', 'Carol'];
  return [
    { kind: 'offer', at: 0, offer: 1, act, wanted: takers },
    ...takers.map((to) => message(0, 'Dora', to, {})),
    ...takers.map((from, index) => message(110 + index * 5, from, 'Dora', { command: 'offer:accept' })),
    ...takers.map((about, index) => notice(215 + index * 5, 'Dora', 'acceptance.queued', { about })),
    message(220, 'Dora', 'Alice', { command: 'offer:accept:approved' }),
  ];
}

export function confirmed(fate: 'arrives' | 'lost'): Step {
  return message(320, 'Alice', 'Dora', { command: 'offer:accept:approved', isAnswer: true, says: 'confirmed', fate });
}
