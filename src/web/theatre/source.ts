/** Loads recordings: from the server of this page (live or from a file), from a file of the user, or by a path in the address. */
import { signal } from '@preact/signals';
import {
  readRecording,
  RECORDING_LIMITS,
  SHIPPED_RECORDINGS,
  type Act,
  type ShippedRecording,
  type StepsAnswer,
  type TheatreContent,
} from '../../demo/recording.ts';
import { append, follow, load } from './player.ts';

/** `live`: the server runs desks, so there are buttons. `over`: it was live, and the server has stopped. `none`: nothing is loaded. */
export const source = signal<'none' | 'live' | 'recording' | 'over'>('none');
/** The name of the recording, for people. */
export const title = signal('');
/** The last error, for people. */
export const problem = signal<string | null>(null);
/** Whether the request of a button is in progress. */
export const isRequesting = signal(false);

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
  const content = await fetchJson<TheatreContent>('v1/theatre');
  // A plain web server, and not a theatre, serves this page.
  if (content === null) return;
  if (content.kind === 'recording') {
    source.value = 'recording';
    load(content.recording, false);
    return;
  }
  await followLive(content);
}

export async function playFile(file: File): Promise<void> {
  if (file.size > RECORDING_LIMITS.bytesMax) problem.value = `${file.name} is too large to be a recording.`;
  else playText(file.name, await file.text());
}

export async function playShipped(name: ShippedRecording): Promise<void> {
  // Setting the same hash again causes no `hashchange`.
  if (location.hash === `#play=${name}`) await playFromAddress();
  else location.hash = `play=${name}`;
}

export async function act(name: Act): Promise<void> {
  await post(`v1/theatre/acts/${name}`);
}

export async function heal(): Promise<void> {
  await post('v1/theatre/heal');
}

async function playFromAddress(): Promise<boolean> {
  const [, name] = /^#play=([\w./-]{1,200})$/.exec(location.hash) ?? [];
  if (name === undefined) return false;
  const shipped = SHIPPED_RECORDINGS.find((each) => each === name);
  const path = shipped === undefined ? name : `recordings/${name}.json`;
  try {
    const response = await fetch(path, { credentials: 'same-origin' });
    if (response.ok) playText(shipped === undefined ? name : SHIPPED_TITLES[shipped], await response.text());
    else problem.value = `There is no recording at ${path}.`;
  } catch {
    problem.value = `The recording at ${path} can't be loaded.`;
  }
  return true;
}

function playText(name: string, text: string): void {
  const read = readRecording(text);
  if (!read.ok) {
    problem.value = `${name} is not a recording: ${read.problem}.`;
    return;
  }
  problem.value = null;
  title.value = name;
  source.value = 'recording';
  load(read.recording, false);
}

/** Resolves when another recording is loaded, or the theatre has stopped. */
async function followLive({ desks }: Extract<TheatreContent, { kind: 'live' }>): Promise<void> {
  source.value = 'live';
  load({ desks, steps: [] }, true);
  let next = 0;
  for (let failures = 0; failures < GIVE_UP_AFTER;) {
    if (!isLive()) return;
    const answer = await fetchJson<StepsAnswer>(`v1/theatre/steps?from=${next}`);
    if (answer === null) {
      failures += 1;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      continue;
    }
    failures = 0;
    next = answer.next;
    if (isLive()) append(answer.steps);
  }
  if (isLive()) source.value = 'over';
}

/** A function, as it may change while we wait. */
function isLive(): boolean {
  return source.value === 'live';
}

async function fetchJson<Answer>(path: string): Promise<Answer | null> {
  try {
    const response = await fetch(path, { credentials: 'same-origin', cache: 'no-store' });
    return response.ok ? ((await response.json()) as Answer) : null;
  } catch {
    return null;
  }
}

async function post(path: string): Promise<void> {
  isRequesting.value = true;
  problem.value = null;
  try {
    const response = await fetch(path, { method: 'POST', credentials: 'same-origin' });
    if (response.ok) follow();
    else problem.value = ((await response.json()) as { readonly text: string }).text;
  } catch {
    problem.value = 'The theatre does not answer. If it has stopped, "grapevine demo --page" starts a new one.';
  } finally {
    isRequesting.value = false;
  }
}
