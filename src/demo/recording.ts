/**
 * The format of a recording: the desks of a run of the theatre, and every step with its time. The page draws only recordings; a live
 * run is a recording that grows. Recordings may come from strangers, so every field is checked before anything is drawn.
 */
import { z } from 'zod';

export const RECORDING_FORMAT = 'grapevine-theatre/1';

export const RECORDING_LIMITS = {
  desksMax: 24,
  stepsMax: 20_000,
  /** The size of the file. */
  bytesMax: 4 * 1024 * 1024,
  /** The duration of a run. */
  timeMaxMs: 6 * 60 * 60_000,
} as const;

/** The recordings that the page includes, as `recordings/NAME.json`. */
export const SHIPPED_RECORDINGS = ['lost-reply', 'killed-maker', 'forger'] as const;
export type ShippedRecording = (typeof SHIPPED_RECORDINGS)[number];

/** The faults that the buttons cause while an offer is in progress. `offer`: no fault. */
export const ACTS = ['offer', 'lose-reply', 'cut', 'kill-maker', 'kill-winner', 'twice', 'forge'] as const;
export type Act = (typeof ACTS)[number];

const nameSchema = z.string().regex(/^[A-Z][a-z]{1,15}$/);
const timeSchema = z.int().min(0).max(RECORDING_LIMITS.timeMaxMs);
const offerSchema = z.int().min(1).max(RECORDING_LIMITS.stepsMax);

const deskSchema = z.strictObject({ name: nameSchema, role: z.enum(['maker', 'taker', 'liar']) });

/** An offer is announced, and the desks in `wanted` will accept it. `offer` is its number, also in the steps below. */
const offerStepSchema = z.strictObject({
  kind: z.literal('offer'),
  at: timeSchema,
  offer: offerSchema,
  act: z.enum(ACTS),
  wanted: z.array(nameSchema).max(RECORDING_LIMITS.desksMax),
});

/**
 * A message leaves `from` at `at` and arrives at `to` after `ms`, unless it is lost. An answer is a separate message, with the command
 * that it answers. `nobody`: the receiver is down.
 */
const messageStepSchema = z.strictObject({
  kind: z.literal('message'),
  at: timeSchema,
  offer: offerSchema,
  from: nameSchema,
  to: nameSchema,
  command: z.enum([
    'offer:new',
    'offer:accept',
    'offer:accept:approved',
    'offer:accept:released',
    'offer:done',
    'offer:status',
  ]),
  ms: z.int().min(0).max(60_000),
  fate: z.enum(['arrives', 'lost', 'nobody']),
  isAnswer: z.literal(true).optional(),
  /** Only in answers: the kind of the result, or an error code. */
  says: z
    .string()
    .regex(/^[A-Za-z_]{1,40}$/)
    .optional(),
  /** A duplicate of an earlier message. */
  isCopy: z.literal(true).optional(),
  /** Forged: the desk that the message names as its sender. */
  as: nameSchema.optional(),
});

/** An event that a desk has emitted (docs/PROTOCOL.md lists the names). */
const noticeStepSchema = z.strictObject({
  kind: z.literal('notice'),
  at: timeSchema,
  offer: offerSchema,
  desk: nameSchema,
  event: z.string().regex(/^[a-z_.]{3,40}$/),
  /** The other desk of this event. */
  about: nameSchema.optional(),
  reason: z
    .string()
    .regex(/^[A-Za-z_ -]{1,40}$/)
    .optional(),
});

const downStepSchema = z.strictObject({ kind: z.enum(['down', 'up']), at: timeSchema, desk: nameSchema });

/** The network is split: no message passes between the desks in `apart` and the others. */
const cutStepSchema = z.strictObject({
  kind: z.literal('cut'),
  at: timeSchema,
  apart: z.array(nameSchema).min(1).max(RECORDING_LIMITS.desksMax),
});

const joinedStepSchema = z.strictObject({ kind: z.literal('joined'), at: timeSchema });

/** All takers know how the offer ended. `winners`: the desks that report the phase `won` at that moment. */
const endedStepSchema = z.strictObject({
  kind: z.literal('ended'),
  at: timeSchema,
  offer: offerSchema,
  winners: z.array(nameSchema).max(RECORDING_LIMITS.desksMax),
});

const stepSchema = z.discriminatedUnion('kind', [
  offerStepSchema,
  messageStepSchema,
  noticeStepSchema,
  downStepSchema,
  cutStepSchema,
  joinedStepSchema,
  endedStepSchema,
]);

const stepsSchema = z.array(stepSchema).max(RECORDING_LIMITS.stepsMax);

const recordingSchema = z
  .strictObject({
    format: z.literal(RECORDING_FORMAT),
    desks: z.array(deskSchema).min(2).max(RECORDING_LIMITS.desksMax),
    steps: stepsSchema,
  })
  .superRefine(({ desks, steps }, context) => {
    const issue = problemOf(new Set(desks.map(({ name }) => name)), desks.length, steps);
    if (issue !== null) context.addIssue({ code: 'custom', message: issue });
  });

export type Recording = z.output<typeof recordingSchema>;
export type Step = z.output<typeof stepSchema>;
export type MessageStep = z.output<typeof messageStepSchema>;
export type StageDesk = z.output<typeof deskSchema>;

export type ReadRecording =
  { readonly ok: true; readonly recording: Recording } | { readonly ok: false; readonly problem: string };

/** What a theatre server shows. The page requests this first. */
export type TheatreContent =
  | { readonly kind: 'live'; readonly desks: readonly StageDesk[] }
  | { readonly kind: 'recording'; readonly recording: Omit<Recording, 'format'> };

export interface StepsAnswer {
  readonly steps: readonly Step[];
  /** The `from` of the next request. */
  readonly next: number;
}

/** Parses and checks the text of a file. */
export function readRecording(text: string): ReadRecording {
  if (text.length > RECORDING_LIMITS.bytesMax) return { ok: false, problem: 'it is too large to be a recording' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problem: 'it is not JSON' };
  }
  const result = recordingSchema.safeParse(value);
  if (result.success) return { ok: true, recording: result.data };
  const [issue] = result.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.map(String).join('.')}: `;
  return { ok: false, problem: `${where}${issue?.message ?? 'invalid'}`.slice(0, 200) };
}

/** One step per line, so that people can read and compare recordings. */
export function writeRecording({ desks, steps }: Omit<Recording, 'format'>): string {
  const lines = steps.map((step) => JSON.stringify(step)).join(',\n');
  return `{"format":"${RECORDING_FORMAT}",\n"desks":${JSON.stringify(desks)},\n"steps":[\n${lines}\n]}\n`;
}

/** Checks what the schema can't: times do not decrease, and steps name only desks of this recording. */
function problemOf(names: ReadonlySet<string>, count: number, steps: readonly Step[]): string | null {
  if (names.size !== count) return 'two desks have the same name';
  let last = 0;
  for (const [index, step] of steps.entries()) {
    if (step.at < last) return `step ${index} is earlier than the previous step`;
    last = step.at;
    const unknown = namesIn(step).find((name) => !names.has(name));
    if (unknown !== undefined) return `step ${index} names ${unknown}, which is not a desk of this recording`;
  }
  return null;
}

function namesIn(step: Step): readonly string[] {
  switch (step.kind) {
    case 'offer':
      return step.wanted;
    case 'message':
      return [step.from, step.to, ...(step.as === undefined ? [] : [step.as])];
    case 'notice':
      return [step.desk, ...(step.about === undefined ? [] : [step.about])];
    case 'down':
    case 'up':
      return [step.desk];
    case 'cut':
      return step.apart;
    case 'ended':
      return step.winners;
    case 'joined':
      return [];
  }
}
