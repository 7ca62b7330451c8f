/** Composition root of the theatre in the browser: its desks, unless it plays a recording, and the server of its page. */
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPageFiles } from '../control/server/page/page-files.ts';
import {
  readRecording,
  RECORDING_LIMITS,
  SHIPPED_RECORDINGS,
  writeRecording,
  type Recording,
} from '../demo/recording.ts';
import { TheatreServer } from '../demo/theatre-server.ts';
import { GrapevineError, textOfError } from '../protocol/errors.ts';
import { PAGE_FOLDER } from './run-desk.ts';
import { Theatre } from './theatre.ts';

interface RunTheatreInit {
  /** Plays this instead of running desks. */
  readonly recording?: Recording | undefined;
  /** The recording is written to this file when the theatre ends. */
  readonly recordFile?: string | undefined;
  /** How long the picture of a message moves. */
  readonly flightMs: number;
}

export class RunningTheatre {
  readonly #init: RunTheatreInit;
  readonly #theatre: Theatre | null;
  readonly #server: TheatreServer;
  #stopping: Promise<void> | null = null;

  /** @throws GrapevineError ERR_NOT_BUILT when the page is not built; ERR_USAGE when the recording can't be written */
  constructor(init: RunTheatreInit) {
    this.#init = init;
    const files = readPageFiles(PAGE_FOLDER);
    const { recordFile } = init;
    // Opened at the start, so that an error comes early. The old content stays until there is a recording to write.
    if (recordFile !== undefined) orUsageError(() => closeSync(openSync(recordFile, 'a')));
    this.#theatre = init.recording === undefined ? new Theatre({ flightMs: init.flightMs }) : null;
    const shown = this.#theatre ?? init.recording;
    if (shown === undefined) throw new GrapevineError('ERR_INTERNAL', 'nothing to show');
    this.#server = new TheatreServer({ files, shown });
  }

  /**
   * @returns a link that opens the page once
   * @throws GrapevineError when a port or a folder can't be used
   */
  async start(): Promise<string> {
    await this.#theatre?.start();
    this.#theatre?.log.subscribe(() => {
      // The recording is written however this process ends.
      if (this.#theatre?.log.steps.at(-1)?.kind === 'ended') this.#saveRecording();
    });
    return this.#server.start();
  }

  /** Stops the desks and writes the recording. Can be called twice. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    await this.#server.stop();
    await this.#theatre?.stop();
    this.#saveRecording();
  }

  #saveRecording(): void {
    const { recordFile } = this.#init;
    if (recordFile === undefined || this.#theatre === null) return;
    const { desks, steps } = this.#theatre.log;
    orUsageError(() => writeFileSync(recordFile, writeRecording({ desks: [...desks], steps: [...steps] })));
  }
}

/**
 * Reads a recording from a file, or one of those that come with the page.
 * @throws GrapevineError ERR_USAGE when there is none, or it is invalid
 */
export function loadRecording(fileOrName: string): Recording {
  const isShipped = (SHIPPED_RECORDINGS as readonly string[]).includes(fileOrName);
  const file = isShipped ? join(PAGE_FOLDER, 'recordings', `${fileOrName}.json`) : fileOrName;
  const read = readRecording(textOf(file));
  if (read.ok) return read.recording;
  throw new GrapevineError('ERR_USAGE', `${file} is not a recording of the theatre: ${read.problem}`);
}

function textOf(file: string): string {
  try {
    if (!statSync(file).isFile()) throw new GrapevineError('ERR_USAGE', `${file} is not a file`);
    if (statSync(file).size > RECORDING_LIMITS.bytesMax)
      throw new GrapevineError('ERR_USAGE', `${file} is too long to be a recording`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof GrapevineError) throw error;
    throw new GrapevineError('ERR_USAGE', `${file} can't be read: ${textOfError(error)}`, { cause: error });
  }
}

function orUsageError(write: () => void): void {
  try {
    write();
  } catch (error) {
    throw new GrapevineError('ERR_USAGE', `the recording can't be written: ${textOfError(error)}`, { cause: error });
  }
}
