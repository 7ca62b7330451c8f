/** docs/SCALING.md, "Several hosts": four hosts with grapes and a desk each; reach before, while and after one of them is cut off. */
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { HostNetwork, onHost, whyNoNamespaces, type Host } from '../../testing/network-namespaces.ts';
import { RunningProgram } from '../../testing/running-program.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { IS_LONG } from '../effort.ts';

const HOSTS = 4;
const why = IS_LONG ? whyNoNamespaces() : 'it is a long one';
if (IS_LONG && why !== null) process.stderr.write(`\n!! The test of four hosts is SKIPPED: ${why}.\n\n`);

it.skipIf(why !== null)(
  'an offer reaches every host that can be reached, and one that was cut off when it is back',
  { timeout: 600_000 },
  async () => {
    const network = new HostNetwork(HOSTS);
    const programs: RunningProgram[] = [];
    onTestFinished(async () => {
      for (const host of network.hosts) network.setConnected(host, true);
      await Promise.all(programs.map((program) => program.stop()));
      network.remove();
    });
    const folder = temporaryFolder();
    const run = (host: Host, ...args: string[]): RunningProgram => {
      const env = { GRAPEVINE_DATA_DIR: join(folder, host.name) };
      const program = new RunningProgram(['bin/grapevine.js', ...args], env, { under: onHost(host) });
      programs.push(program);
      return program;
    };
    const [first, second, , last] = network.hosts as [Host, Host, Host, Host];
    for (const host of network.hosts) {
      const other = host === first ? second : first;
      await run(host, 'grapes', '--host', host.address, '--bootstrap', `${other.address}:20001`).event('grapes.ready');
    }
    const desks = network.hosts.map((host) => run(host, 'up', '--host', host.address, '--network', 'lan'));
    await Promise.all(desks.map((desk) => desk.event('desk.ready')));
    /** Makes an offer on that host. @returns its id */
    const offerOn = async (host: Host): Promise<string> => {
      const program = run(host, 'offer', 'sell', '1', 'BTC/USD', '--price', '8000');
      await program.ended;
      return program.lines[0] ?? '';
    };
    const received = async (offerId: string, ...indices: number[]): Promise<void> => {
      for (const index of indices) {
        await desks[index]?.event('offer.received', (event) => event['offerId'] === offerId);
      }
    };

    await received(await offerOn(first), 1, 2, 3);
    network.setConnected(last, false);
    const [missed, own] = [await offerOn(first), await offerOn(last)];
    await received(missed, 1, 2);
    expect(desks[HOSTS - 1]?.all('offer.received')).toHaveLength(1);
    network.setConnected(last, true);
    await Promise.all([received(missed, 3), received(own, 0, 1, 2)]);
    await received(await offerOn(second), 0, 2, 3);
  },
);
