/**
 * Composition root of `doctor`: checks everything that a desk needs with the real adapters, either inside a running desk or on the
 * folder of a stopped one.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DeskSettings } from '../config/settings-table.ts';
import type { Check } from '../control/contract.ts';
import type { Findings } from '../doctor/findings.ts';
import { judgeFindings } from '../doctor/judge-findings.ts';
import { addressesOf, probeAddress, probeGrape } from '../grenache/probe.ts';
import { readDeskKey } from './desk-key.ts';
import { KEY_FILE } from '../identity/key-file.ts';
import { textOfError, type GrapevineError } from '../protocol/errors.ts';
import { probeDisk, probeJournal } from '../store/probe-folder.ts';

/** A desk in this process. */
interface RunningSubject {
  readonly id: string;
  readonly port: number;
  readonly reasons: readonly string[];
  readonly peerOffsetsMs: readonly number[];
  /** Null: the journal works. */
  readonly journalProblem: GrapevineError | null;
}

interface Subject {
  readonly settings: Pick<DeskSettings, 'dataDir' | 'network' | 'grapes' | 'broadcastKey' | 'announcePort'>;
  readonly version: string;
  readonly running: RunningSubject | null;
  /** The command that starts this desk, for advice. */
  readonly start: string;
}

/** Takes some seconds when a service does not answer. Problems are part of the result; it never rejects because of them. */
export async function examineDesk({ settings, version, running, start }: Subject): Promise<readonly Check[]> {
  const { dataDir, broadcastKey } = settings;
  const grapes = settings.network === 'hyperdht' ? null : settings.grapes;
  const [grapesSeen, seen, journal] = await Promise.all([
    grapes === null ? null : Promise.all(grapes.map((url) => probeGrape(url, broadcastKey))),
    running === null ? null : examineAnnouncement(settings, running),
    running === null ? probeJournal(dataDir) : journalOf(running),
  ]);
  return judgeFindings({
    version,
    nodeVersion: process.version,
    platform: `${process.platform} ${process.arch}`,
    dataDir,
    start,
    running: seen,
    grapes: grapesSeen,
    disk: probeDisk(dataDir),
    journal,
    key: examineKey(dataDir),
  });
}

function journalOf({ journalProblem }: RunningSubject): Findings['journal'] {
  if (journalProblem === null) return { state: 'locked' };
  return { state: 'bad', code: journalProblem.code, text: journalProblem.message };
}

async function examineAnnouncement(
  settings: Subject['settings'],
  running: RunningSubject,
): Promise<Findings['running']> {
  if (settings.network === 'hyperdht')
    return { ...running, announcedPort: running.port, addresses: null, isAmongAll: true };
  const { grapes, broadcastKey, announcePort } = settings;
  const announcedPort = announcePort ?? running.port;
  try {
    const [own, all] = await Promise.all([addressesOf(grapes, running.id), addressesOf(grapes, broadcastKey)]);
    const addresses = await Promise.all(own.map((address) => probeAddress(address, running.id)));
    const isAmongAll = own.some((address) => all.includes(address));
    return { ...running, announcedPort, addresses, isAmongAll };
  } catch {
    return { ...running, announcedPort, addresses: null, isAmongAll: false };
  }
}

function examineKey(dataDir: string): Findings['key'] {
  if (!existsSync(join(dataDir, KEY_FILE))) return { exists: false, problem: null };
  try {
    readDeskKey(dataDir);
    return { exists: true, problem: null };
  } catch (error) {
    return { exists: true, problem: textOfError(error) };
  }
}
