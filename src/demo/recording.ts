/**
 * What a run of the theatre was: its desks, and every step with its time. The page draws recordings and nothing else; a live run
 * is a recording that grows. A recording may come from a stranger, so it is checked in full before anything is drawn of it.
 */
import { z } from 'zod';

export const RECORDING_FORMAT = 'grapevine-theatre/1';

export const RECORDING_LIMITS = {
  desksMax: 24,
  stepsMax: 20_000,
  /** Of the file. */
  bytesMax: 4 * 1024 * 1024,
  /** Of a run. */
  timeMaxMs: 6 * 60 * 60_000,
} as const;

/** Those that come with the page, in `recordings/NAME.json`. */
export const SHIPPED_RECORDINGS = ['lost-reply', 'killed-maker', 'forger'] as const;
export type ShippedRecording = (typeof SHIPPED_RECORDINGS)[number];

/** What can be done to an offer on its way: one button each. `offer` lets it be. */
export const ACTS = ['offer', 'lose-reply', 'cut', 'kill-maker', 'kill-winner', 'twice', 'forge'] as const;
export type Act = (typeof ACTS)[number];

const nameSchema = z.string().regex(/^[A-Z][a-z]{1,15}$/);
const timeSchema = z.int().min(0).max(RECORDING_LIMITS.timeMaxMs);
const offerSchema = z.int().min(1).max(RECORDING_LIMITS.stepsMax);

const deskSchema = z.strictObject({ name: nameSchema, role: z.enum(['maker', 'taker', 'liar']) });

/** An offer is announced; `wanted` are the desks that want it. What the steps below have in `offer` is its number. */
const offerStepSchema = z.strictObject({
  kind: z.literal('offer'),
  at: timeSchema,
  offer: offerSchema,
  act: z.enum(ACTS),
  wanted: z.array(nameSchema).max(RECORDING_LIMITS.desksMax),
});

/**
 * A message leaves `from` at `at` and is at `to` after `ms`, unless it is lost. An answer is a message of its own, with the command
 * that it answers. `nobody`: there was no one at the other end.
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
  /** Of an answer: the kind of it, or the code of an error. */
  says: z
    .string()
    .regex(/^[A-Za-z_]{1,40}$/)
    .optional(),
  /** The same message for the second time. */
  isCopy: z.literal(true).optional(),
  /** In the name of `as`, and not by it. */
  as: nameSchema.optional(),
});

/** A desk says what has happened to it, under the name of its event (docs/PROTOCOL.md). */
const noticeStepSchema = z.strictObject({
  kind: z.literal('notice'),
  at: timeSchema,
  offer: offerSchema,
  desk: nameSchema,
  event: z.string().regex(/^[a-z_.]{3,40}$/),
  /** The other desk that it is about. */
  about: nameSchema.optional(),
  reason: z
    .string()
    .regex(/^[A-Za-z_ -]{1,40}$/)
    .optional(),
});

const downStepSchema = z.strictObject({ kind: z.enum(['down', 'up']), at: timeSchema, desk: nameSchema });

/** No message passes between `apart` and the others. */
const cutStepSchema = z.strictObject({
  kind: z.literal('cut'),
  at: timeSchema,
  apart: z.array(nameSchema).min(1).max(RECORDING_LIMITS.desksMax),
});

const joinedStepSchema = z.strictObject({ kind: z.literal('joined'), at: timeSchema });

/** All who took part know how the offer ended. The names are what the desks themselves say at that moment. */
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

export const stepsSchema = z.array(stepSchema).max(RECORDING_LIMITS.stepsMax);

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

/** What a served theatre shows: what its page asks for first. */
export type Programme =
  | { readonly kind: 'live'; readonly desks: readonly StageDesk[] }
  | { readonly kind: 'recording'; readonly recording: Omit<Recording, 'format'> };

export interface StepsAnswer {
  readonly steps: readonly Step[];
  /** Where the next question begins. */
  readonly next: number;
}

/** Reads the text of a file. */
export function readRecording(text: string): ReadRecording {
  if (text.length > RECORDING_LIMITS.bytesMax) return { ok: false, problem: 'it is too long to be a recording' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problem: 'it is no JSON' };
  }
  const result = recordingSchema.safeParse(value);
  if (result.success) return { ok: true, recording: result.data };
  const [issue] = result.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.map(String).join('.')}: `;
  return { ok: false, problem: `${where}${issue?.message ?? 'invalid'}`.slice(0, 200) };
}

/** A step a line: versions of it can be compared, and it is read without a program. */
export function writeRecording({ desks, steps }: Omit<Recording, 'format'>): string {
  const lines = steps.map((step) => JSON.stringify(step)).join(',\n');
  return `{"format":"${RECORDING_FORMAT}",\n"desks":${JSON.stringify(desks)},\n"steps":[\n${lines}\n]}\n`;
}

/** What the shapes alone do not say: times that never go back, and names of desks that are there. */
function problemOf(names: ReadonlySet<string>, count: number, steps: readonly Step[]): string | null {
  if (names.size !== count) return 'two desks have one name';
  let last = 0;
  for (const [index, step] of steps.entries()) {
    if (step.at < last) return `step ${index} is earlier than the one before`;
    last = step.at;
    const unknown = namesIn(step).find((name) => !names.has(name));
    if (unknown !== undefined) return `step ${index} is about ${unknown}, who is no desk of this recording`;
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
