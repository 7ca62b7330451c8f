/**
 * Logs through pino: one JSON object a line with `event` for programs, or sentences for people on a terminal.
 * Written synchronously, so that nothing is lost at an exit and lines of one process keep their order.
 */
import { pino, type DestinationStream } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Log, LogFields, LogLevel } from '../ports/log.ts';

export interface PinoLogInit {
  readonly level: LogLevel | 'silent';
  /** `json`: for programs. `text`: for people. */
  readonly format: 'json' | 'text';
  /** A sentence for an entry, in `text`. Null leaves the entry out. */
  readonly describe?: (event: string, fields: LogFields) => string | null;
  /** Standard output by default. */
  readonly destination?: DestinationStream;
}

export function pinoLog(init: PinoLogInit): Log {
  const { level, format, describe, destination = standardOutput() } = init;
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    format === 'json' ? destination : inSentences(destination),
  );
  return {
    write(entryLevel, event, fields = {}) {
      if (format === 'json') {
        logger[entryLevel]({ event, ...fields });
        return;
      }
      const sentence = describe === undefined ? plainly(event, fields) : describe(event, fields);
      if (sentence !== null) logger[entryLevel](sentence);
    },
  };
}

function standardOutput(): DestinationStream {
  const destination = pino.destination({ fd: 1, sync: true });
  // The reader of our output has gone; the desk must not stop for that.
  destination.on('error', () => undefined);
  return destination;
}

/** Not by a stream of pino-pretty: what is in a stream is lost at an exit. */
function inSentences(destination: DestinationStream): DestinationStream {
  const prettify = prettyFactory({
    colorize: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'pid,hostname',
  });
  return { write: (line) => destination.write(prettify(line)) };
}

function plainly(event: string, fields: LogFields): string {
  const parts = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
  return [event, ...parts].join(' ');
}
