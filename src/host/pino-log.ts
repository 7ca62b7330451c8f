/**
 * Logs with pino: for programs, one JSON object in each line, with an `event`; for people, sentences. Lines are written
 * synchronously, so that none is lost at an exit and their order is right.
 */
import { pino, type DestinationStream } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Log, LogFields, LogLevel } from '../ports/log.ts';

export interface PinoLogInit {
  readonly level: LogLevel | 'silent';
  readonly format: 'json' | 'text';
  /** Returns the sentence for an entry in the format `text`; null omits the entry. */
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
    format === 'json' ? destination : prettyDestination(destination),
  );
  return {
    write(entryLevel, event, fields = {}) {
      if (format === 'json') {
        logger[entryLevel]({ event, ...fields });
        return;
      }
      const sentence = describe === undefined ? plainText(event, fields) : describe(event, fields);
      if (sentence !== null) logger[entryLevel](sentence);
    },
  };
}

function standardOutput(): DestinationStream {
  const destination = pino.destination({ fd: 1, sync: true });
  // When the reader of our output is gone, the desk must continue.
  destination.on('error', () => undefined);
  return destination;
}

/** Not a stream of pino-pretty, which would lose its buffer at an exit. */
function prettyDestination(destination: DestinationStream): DestinationStream {
  const prettify = prettyFactory({
    colorize: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'pid,hostname',
  });
  return { write: (line) => destination.write(prettify(line)) };
}

function plainText(event: string, fields: LogFields): string {
  const parts = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
  return [event, ...parts].join(' ');
}
