// One desk gives 20 jobs to a pool of three workers, each a process of its own. One worker is killed during its first jobs. After some time
// they are overdue and are offered again, so that all 20 jobs get done.
// Run it with: npx tsx examples/worker-pool/main.ts
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createDesk, silentLog, startGrapes } from 'grapevine';

const JOBS = 20;

const grapes = await startGrapes({ count: 2, host: '127.0.0.1', dhtPort: 0, apiPort: 0, log: silentLog });
const requester = createDesk({ grapes: grapes.api });
await requester.start();

const file = new URL('worker.ts', import.meta.url);
const workers = ['ann', 'bob', 'cyd'].map((name) => fork(file, [name, ...grapes.api]));
await Promise.all(workers.map((worker) => once(worker, 'message')));

requester.on('deal.overdue', ({ offerId }) => {
  console.log(`requester: nothing was heard of ${offerId.slice(0, 8)} in time; it is offered again`);
});

async function give(number: number): Promise<unknown> {
  const { result, details } = await requester.offerAndWait({
    type: 'job',
    details: { number },
    // The job's name. After a crash, the same name does not offer the job twice.
    reference: `square/${number}`,
    doneWithinMs: 4_000,
    ifFailed: 'renew',
    attempts: 10,
  });
  if (result === 'failed') throw new Error(`job ${number} failed: ${JSON.stringify(details)}`);
  return details;
}

const results = await Promise.all(Array.from({ length: JOBS }, (_, number) => give(number)));
console.log(`requester: ${results.length} jobs are done: ${JSON.stringify(results)}`);

const running = workers.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
const exits = running.map((worker) => once(worker, 'exit'));
for (const worker of running) worker.kill('SIGTERM');
await Promise.all(exits);
await requester.stop();
await grapes.stop();
