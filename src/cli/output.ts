/** How grapes and desks show what they do: sentences on a terminal, one JSON object a line otherwise. */
import { Option } from 'commander';
import { pinoLog, type Log, type LogLevel } from '../index.ts';
import { describe } from '../text/describe.ts';

export interface OutputOptions {
  readonly json?: boolean;
  readonly logLevel: LogLevel | 'silent';
}

export function jsonOption(): Option {
  return new Option('--json', 'one JSON object a line, also on a terminal');
}

export function logLevelOption(): Option {
  const levels: readonly (LogLevel | 'silent')[] = ['debug', 'info', 'warn', 'error', 'silent'];
  return new Option('--log-level <level>', 'how much to say').choices(levels).default('info');
}

export function outputLog({ json, logLevel }: OutputOptions): Log {
  const format = json === true || !process.stdout.isTTY ? 'json' : 'text';
  return pinoLog({ level: logLevel, format, describe });
}
