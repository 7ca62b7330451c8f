/** `npm run simulate`: thousands of deals, with all kinds of faults. */
import { runCommandLine } from './command-line.ts';

// Ends when the reader of the output (`head`) closes it.
process.stdout.on('error', () => process.exit());

process.exitCode = await runCommandLine(process.argv.slice(2), {
  result: (line) => process.stdout.write(`${line}\n`),
  note: (line) => process.stderr.write(`${line}\n`),
});
