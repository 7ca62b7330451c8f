/** What an examination says: `advice.txt` is read as a page of findings with what to do about each. */
import { describe, expect, it } from 'vitest';
import type { Findings } from '../../src/doctor/findings.ts';
import { judgeFindings } from '../../src/doctor/judge-findings.ts';

const RUNNING: NonNullable<Findings['running']> = {
  id: 'a'.repeat(64),
  port: 1337,
  announcedPort: 1337,
  reasons: [],
  addresses: [{ address: '10.0.0.5:1337', who: 'right', text: '' }],
  isAmongAll: true,
  peerOffsetsMs: [],
};

const GOOD: Findings = {
  version: '1.0.0',
  nodeVersion: 'v20.20.0',
  platform: 'linux x64',
  dataDir: '/desk',
  start: 'grapevine up --data-dir /desk',
  running: RUNNING,
  grapes: [
    { url: 'http://10.0.0.1:30001', problem: null, clockOffsetMs: 0 },
    { url: 'http://10.0.0.2:30001', problem: null, clockOffsetMs: 0 },
  ],
  disk: { freeBytes: 10 * 2 ** 30, fsyncMs: 1.25, problem: null },
  journal: { state: 'locked' },
  key: { exists: true, problem: null },
};

const DOWN = { url: 'http://10.0.0.9:30001', problem: 'ECONNREFUSED', clockOffsetMs: null };
const FULL = { freeBytes: 2 ** 20, fsyncMs: 0.5, problem: null };

const FOUND: Readonly<Record<string, Findings>> = {
  'all is well': GOOD,
  'not running, never was': {
    ...GOOD,
    running: null,
    journal: { state: 'none' },
    key: { exists: false, problem: null },
  },
  'a key, and its journal is gone': { ...GOOD, running: null, journal: { state: 'none' } },
  'not running, was': { ...GOOD, running: null, journal: { state: 'good', unfinished: 3, restored: false } },
  'a restored copy': { ...GOOD, running: null, journal: { state: 'good', unfinished: 3, restored: true } },
  'something else has the journal': { ...GOOD, running: null },
  'a damaged journal, a damaged key': {
    ...GOOD,
    running: null,
    journal: { state: 'bad', code: 'ERR_JOURNAL_CORRUPT', text: 'it is damaged' },
    key: { exists: true, problem: 'can be read by others' },
  },
  'a journal without a key': { ...GOOD, key: { exists: false, problem: null } },
  'not ready, and no grapes': {
    ...GOOD,
    running: { ...RUNNING, reasons: ['it waits for a grape'], addresses: null, isAmongAll: false },
    grapes: [DOWN],
  },
  'one grape is down': { ...GOOD, grapes: [...(GOOD.grapes ?? []), DOWN] },
  'on hyperdht': { ...GOOD, running: { ...RUNNING, addresses: null }, grapes: null },
  'unknown to the grapes': { ...GOOD, running: { ...RUNNING, addresses: [] } },
  'not among all desks': { ...GOOD, running: { ...RUNNING, isAmongAll: false } },
  'not reached at a mapped port': {
    ...GOOD,
    running: {
      ...RUNNING,
      announcedPort: 443,
      addresses: [{ address: '10.0.0.5:443', who: 'nobody', text: 'ERR_CONNECT' }],
    },
  },
  'an old address beside the right one': {
    ...GOOD,
    running: {
      ...RUNNING,
      addresses: [
        { address: '10.0.0.5:1', who: 'other', text: '' },
        { address: '10.0.0.5:2', who: 'silent', text: 'ERR_TIMEOUT' },
        { address: '10.0.0.5:1337', who: 'right', text: '' },
      ],
    },
  },
  'a slow clock': { ...GOOD, running: { ...RUNNING, peerOffsetsMs: [61_000, 60_000, 62_000] } },
  'a fast clock': { ...GOOD, running: { ...RUNNING, peerOffsetsMs: [-61_000, -60_000, -62_000] } },
  'a full disk': { ...GOOD, disk: FULL },
  'a disk without any room': { ...GOOD, disk: { freeBytes: 0, fsyncMs: null, problem: 'ENOSPC: no space left' } },
  'a disk that is nearly full, and slow': { ...GOOD, disk: { ...FULL, freeBytes: 2 ** 27, fsyncMs: 250 } },
  'a folder that can not be written': { ...GOOD, disk: { ...GOOD.disk, fsyncMs: null, problem: 'EACCES' } },
  'an old node': { ...GOOD, nodeVersion: 'v20.19.9' },
};

describe('a check of the doctor', () => {
  it('has its finding and its advice', async () => {
    const text = Object.entries(FOUND).map(([title, findings]) => {
      const checks = title === 'all is well' ? judgeFindings(findings) : differing(findings);
      const lines = checks.map(({ name, ok, found, advice }) => {
        return `  ${ok.padEnd(4)} ${name}: ${found}${advice === null ? '' : `\n       -> ${advice}`}`;
      });
      return `${title}\n${lines.join('\n')}\n`;
    });
    await expect(text.join('\n')).toMatchFileSnapshot('./advice.txt');
  });

  it('is ok for good findings, and has advice for all others', () => {
    expect(judgeFindings(GOOD).map(({ ok }) => ok)).toEqual(judgeFindings(GOOD).map(() => 'ok'));
    for (const findings of Object.values(FOUND)) {
      for (const { ok, advice } of judgeFindings(findings)) expect(ok === 'ok').toBe(advice === null);
    }
  });
});

function differing(findings: Findings): ReturnType<typeof judgeFindings> {
  const usual = judgeFindings(GOOD).map((check) => JSON.stringify(check));
  return judgeFindings(findings).filter((check) => !usual.includes(JSON.stringify(check)));
}
