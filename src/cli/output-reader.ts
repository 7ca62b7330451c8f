/**
 * Detects that the reader of our output pipe has gone while we write nothing: the kernel reports it only at the next write, which may
 * come much later. On Linux, /proc shows which processes have the other end. If it is not visible (other systems, a reader of another
 * user), the next write reports it.
 */
import { fstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { onFailure, whenOutputEnds } from './standard-output.ts';

const STANDARD_OUTPUT = 1;
const CHECK_EVERY_MS = 500;

/** Calls the listener once when nobody reads the output any more, or a write failed. @returns a function that stops this */
export function whenReaderGone(listener: () => void): () => void {
  const stops = [followReader(), whenOutputEnds(listener)];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Reports a reader that has gone like a failed write (EPIPE). @returns a function that stops checking */
function followReader(): () => void {
  const pipe = ownPipe();
  if (pipe === null) return () => undefined;
  let reader = findReader(pipe);
  const timer = setInterval(() => {
    // A reader that was never visible may still exist.
    if (reader === null || holds(reader, pipe)) return;
    reader = findReader(pipe);
    if (reader !== null) return;
    clearInterval(timer);
    onFailure(Object.assign(new Error('nobody reads'), { code: 'EPIPE' }));
  }, CHECK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** The name of our pipe in /proc: `pipe:[12345]`. */
function ownPipe(): string | null {
  if (process.platform !== 'linux' || !fstatSync(STANDARD_OUTPUT).isFIFO()) return null;
  return tryTo(() => readlinkSync('/proc/self/fd/1'));
}

/** The path in /proc of a descriptor of a process that reads from it. */
function findReader(pipe: string): string | null {
  for (const pid of tryTo(() => readdirSync('/proc')) ?? []) {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) continue;
    for (const descriptor of tryTo(() => readdirSync(`/proc/${pid}/fd`)) ?? []) {
      const path = `/proc/${pid}/fd/${descriptor}`;
      if (holds(path, pipe) && reads(pid, descriptor)) return path;
    }
  }
  return null;
}

function holds(path: string, pipe: string): boolean {
  return tryTo(() => readlinkSync(path)) === pipe;
}

/** The last digit of the flags: 0 reads, 1 writes, 2 both. */
function reads(pid: string, descriptor: string): boolean {
  const info = tryTo(() => readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'utf8')) ?? '';
  return /^flags:\s*\d*[02]$/m.test(info);
}

/** Processes may end at any time, and those of other users are hidden. */
function tryTo<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch {
    return null;
  }
}
