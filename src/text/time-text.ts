/** Times for people: relative, or absolute by the clock of this machine. */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** `12s`, `9m 12s`, `3h 5m`, `2d 4h`: two units at most, rounded down. */
export function spanText(ms: number): string {
  if (ms < SECOND_MS) return '0s';
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)}s`;
  if (ms < HOUR_MS) return two(ms, MINUTE_MS, 'm', SECOND_MS, 's');
  if (ms < DAY_MS) return two(ms, HOUR_MS, 'h', MINUTE_MS, 'm');
  return two(ms, DAY_MS, 'd', HOUR_MS, 'h');
}

function two(ms: number, largeMs: number, large: string, smallMs: number, small: string): string {
  const rest = Math.floor((ms % largeMs) / smallMs);
  return `${Math.floor(ms / largeMs)}${large}${rest === 0 ? '' : ` ${rest}${small}`}`;
}

/** `12s ago`; a time in the future, by another clock, is `now`. */
export function agoText(at: number, now: number): string {
  return now - at < SECOND_MS ? 'now' : `${spanText(now - at)} ago`;
}

/** The time left, or `over`. */
export function leftText(at: number | null, now: number): string {
  if (at === null) return '-';
  return at <= now ? 'over' : spanText(at - now);
}

/** `16:45:31`. */
export function clockText(at: number): string {
  const time = new Date(at);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':');
}

/** `16:45:31.207`, where several things happen within a second. */
export function exactClockText(at: number): string {
  return `${clockText(at)}.${String(at % 1000).padStart(3, '0')}`;
}

/** `2026-11-24 16:45:31`. */
export function dateText(at: number): string {
  const time = new Date(at);
  return `${time.getFullYear()}-${twoDigits(time.getMonth() + 1)}-${twoDigits(time.getDate())} ${clockText(at)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
