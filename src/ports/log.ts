/**
 * Structured logging. An entry has an `event` name and flat fields. The names in docs/PROTOCOL.md are stable. Callers
 * limit the length of text from other desks.
 */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined | readonly string[]>>;

export interface Log {
  write(level: LogLevel, event: string, fields?: LogFields): void;
}

export const silentLog: Log = { write: () => undefined };
