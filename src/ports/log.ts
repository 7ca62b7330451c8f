/**
 * Structured logging. An entry has an `event` name and flat fields; the names that others rely on are those of
 * docs/PROTOCOL.md. What a stranger sent is never logged at unbounded length.
 */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined | readonly string[]>>;

export interface Log {
  write(level: LogLevel, event: string, fields?: LogFields): void;
}

/** For those who don't want any. */
export const silentLog: Log = { write: () => undefined };
