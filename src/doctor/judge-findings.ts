/** Judges the findings: good or not, and what to do. A pure function; its texts are for people. */
import type { Check } from '../control/contract.ts';
import type { AddressSeen, Findings } from './findings.ts';

const NODE_MIN = [20, 20] as const;
const MEBIBYTE = 1024 * 1024;
const FREE_FAIL_BYTES = 16 * MEBIBYTE;
const FREE_WARN_BYTES = 256 * MEBIBYTE;
const FSYNC_WARN_MS = 100;
/** A validity is judged by its maker's clock, so a wrong clock makes offers end too early or too late. */
const CLOCK_WARN_MS = 5_000;

type Judged = Omit<Check, 'name'>;

export function judgeFindings(findings: Findings): readonly Check[] {
  const checks: readonly (readonly [string, Judged | null])[] = [
    ['desk', judgeDesk(findings)],
    ['grapes', judgeGrapes(findings)],
    ['seen', judgeSeen(findings)],
    ['port', judgePort(findings)],
    ['clock', judgeClock(findings)],
    ['disk', judgeDisk(findings)],
    ['fsync', judgeFsync(findings)],
    ['journal', judgeJournal(findings)],
    ['key', judgeKey(findings)],
    ['versions', judgeVersions(findings)],
  ];
  return checks.flatMap(([name, judged]) => (judged === null ? [] : [{ name, ...judged }]));
}

const good = (found: string): Judged => ({ ok: 'ok', found, advice: null });
const warn = (found: string, advice: string): Judged => ({ ok: 'warn', found, advice });
const fail = (found: string, advice: string): Judged => ({ ok: 'fail', found, advice });

function judgeDesk({ running, dataDir, start }: Findings): Judged {
  if (running === null) return warn(`no desk is running in ${dataDir}`, `start it: ${start}`);
  const [reason] = running.reasons;
  if (reason === undefined) return good(`${running.id.slice(0, 8)} is running on port ${running.port} and ready`);
  return fail(`running, and not ready: ${reason}`, 'see what else is wrong below');
}

function judgeGrapes({ grapes, start }: Findings): Judged | null {
  if (grapes === null) return null;
  const down = grapes.filter(({ problem }) => problem !== null);
  const up = grapes.length - down.length;
  const found = [`${up} of ${grapes.length} answer`, ...down.map(({ url, problem }) => `${url}: ${problem ?? ''}`)];
  if (down.length === 0) return good(found.join('; '));
  if (up > 0) return warn(found.join('; '), 'the others are used; take those away that are gone for good (--grape)');
  return fail(
    found.join('; '),
    `start grapes (grapevine grapes, or ${start} --embedded-grapes), or name others (--grape)`,
  );
}

function judgeSeen({ running, grapes }: Findings): Judged | null {
  if (running === null || grapes === null) return null;
  const { addresses, isAmongAll } = running;
  if (addresses === null) return fail('no grape can be asked', 'see grapes');
  const ours = addresses.filter(({ who }) => who === 'right');
  if (addresses.length === 0)
    return fail('no grape knows this desk', 'wait a few seconds: it announces itself again and again; then see grapes');
  if (!isAmongAll)
    return fail(
      'found by its id, but not among all desks',
      'wait a few seconds; is the broadcast key the same for all?',
    );
  return good(`others find it at ${(ours.length > 0 ? ours : addresses).map(({ address }) => address).join(', ')}`);
}

function judgePort({ running }: Findings): Judged | null {
  if (running?.addresses == null || running.addresses.length === 0) return null;
  const { addresses, port, announcedPort } = running;
  const mapping = announcedPort === port ? '' : ` (announced for ${port})`;
  const right = addresses.filter(({ who }) => who === 'right');
  const wrong = addresses.filter(({ who }) => who !== 'right');
  const found = addresses.map(describeAddress).join('; ') + mapping;
  if (wrong.length === 0) return good(found);
  if (right.length > 0) return warn(found, 'old addresses are forgotten by the grapes within some minutes');
  return fail(found, `let connections to port ${announcedPort} through to this machine, or say --announce-port`);
}

function describeAddress({ address, who, text }: AddressSeen): string {
  switch (who) {
    case 'right':
      return `${address} is reached`;
    case 'other':
      return `${address} is another desk`;
    case 'nobody':
      return `nobody answers at ${address} (${text})`;
    case 'silent':
      return `${address} does not answer like a desk (${text})`;
  }
}

function judgeClock({ grapes, running }: Findings): Judged | null {
  const offsets = [
    ...(grapes ?? []).flatMap(({ clockOffsetMs }) => clockOffsetMs ?? []),
    ...(running?.peerOffsetsMs ?? []),
  ];
  if (offsets.length === 0) return null;
  const middle = [...offsets].sort((left, right) => left - right)[Math.floor(offsets.length / 2)] ?? 0;
  if (Math.abs(middle) < CLOCK_WARN_MS) return good('within a few seconds of the others');
  const direction = middle > 0 ? 'behind' : 'ahead of';
  return warn(
    `${Math.round(Math.abs(middle) / 1000)} s ${direction} the others`,
    'let the machine keep its clock by NTP: validities are judged by clocks',
  );
}

function judgeDisk({ disk: { freeBytes, problem }, dataDir }: Findings): Judged {
  const free = `${Math.floor(freeBytes / MEBIBYTE)} MiB free`;
  const found = problem === null ? free : `${free}, and not writable: ${problem}`;
  // Without free space, nobody can write.
  if (freeBytes < FREE_FAIL_BYTES) return fail(found, 'make room: a desk stops when its journal can not be written');
  if (problem !== null) return fail(found, `give this user the right to write ${dataDir}`);
  return freeBytes < FREE_WARN_BYTES ? warn(free, 'make room soon: a desk needs it for its journal') : good(free);
}

function judgeFsync({ disk: { fsyncMs } }: Findings): Judged | null {
  if (fsyncMs === null) return null;
  const found = `${fsyncMs < 10 ? fsyncMs.toFixed(1) : Math.round(fsyncMs)} ms`;
  if (fsyncMs < FSYNC_WARN_MS) return good(found);
  return warn(found, 'every award waits for the disk: a faster one, or less other work on it, makes deals faster');
}

function judgeJournal({ journal, running, dataDir, key }: Findings): Judged {
  switch (journal.state) {
    case 'none':
      if (!key.exists) return good('none yet: this folder had no desk so far');
      return warn(
        'none, beside a key: the next start begins a new one, which knows no earlier deals',
        'if this desk has run before, put a backup in place first (docs/JOURNAL.md, "Restoring")',
      );
    case 'locked':
      return running === null
        ? fail('in use by a program that does not answer here', `find out which one works on ${dataDir}, and end it`)
        : good('in use by this desk');
    case 'bad':
      return fail(`${journal.code}: ${journal.text}`, 'docs/JOURNAL.md says how to restore a backup');
    case 'good':
      return journal.restored
        ? warn('a restored copy', 'the next start voids what is not final in it')
        : good(`can be read and written; unfinished offers: ${journal.unfinished}`);
  }
}

function judgeKey({ key: { exists, problem }, journal }: Findings): Judged {
  if (problem !== null)
    return fail(problem, 'docs/JOURNAL.md says how to restore it; never make a new one in its place');
  if (exists) return good('can be read, and by its owner alone');
  if (journal.state === 'none') return good('none yet: it is made by the first start');
  return fail('there is a journal, but no key', "restore identity.key: a journal without its key is nobody's");
}

function judgeVersions({ version, nodeVersion, platform }: Findings): Judged {
  const found = `grapevine ${version}, node ${nodeVersion}, ${platform}`;
  const [major = 0, minor = 0] = nodeVersion.replace(/^v/, '').split('.').map(Number);
  const isOld = major < NODE_MIN[0] || (major === NODE_MIN[0] && minor < NODE_MIN[1]);
  return isOld ? fail(found, `use node ${NODE_MIN.join('.')} or later`) : good(found);
}
