/** `grapevine up --network hyperdht`: two desks as processes, and a deal between them. */
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFailed } from 'vitest';
import { freePort } from '../../testing/free-port.ts';
import { runCommand } from '../../testing/run-command.ts';
import { RunningProgram } from '../../testing/running-program.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

const running: RunningProgram[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.stop()));
});

async function up(...args: readonly string[]): Promise<RunningProgram> {
  const program = new RunningProgram(['bin/grapevine.js', 'up', '--network', 'hyperdht', ...args]);
  running.push(program);
  onTestFailed(() => {
    process.stderr.write(`${program.lines.slice(-20).join('\n')}\n`);
  });
  await program.event('desk.ready');
  return program;
}

describe('grapevine up --network hyperdht', { timeout: 90_000 }, () => {
  it('needs no grape: two desks deal, one of them with the nodes of the DHT in its process', async () => {
    const folder = temporaryFolder();
    const [makerFolder, takerFolder] = [join(folder, 'maker'), join(folder, 'taker')];
    const bootstrap = `127.0.0.1:${await freePort()}`;
    const maker = await up('--embedded-bootstrap', '--bootstrap', bootstrap, '--data-dir', makerFolder);
    expect(await maker.event('dht.ready')).toMatchObject({ bootstrap: [bootstrap] });
    const taker = await up('--bootstrap', bootstrap, '--data-dir', takerFolder, '--accept', 'sell BTC/USD');
    const { out } = await runCommand(['offer', 'sell', '1', 'BTC/USD', '--price', '8000', '--data-dir', makerFolder]);
    const offerId = out.split('\n')[0];
    expect(await taker.event('deal.won')).toMatchObject({ offerId });
    const { out: found } = await runCommand(['doctor', '--data-dir', takerFolder]);
    expect(found).toMatch(/^ok +desk .*ready$/m);
    expect(found).not.toContain('grape ');
  });

  it.each([
    [['--network', 'hyperdht'], 'needs a node to begin with: "--bootstrap HOST:PORT"'],
    [['--bootstrap', '127.0.0.1:1'], 'bootstrap nodes are for the network hyperdht'],
    [['--embedded-bootstrap'], '--embedded-bootstrap is for --network hyperdht'],
    [['--network', 'hyperdht', '--embedded-bootstrap'], '--bootstrap says where the first node is brought up'],
    [['--network', 'hyperdht', '--bootstrap', '127.0.0.1:1', '--embedded-grapes'], 'there are no grapes'],
    [['--network', 'hyperdht', '--bootstrap', '127.0.0.1:1', '--announce-port', '7'], 'no port is announced'],
    [['--network', 'hyperdht', '--bootstrap', 'example.org:1'], 'is not the address of a DHT node'],
  ])('refuses %j as wrong usage, and leaves no signal handler', async (args, text) => {
    const before = process.listenerCount('SIGTERM');
    const { code, err } = await runCommand(['up', '--data-dir', join(temporaryFolder(), 'desk'), ...args]);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(text) as string });
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});
