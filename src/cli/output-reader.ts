/**
 * Notices that the reader of our pipe has gone while we have nothing to write: the kernel tells it at the next write alone,
 * which in a quiet hour does not come. Linux shows in /proc who has the other end. Where it can't be seen (another system,
 * a reader of another user), the next write tells.
 */
import { fstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { onFailure } from './standard-output.ts';

const STANDARD_OUTPUT = 1;
const LOOK_EVERY_MS = 500;

/** Reports a reader that has gone as a write would (EPIPE). @returns stops looking */
export function followReader(): () => void {
  const pipe = ownPipe();
  if (pipe === null) return () => undefined;
  let reader = findReader(pipe);
  const look = setInterval(() => {
    // One that was never seen may be there all the same.
    if (reader === null || holds(reader, pipe)) return;
    reader = findReader(pipe);
    if (reader !== null) return;
    clearInterval(look);
    onFailure(Object.assign(new Error('nobody reads'), { code: 'EPIPE' }));
  }, LOOK_EVERY_MS);
  look.unref();
  return () => {
    clearInterval(look);
  };
}

/** `pipe:[12345]`, as /proc names it. */
function ownPipe(): string | null {
  if (process.platform !== 'linux' || !fstatSync(STANDARD_OUTPUT).isFIFO()) return null;
  return tryTo(() => readlinkSync('/proc/self/fd/1'));
}

/** The descriptor, as a path in /proc, of some process that reads from it. */
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

/** The last digit of the flags: 0 reads, 1 writes, 2 does both. */
function reads(pid: string, descriptor: string): boolean {
  const info = tryTo(() => readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'utf8')) ?? '';
  return /^flags:\s*\d*[02]$/m.test(info);
}

/** Processes come and go, and those of others are not shown. */
function tryTo<Value>(look: () => Value): Value | null {
  try {
    return look();
  } catch {
    return null;
  }
}
