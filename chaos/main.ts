/**
 * `npm run chaos`: desks as real processes that are killed and started again, on a faulty network. Exit code 0: no violation; 1: at
 * least one; 2: wrong usage. See docs/CHAOS.md.
 */
import { boundsOf, readOptions, USAGE, type ChaosOptions } from './chaos-options.ts';

const SIGNAL_EXIT = { SIGINT: 130, SIGTERM: 143 } as const;

async function main(): Promise<void> {
  const options = optionsOrExit();
  // `on` and not `once`: the default action of a second signal would interrupt the cleanup.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(SIGNAL_EXIT[signal]));
  // Loaded after the options were checked, as this loads the whole desk.
  const [{ ChaosWorld }, { runChaos }, { reportOf }] = await Promise.all([
    import('./chaos-world.ts'),
    import('./run-chaos.ts'),
    import('./report.ts'),
  ]);
  const world = new ChaosWorld(options);
  let isKept = false;
  // Except after kill -9, no process and no folder remains.
  process.once('exit', () => {
    world.abandon();
    if (!isKept) world.removeFolder();
  });
  const watchdog = watch(options, (totalMs) => {
    isKept = true;
    const lives = world.desks.map(({ name, life }) => `${name} ${life}`);
    process.stderr.write(`the run hangs after ${totalMs} ms: ${lives.join(', ')}\nData folders: ${world.folder}\n`);
    process.exit(1);
  });
  const result = await runChaos(world, options, (text) =>
    process.stderr.write(`${(performance.now() / 1_000).toFixed(1).padStart(7)} s  ${text}\n`),
  );
  clearTimeout(watchdog);
  isKept = result.violations.length > 0;
  process.stdout.write(reportOf(result, options, world.folder));
  process.exitCode = isKept ? 1 : 0;
}

function optionsOrExit(): ChaosOptions {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

/** A limit for the whole run, in addition to the limit of each stage. */
function watch(options: ChaosOptions, onHang: (totalMs: number) => void): NodeJS.Timeout {
  const { totalMs } = boundsOf(options);
  return setTimeout(onHang, totalMs, totalMs).unref();
}

await main();
