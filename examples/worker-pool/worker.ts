// A worker of the pool: does two jobs at a time, and finishes its jobs when it is stopped.
import { setTimeout as sleep } from 'node:timers/promises';
import { createWorker, type DetailsValue } from 'grapevine';

interface Square {
  readonly number: number;
}

/** Checks the details of another desk's job before they are used. A job with wrong details is not accepted. */
function parse(details: DetailsValue | undefined): Square {
  if (typeof details === 'object' && details !== null && 'number' in details) {
    const { number } = details;
    if (typeof number === 'number') return { number };
  }
  throw new Error('these are no details of a square');
}

const [name = '', ...grapes] = process.argv.slice(2);
const worker = createWorker<Square>({
  grapes,
  concurrency: 2,
  parse,
  work: async ({ details: { number }, attempt }) => {
    // This worker is killed, as in a power cut.
    if (name === 'ann') process.kill(process.pid, 'SIGKILL');
    await sleep(100);
    console.log(`${name}: ${number} squared is ${number * number}${attempt > 1 ? ` (attempt ${attempt})` : ''}`);
    return { number, square: number * number, by: name };
  },
});
await worker.start();
process.once('SIGTERM', () => void worker.stop());
process.send?.('ready');
