/** `grapevine demo --page` and `--play`: a dozen desks, or a recording of them, on a page in a browser, until it is stopped. */
import { printJson, printText } from './print.ts';
import { stopSignal } from './stop-signal.ts';

/** Slow enough to see, fast enough to follow. */
const FLIGHT_MS = 900;

export interface TheatreOptions {
  readonly json?: boolean;
  readonly page?: boolean;
  readonly record?: string;
  readonly play?: string;
}

/** @throws GrapevineError ERR_USAGE for a file that is not a recording or can't be written; ERR_NOT_BUILT */
export async function runTheatre({ json, record, play }: TheatreOptions): Promise<void> {
  const { RunningTheatre, loadRecording } = await import('../composition/run-theatre.ts');
  const recording = play === undefined ? undefined : loadRecording(play);
  const theatre = new RunningTheatre({ flightMs: FLIGHT_MS, recordFile: record, recording });
  const signal = stopSignal();
  try {
    // A signal ends the start of the desks.
    const url = await Promise.race([theatre.start(), signal.arrived.then(() => null)]);
    if (url !== null) {
      if (json === true) printJson({ event: 'page.ready', url });
      else printText(linesFor(url, record, play).join('\n'));
      await signal.arrived;
    }
  } finally {
    signal.dispose();
    await theatre.stop();
  }
  if (record !== undefined && json !== true)
    printText(`Recorded in ${record}; grapevine demo --play ${record} shows it.`);
}

function linesFor(url: string, record: string | undefined, play: string | undefined): readonly string[] {
  const what =
    play === undefined
      ? 'A dozen real desks are up, on grapes of their own. Watch them, and break things:'
      : 'This link shows the recording:';
  const recorded = record === undefined ? [] : [`What happens is recorded in ${record}.`];
  return [what, '', `  ${url}`, '', 'The link opens it once. Ctrl-C ends it.', ...recorded];
}
