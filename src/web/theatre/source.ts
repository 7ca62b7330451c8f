/** Where a recording comes from: the theatre that serves this page, a file, or a recording that lies beside the page. */
import { signal } from '@preact/signals';
import {
  readRecording,
  RECORDING_LIMITS,
  SHIPPED_RECORDINGS,
  type Act,
  type Programme,
  type ShippedRecording,
  type StepsAnswer,
} from '../../demo/recording.ts';
import { follow, grow, show } from './player.ts';

/** `live`: with buttons. `recording`: to look at. `none`: nothing yet. `over`: it was live, and its desks are gone. */
export const source = signal<'none' | 'live' | 'recording' | 'over'>('none');
/** What is shown, for people. */
export const title = signal('');
/** What went wrong last. */
export const problem = signal<string | null>(null);
/** The server has not done yet what it was last asked to do. */
export const isAsking = signal(false);

/** What those are called that come with the page. */
export const SHIPPED_TITLES: Readonly<Record<ShippedRecording, string>> = {
  'lost-reply': 'A lost reply',
  'killed-maker': 'A killed maker',
  forger: 'A forger',
};

const RETRY_MS = 1_000;
const GIVE_UP_AFTER = 3;

/** The address may name a recording: `#play=lost-reply`, or `#play=some/path.json` on the same host as this page. */
export async function start(): Promise<void> {
  addEventListener('hashchange', () => void playFromAddress());
  if (await playFromAddress()) return;
  const programme = await askProgramme();
  if (programme === null) return;
  if (programme.kind === 'recording') {
    source.value = 'recording';
    show(programme.recording, false);
    return;
  }
  await goLive(programme);
}

export async function playFile(file: File): Promise<void> {
  if (file.size > RECORDING_LIMITS.bytesMax) problem.value = `${file.name} is too large to be a recording.`;
  else playText(file.name, await file.text());
}

export async function playShipped(name: ShippedRecording): Promise<void> {
  // The same address again says nothing to the browser.
  if (location.hash === `#play=${name}`) await playFromAddress();
  else location.hash = `play=${name}`;
}

export async function act(name: Act): Promise<void> {
  await ask(`v1/theatre/acts/${name}`);
}

export async function heal(): Promise<void> {
  await ask('v1/theatre/heal');
}

async function playFromAddress(): Promise<boolean> {
  const [, asked] = /^#play=([\w./-]{1,200})$/.exec(location.hash) ?? [];
  if (asked === undefined) return false;
  const shipped = SHIPPED_RECORDINGS.find((name) => name === asked);
  const path = shipped === undefined ? asked : `recordings/${asked}.json`;
  try {
    const response = await fetch(path, { credentials: 'same-origin' });
    if (response.ok) playText(shipped === undefined ? asked : SHIPPED_TITLES[shipped], await response.text());
    else problem.value = `There is no recording at ${path}.`;
  } catch {
    problem.value = `The recording at ${path} can't be read.`;
  }
  return true;
}

function playText(name: string, text: string): void {
  const read = readRecording(text);
  if (!read.ok) {
    problem.value = `${name} is no recording: ${read.problem}.`;
    return;
  }
  problem.value = null;
  title.value = name;
  source.value = 'recording';
  show(read.recording, false);
}

/** Null where nobody serves a theatre, as with a page that lies somewhere as a file. */
async function askProgramme(): Promise<Programme | null> {
  try {
    const response = await fetch('v1/theatre', { credentials: 'same-origin', cache: 'no-store' });
    return response.ok ? ((await response.json()) as Programme) : null;
  } catch {
    return null;
  }
}

/** Until another recording is shown, or the theatre has ended. */
async function goLive({ desks }: Extract<Programme, { kind: 'live' }>): Promise<void> {
  source.value = 'live';
  show({ desks, steps: [] }, true);
  let next = 0;
  for (let failures = 0; failures < GIVE_UP_AFTER;) {
    if (!isLive()) return;
    const answer = await askSteps(next);
    if (answer === null) {
      failures += 1;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      continue;
    }
    failures = 0;
    next = answer.next;
    if (isLive()) grow(answer.steps);
  }
  if (isLive()) source.value = 'over';
}

/** It may have changed while we waited. */
function isLive(): boolean {
  return source.value === 'live';
}

async function askSteps(from: number): Promise<StepsAnswer | null> {
  try {
    const path = `v1/theatre/steps?from=${from}`;
    const response = await fetch(path, { credentials: 'same-origin', cache: 'no-store' });
    return response.ok ? ((await response.json()) as StepsAnswer) : null;
  } catch {
    return null;
  }
}

async function ask(path: string): Promise<void> {
  isAsking.value = true;
  problem.value = null;
  try {
    const response = await fetch(path, { method: 'POST', credentials: 'same-origin' });
    if (response.ok) follow();
    else problem.value = ((await response.json()) as { readonly text: string }).text;
  } catch {
    problem.value = 'The theatre does not answer.';
  } finally {
    isAsking.value = false;
  }
}
