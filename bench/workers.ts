/**
 * `npx tsx bench/workers.ts`: jobs per second from one requester to three workers in one process, from the offer until the requester
 * has the report. Journals are on disk. The figures depend on the machine and its load, so compare only runs on the same machine.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDesk, createWorker, silentLog, startGrapes } from '../src/index.ts';
import { nowMs, quantile } from './statistics.ts';

const WORKERS = 3;
const FOR_MS = 5_000;

const folder = mkdtempSync(join(tmpdir(), 'grapevine-bench-'));
const grapes = await startGrapes({ count: 3, host: '127.0.0.1', dhtPort: 0, apiPort: 0, log: silentLog });
const requester = createDesk({ grapes: grapes.api, dataDir: join(folder, 'requester') });
const workers = Array.from({ length: WORKERS }, (_, index) =>
  createWorker({
    grapes: grapes.api,
    dataDir: join(folder, `worker-${index}`),
    concurrency: 16,
    work: ({ details }) => details,
  }),
);
await requester.start();
await Promise.all(workers.map((worker) => worker.start()));

/** Offers jobs one after another. @returns the milliseconds of each */
async function giveUntil(endMs: number): Promise<number[]> {
  const latencies: number[] = [];
  while (nowMs() < endMs) {
    const since = nowMs();
    const { result } = await requester.offerAndWait({ type: 'job', details: { number: latencies.length } });
    if (result !== 'done') throw new Error('a job that does nothing has failed');
    latencies.push(nowMs() - since);
  }
  return latencies;
}

await giveUntil(nowMs() + FOR_MS);
console.log(`Node ${process.version}, ${WORKERS} workers\n\nat once | jobs/s | p50 | p99`);
for (const atOnce of [1, 16]) {
  const since = nowMs();
  const all = await Promise.all(Array.from({ length: atOnce }, () => giveUntil(since + FOR_MS)));
  const latencies = all.flat();
  const perSecond = (latencies.length * 1_000) / (nowMs() - since);
  const times = [0.5, 0.99].map((share) => `${quantile(latencies, share).toFixed(0)} ms`);
  console.log([atOnce, perSecond.toFixed(0), ...times].join(' | '));
}

await Promise.all(workers.map((worker) => worker.stop()));
await requester.stop();
await grapes.stop();
rmSync(folder, { recursive: true });
