/** `npm run simulate`: deals by the thousand in a world where everything goes wrong. */
import { runCommandLine } from './command-line.ts';

// A reader that has seen enough (`head`) ends it.
process.stdout.on('error', () => process.exit());

process.exitCode = await runCommandLine(process.argv.slice(2), {
  result: (line) => process.stdout.write(`${line}\n`),
  note: (line) => process.stderr.write(`${line}\n`),
});
