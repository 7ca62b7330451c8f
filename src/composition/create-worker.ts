/** Creates a desk that does the jobs of others. */
import type { DetailsValue } from '../wire/details.ts';
import { createDesk, type DeskOptions } from './create-desk.ts';
import { JobWorker, type JobWorkerInit } from './job-worker.ts';

/** The options of a desk, except `interest`, and those of the jobs. */
export type WorkerOptions<Details> = Omit<DeskOptions, 'interest'> & JobWorkerInit<Details>;

/**
 * Creates a worker. Call `start` next. With a `dataDir`, it continues after a crash with the jobs that it had won: a job runs at
 * least once.
 * @throws GrapevineError as `createDesk`; ERR_USAGE for an invalid concurrency
 */
export function createWorker<Details = DetailsValue | undefined>(options: WorkerOptions<Details>): JobWorker<Details> {
  return new JobWorker(createDesk(options), options);
}
