/** docs/OPERATING.md, "Several machines": two hosts with grapes and a desk each, one deal across. */
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { HostNetwork, onHost, whyNoNamespaces, type Host } from '../../testing/network-namespaces.ts';
import { RunningProgram } from '../../testing/running-program.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

const why = whyNoNamespaces();
if (why !== null) process.stderr.write(`\n!! The test of two hosts is SKIPPED: ${why}.\n\n`);

it.skipIf(why !== null)('an offer made on one host is won on the other', async () => {
  const network = new HostNetwork(2);
  const programs: RunningProgram[] = [];
  onTestFinished(async () => {
    await Promise.all(programs.map((program) => program.stop()));
    network.remove();
  });
  const folder = temporaryFolder();
  const run = (host: Host, ...args: string[]): RunningProgram => {
    const program = new RunningProgram(
      ['bin/grapevine.js', ...args],
      { GRAPEVINE_DATA_DIR: join(folder, host.name) },
      { under: onHost(host) },
    );
    programs.push(program);
    return program;
  };
  const [one, two] = network.hosts as [Host, Host];
  for (const [host, other] of [
    [one, two],
    [two, one],
  ] as const) {
    const grapes = run(host, 'grapes', '--host', host.address, '--bootstrap', `${other.address}:20001`);
    await grapes.event('grapes.ready');
  }
  const taker = run(two, 'up', '--host', two.address, '--network', 'lan', '--accept', 'sell BTC/USD');
  const maker = run(one, 'up', '--host', one.address, '--network', 'lan');
  await Promise.all([taker.event('desk.ready'), maker.event('control.ready')]);
  run(one, 'offer', 'sell', '1', 'BTC/USD', '--price', '8000');
  const won = await taker.event('deal.won');
  expect(await maker.event('deal.awarded')).toMatchObject({ offerId: won['offerId'] });
});
