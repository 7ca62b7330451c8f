/** A desk with its control server, in this process: what it says of itself when its journal vanishes, and where its page is. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { PAGE_FOLDER, type RunningDesk } from '../../src/composition/run-desk.ts';
import { ControlClient, makeDeskKey, type Grapes } from '../../src/index.ts';
import type { TakerRecord } from '../../src/protocol/records.ts';
import { openSqliteJournal } from '../../src/store/open-sqlite-journal.ts';
import { ofTaker, sampleKey, sampleTerms } from '../../src/testing/sample-records.ts';
import { freePort } from '../../testing/free-port.ts';
import { startLocalGrapes } from '../../testing/local-grapes.ts';
import { makeRunningDesk } from '../../testing/running-desk.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

let grapes: Grapes;

beforeAll(async () => {
  grapes = await startLocalGrapes();
});

afterAll(() => grapes.stop());

function made(dataDir: string, flags: Readonly<Record<string, readonly string[]>> = {}): RunningDesk {
  const running = makeRunningDesk({ dataDir, grapes: grapes.api, flags });
  onTestFinished(() => running.stop());
  return running;
}

it('a running desk whose journal was deleted is not ready, and fails its own examination', async () => {
  const dataDir = join(temporaryFolder(), 'desk');
  const running = made(dataDir);
  await running.start();
  const client = ControlClient.ofFolder(dataDir);
  onTestFinished(() => client.close());
  expect(await client.ready()).toEqual({ ready: true, reasons: [] });
  for (const end of ['', '-wal', '-shm', '-mark']) rmSync(join(dataDir, `journal.db${end}`));
  const gone = expect.stringMatching(/journal\.db was moved or deleted while the desk was running/) as string;
  expect(await client.ready()).toEqual({ ready: false, reasons: [gone] });
  const failed = (await client.doctor()).filter(({ ok }) => ok === 'fail').map(({ name }) => name);
  expect(failed).toEqual(expect.arrayContaining(['desk', 'journal']));
  const moved = { code: 'ERR_JOURNAL_MOVED', message: gone };
  await expect(running.failed).rejects.toMatchObject(moved);
  await expect(client.announce({ type: 'sell', amount: '1' })).rejects.toMatchObject(moved);
  await expect(client.deals()).rejects.toMatchObject(moved);
});

it('a reload that adds a rule and denies a maker accepts nothing of that maker, and is shown as in force', async () => {
  const dataDir = join(temporaryFolder(), 'desk');
  mkdirSync(dataDir);
  const config = join(dataDir, 'config.toml');
  writeFileSync(config, 'accept = []');
  const taker = made(dataDir);
  await taker.start();
  const client = ControlClient.ofFolder(dataDir);
  onTestFinished(() => client.close());
  const makerDir = join(temporaryFolder(), 'desk');
  const maker = made(makerDir);
  await maker.start();
  const makerClient = ControlClient.ofFolder(makerDir);
  onTestFinished(() => makerClient.close());
  const { offerId } = await makerClient.announce({ type: 'sell', amount: '1', pair: 'A/B', unitPrice: '2' });
  await vi.waitFor(async () => expect(await client.offers()).toMatchObject({ offers: [{ offerId }] }));
  writeFileSync(config, `accept = ["all"]\ndeny = ["${maker.id}"]`);
  expect(taker.reload()).toEqual({ rules: 1, needRestart: [] });
  const { offers } = await client.offers({ recent: true });
  expect(offers.map(({ phase }) => phase)).toEqual(['seen']);
  const inForce = (await client.config()).filter(({ name }) => name === 'accept' || name === 'deny');
  expect(inForce).toMatchObject([
    { value: ['all'], from: `${config}:1` },
    { value: [maker.id], from: `${config}:2` },
  ]);
});

it('a desk whose control port is in use releases its folder', async () => {
  const dataDir = join(temporaryFolder(), 'desk');
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const running = made(dataDir, { controlPort: [String((other.address() as AddressInfo).port)] });
  await expect(running.start()).rejects.toMatchObject({ code: 'ERR_PORT_IN_USE' });
  await running.stop();
  await openSqliteJournal({ dataDir }).close();
});

it('the page is in the folder where the build puts it', () => {
  expect(existsSync(join(PAGE_FOLDER, 'index.html'))).toBe(true);
});

/** The beginning of a start has many turns of the event loop; some of each part are enough. */
it.each([0, 1, 2, 3, 5, 8, 12, 17, 25, 40, 60])(
  'a desk that is stopped %i turns after its start began leaves nothing running',
  async (turns) => {
    const dataDir = join(temporaryFolder(), 'desk');
    const port = await freePort();
    const running = made(dataDir, { port: [String(port)], controlPort: ['0'] });
    const starting = running.start().catch((error: unknown) => (error as { code?: string }).code);
    for (let turn = 0; turn < turns; turn += 1) await setImmediate();
    await running.stop();
    await starting;
    expect(['control.sock', 'control.token'].filter((name) => existsSync(join(dataDir, name)))).toEqual([]);
    // Its port is free.
    const next = createServer().listen(port, '127.0.0.1');
    onTestFinished(() => void next.close());
    await once(next, 'listening');
    await openSqliteJournal({ dataDir }).close();
  },
);

it('a desk that is stopped while it starts its own grapes leaves none of them running', async () => {
  const port = await freePort();
  const dataDir = join(temporaryFolder(), 'desk');
  const flags = { embeddedGrapes: ['true'], grapes: [`http://127.0.0.1:${port}`] };
  const running = made(dataDir, flags);
  const starting = running.start();
  await setImmediate();
  await setImmediate();
  await Promise.all([running.stop(), expect(starting).rejects.toMatchObject({ code: 'ERR_DESK_STOPPED' })]);
  const next = createServer().listen(port, '127.0.0.1');
  onTestFinished(() => void next.close());
  await once(next, 'listening');
});

it('the daily limits count an offer once after a restart, and not if it was closed as lost', async () => {
  const dataDir = join(temporaryFolder(), 'desk');
  const { id } = makeDeskKey(dataDir);
  const journal = openSqliteJournal({ dataDir });
  journal.claim(id);
  const at = Date.now();
  const confirmed = (offerId: string): TakerRecord[] => [
    { type: 'accepting', at, terms: sampleTerms(offerId), dialect: 'grapevine' },
    { type: 'confirmed', at, epoch: 1 },
  ];
  const reported = ofTaker(...confirmed('a'), { type: 'won', at, epoch: 1 }, { type: 'reported', at, result: 'done' });
  await journal.append({ offer: sampleKey('a'), records: reported, finished: false });
  const closed = ofTaker(...confirmed('b'), { type: 'closed', at, as: 'lost' });
  await journal.append({ offer: sampleKey('b'), records: closed, finished: true });
  await journal.append({ offer: sampleKey('c'), records: ofTaker(...confirmed('c')), finished: false });
  const won = ofTaker(...confirmed('d'), { type: 'won', at, epoch: 1 });
  await journal.append({ offer: sampleKey('d'), records: won, finished: true });
  await journal.close();

  for (const [limit, takes] of [
    ['4', true],
    ['3', false],
  ] as const) {
    const running = made(dataDir, { accept: [`BTC/USD daily-deals<=${limit}`] });
    await running.start();
    const client = ControlClient.ofFolder(dataDir);
    expect(await client.testRules({ type: 'sell', amount: '1', pair: 'BTC/USD' })).toMatchObject({ takes });
    await client.close();
    await running.stop();
  }
});
