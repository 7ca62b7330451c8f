/** A desk that does jobs of others. */
import type { DetailsValue } from '../wire/details.ts';
import { createDesk, type DeskOptions } from './create-desk.ts';
import { JobWorker, type JobWorkerInit } from './job-worker.ts';

/** Those of the desk, but for which offers it takes, and what it does with them. */
export type WorkerOptions<Details> = Omit<DeskOptions, 'interest'> & JobWorkerInit<Details>;

/**
 * A worker; `start` it. With a `dataDir` it goes on after a crash with the jobs that it had won: a job runs at least once.
 * @throws GrapevineError as `createDesk`; ERR_USAGE for a concurrency that can't be
 */
export function createWorker<Details = DetailsValue | undefined>(options: WorkerOptions<Details>): JobWorker<Details> {
  return new JobWorker(createDesk(options), options);
}
