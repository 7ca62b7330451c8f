/** Log output of grapes and desks: sentences on a terminal, otherwise one JSON object per line. */
import { Option } from 'commander';
import { writeSync } from 'node:fs';
import type { Log, LogLevel } from '../index.ts';
import { sentenceOf } from '../text/event-text.ts';
import { describeFailure, isReaderGone, onFailure } from './standard-output.ts';

export interface OutputOptions {
  readonly json?: boolean;
  readonly logLevel: LogLevel | 'silent';
}

export function jsonOption(): Option {
  return new Option('--json', 'one JSON object a line, also on a terminal');
}

export function logLevelOption(): Option {
  const levels: readonly (LogLevel | 'silent')[] = ['debug', 'info', 'warn', 'error', 'silent'];
  return new Option('--log-level <level>', 'how much to log').choices(levels).default('info');
}

export async function outputLog({ json, logLevel }: OutputOptions): Promise<Log> {
  const format = json === true || !process.stdout.isTTY ? 'json' : 'text';
  const { pinoLog } = await import('../host/pino-log.ts');
  return pinoLog({ level: logLevel, format, describe: sentenceOf, destination: new LogOutput() });
}

const STANDARD_OUTPUT = 1;
const AGAIN_MS = 5;

/**
 * Writes synchronously, so that no line is lost at an exit. If a line can't be written, it is lost, with one warning; later lines are
 * tried again. A desk does not stop because of its log: its peers depend on it.
 */
class LogOutput {
  #hasWarned = false;

  write(line: string): void {
    try {
      writeWhole(Buffer.from(line));
    } catch (error) {
      const failure = error as NodeJS.ErrnoException;
      onFailure(failure);
      if (isReaderGone(failure) || this.#hasWarned) return;
      this.#hasWarned = true;
      process.stderr.write(`ERR_OUTPUT: the log can't be written, and is lost: ${describeFailure(failure)}\n`);
    }
  }
}

function writeWhole(bytes: Buffer): void {
  for (let rest = bytes; rest.length > 0;) {
    try {
      rest = rest.subarray(writeSync(STANDARD_OUTPUT, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      // A non-blocking pipe with a slow reader.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, AGAIN_MS);
    }
  }
}
