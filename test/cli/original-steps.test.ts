/** The original's steps, with real processes: grapes, three clients, and one that announces. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Grapes } from '../../src/index.ts';
import { freePort, freePorts } from '../../testing/free-port.ts';
import { startLocalGrapes } from '../../testing/local-grapes.ts';
import { runCommand } from '../../testing/run-command.ts';
import { RunningProgram } from '../../testing/running-program.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

const programs: RunningProgram[] = [];
/** Of this process, where it is the clients that are looked at. */
let shared: Grapes;

beforeAll(async () => {
  shared = await startLocalGrapes();
});

afterAll(() => shared.stop());

function run(...args: string[]): RunningProgram {
  const program = new RunningProgram(args);
  programs.push(program);
  return program;
}

afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.stop()));
});

async function runGrapes(): Promise<{ program: RunningProgram; api: string[] }> {
  const program = run('run-grapes.js', '--dht-port', '0', '--api-port', '0');
  const { api } = await program.event('grapes.ready');
  return { program, api: api as string[] };
}

function grapeOptions(api: readonly string[]): string[] {
  return api.flatMap((url) => ['--grape', url]);
}

async function waitingClient(): Promise<RunningProgram> {
  const waiting = run('run-client.js', '0', '--grape', `http://127.0.0.1:${await freePort()}`);
  await waiting.event('grapes.waiting');
  return waiting;
}

async function endsCleanly(program: RunningProgram, signal: NodeJS.Signals): Promise<void> {
  program.signal(signal);
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(program.errorText).toBe('');
}

async function runClient(api: readonly string[], ...more: string[]): Promise<RunningProgram> {
  const client = run('run-client.js', String(await freePort()), ...more, ...grapeOptions(api));
  await client.event('desk.ready');
  return client;
}

describe('run-grapes.js and run-client.js', () => {
  it('three clients accept, one gets it, the others drop it; SIGINT ends them all', async () => {
    const { program: grapes, api } = await runGrapes();
    expect(api).toHaveLength(3);
    const takers = await Promise.all([runClient(api), runClient(api), runClient(api)]);
    const maker = await runClient(api, '1');

    const awarded = await maker.event('deal.awarded');
    const ends = await Promise.all(
      takers.map((taker) => Promise.race([taker.event('deal.won'), taker.event('deal.lost')])),
    );
    expect(ends.filter(({ event }) => event === 'deal.won')).toMatchObject([{ offerId: awarded['offerId'] }]);
    expect(ends.filter(({ event }) => event === 'deal.lost')).toMatchObject([{ reason: 'taken' }, { reason: 'taken' }]);
    for (const taker of takers) expect(taker.all('acceptance.sent')).toHaveLength(1);
    expect(await maker.event('offer.announced')).toMatchObject({ reached: 3, unreachable: 0 });

    for (const program of [maker, ...takers, grapes]) await endsCleanly(program, 'SIGINT');
  });

  it('work in any order: clients wait for grapes, report that, and continue; SIGTERM ends them all', async () => {
    const apiPorts = await freePorts(2);
    const api = apiPorts.map((port) => `http://127.0.0.1:${port}`);
    const [takerPort, makerPort] = await freePorts(2);
    const taker = run('run-client.js', String(takerPort), ...grapeOptions(api));
    const maker = run('run-client.js', String(makerPort), '1', ...grapeOptions(api));
    await Promise.all([taker.event('grapes.waiting'), maker.event('grapes.waiting')]);
    // Not on consecutive ports, as nobody knows whether these are free: one grape of the two that the clients know.
    const [first = 0] = apiPorts;
    const grapes = run('run-grapes.js', '--count', '2', '--dht-port', '0', '--api-port', String(first));
    await Promise.all([taker.event('deal.won'), maker.event('deal.awarded')]);
    expect(taker.all('grapes.waiting')).toHaveLength(1);
    expect((await grapes.event('grapes.ready'))['api']).toHaveLength(2);
    for (const program of [maker, taker, grapes]) await endsCleanly(program, 'SIGTERM');
  });

  it('use the next grape when one is down; no client accepts an offer of another amount', async () => {
    const { api } = shared;
    const dead = `http://127.0.0.1:${await freePort()}`;
    const taker = await runClient([dead, ...api]);
    const other = await runClient([dead, ...api], '2');
    await other.event('offer.announced');
    expect(await taker.event('offer.received')).toMatchObject({ amount: '2', type: 'buy' });
    // It would accept the next offer as well, and might be the one that gets it.
    await other.stop();
    await runClient([dead, ...api], '1');
    await taker.event('deal.won');
    expect(taker.all('acceptance.sent')).toHaveLength(1);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('%s ends a client that waits for its grapes', async (signal) => {
    await endsCleanly(await waitingClient(), signal);
  });

  it('with two clients on one port, the second reports that', async () => {
    const { api } = shared;
    const [port] = await freePorts(1);
    const dataHome = temporaryFolder();
    const both = [0, 1].map(() => {
      const program = new RunningProgram(['run-client.js', String(port), ...grapeOptions(api)], {
        XDG_DATA_HOME: dataHome,
      });
      programs.push(program);
      return program;
    });
    const ended = await Promise.race(both.map(async (program) => ({ program, ...(await program.ended) })));
    expect(ended.code).toBe(1);
    expect(ended.program.errorText).toMatch(new RegExp(`^ERR_PORT_IN_USE: .*${port ?? ''}`));
  });

  it('with a port in use end with an error that names the port', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const { api } = shared;
    for (const args of [
      ['client', String(port), '--data-dir', temporaryFolder(), ...grapeOptions(api)],
      ['grapes', '--dht-port', '0', '--api-port', String(port), '--count', '2'],
    ]) {
      const { code, err } = await runCommand([...args, '--log-level', 'silent']);
      expect(code).toBe(1);
      expect(err).toMatch(new RegExp(`^ERR_PORT_IN_USE: .*${port}`));
    }
    holder.close();
  });
});
