/** What a data folder is good for, with real processes: kill -9, and on again; backups; a doubt closed by hand. */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Grapes } from '../../src/index.ts';
import { offerKey, type OfferId, type PeerId } from '../../src/protocol/ids.ts';
import type { OfferAccept } from '../../src/protocol/messages.ts';
import { openSqliteJournal } from '../../src/store/open-sqlite-journal.ts';
import { freePort } from '../../testing/free-port.ts';
import { startLocalGrapes } from '../../testing/local-grapes.ts';
import { runCommand } from '../../testing/run-command.ts';
import { RunningProgram, type Ended } from '../../testing/running-program.ts';
import { ScriptedMaker } from '../../testing/scripted-maker.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

let grapes: Grapes;
const programs: RunningProgram[] = [];

beforeAll(async () => {
  grapes = await startLocalGrapes();
});

afterAll(() => grapes.stop());

afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.stop()));
});

function run(...args: string[]): RunningProgram {
  const program = new RunningProgram(args);
  programs.push(program);
  return program;
}

function client(dataDir: string, port: number, ...more: string[]): RunningProgram {
  return run(
    'run-client.js',
    String(port),
    ...more,
    '--data-dir',
    dataDir,
    ...grapes.api.flatMap((url) => ['--grape', url]),
  );
}

function kill(program: RunningProgram): Promise<Ended> {
  program.signal('SIGKILL');
  return program.ended;
}

function deferred<Value>() {
  let resolve: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

describe('after kill -9', () => {
  it('a maker continues with its open offer, under the same id, and one taker gets it', async () => {
    const folder = temporaryFolder();
    const [makerPort, takerPort] = [await freePort(), await freePort()];
    const before = client(join(folder, 'maker'), makerPort, '1');
    const { id } = await before.event('desk.ready');
    const { offerId } = await before.event('offer.announced');
    await kill(before);

    const taker = client(join(folder, 'taker'), takerPort);
    await taker.event('desk.ready');
    const after = client(join(folder, 'maker'), makerPort);
    expect(await after.event('desk.ready')).toMatchObject({ id });
    expect(await taker.event('deal.won')).toMatchObject({ offerId, maker: id });
    expect(await after.event('deal.awarded')).toMatchObject({ offerId });
  });

  it('a taker in doubt asks the maker after its restart, and learns the outcome', async () => {
    const folder = temporaryFolder();
    const [makerPort, takerPort] = [await freePort(), await freePort()];
    const before = client(join(folder, 'taker'), takerPort);
    await before.event('desk.ready');
    const maker = client(join(folder, 'maker'), makerPort, '1', '--log-level', 'debug');
    const { offerId, maker: makerId } = await before.event('award.confirmed');
    await kill(before);
    const after = client(join(folder, 'taker'), takerPort);
    // In which of its two lives it learned it is a matter of luck; that it is written down is not.
    await maker.event('outcome.delivered');
    await after.stop();
    const journal = openSqliteJournal({ dataDir: join(folder, 'taker') });
    const records = await journal.readOffer(offerKey(makerId as PeerId, offerId as OfferId));
    await journal.close();
    expect(records.map(({ record }) => record.type)).toEqual(['accepting', 'confirmed', 'won']);
  });

  it('a taker whose maker never comes back stays in doubt, until an operator closes it', async () => {
    const folder = temporaryFolder();
    const takerFolder = join(folder, 'taker');
    const taker = client(takerFolder, await freePort());
    await taker.event('desk.ready');
    // It asks whether the taker still wants it, and is gone before it could decide.
    const maker = new ScriptedMaker(grapes.api);
    onTestFinished(() => maker.stop());
    const accepted = deferred<OfferAccept>();
    maker.answer = (message) => {
      if (message.cmd === 'offer:accept') accepted.resolve(message);
      return { kind: 'queued', position: 1 };
    };
    await maker.start();
    await maker.broadcast({ cmd: 'offer:new', terms: maker.terms('doubtful') });
    const { offerId, ...names } = await accepted.promise;
    const approval = { cmd: 'offer:accept:approved', offerId, maker: maker.id, taker: names.taker } as const;
    const asking = maker.send(names.taker, { ...approval, epoch: 1, until: Date.now() + 10_000 });
    await taker.event('award.confirmed');
    await asking;
    await maker.stop();
    await taker.event('deal.in_doubt');
    expect(await taker.stop()).toEqual({ code: 0, signal: null });

    const at = ['--data-dir', takerFolder];
    const { out } = await runCommand(['resolve', '--json', ...at]);
    expect(JSON.parse(out)).toMatchObject({ offerId, role: 'taker' });
    expect(await runCommand(['resolve', String(offerId), '--as', 'lost', ...at])).toMatchObject({ code: 0 });
    expect(await runCommand(['resolve', ...at])).toMatchObject({ out: 'Nothing is in doubt.\n' });
  });
});

describe('a data folder', () => {
  it('that is in use is refused to a second desk, but can be backed up; a backup never replaces a file', async () => {
    const folder = temporaryFolder();
    const first = client(folder, await freePort());
    await first.event('desk.ready');
    const second = client(folder, await freePort());
    expect((await second.ended).code).toBe(1);
    expect(second.errorText).toMatch(/^ERR_JOURNAL_LOCKED: /);
    const offline = await runCommand(['resolve', '--data-dir', folder]);
    expect(offline).toMatchObject({ code: 1, err: expect.stringMatching(/^ERR_JOURNAL_LOCKED: /) as string });

    const backup = ['backup', join(folder, 'copy.db'), '--data-dir', folder];
    expect(await runCommand(backup)).toMatchObject({ code: 0 });
    const exists = expect.stringMatching(/^ERR_USAGE: .*exists already/) as string;
    expect(await runCommand(backup)).toMatchObject({ code: 2, err: exists });
  });

  it('without a journal is refused by commands that need one', async () => {
    const folder = temporaryFolder();
    for (const args of [['resolve'], ['backup', join(folder, 'copy.db')]]) {
      const { code, err } = await runCommand([...args, '--data-dir', folder]);
      expect({ code, err }).toEqual({
        code: 2,
        err: expect.stringMatching(/^ERR_USAGE: there is no journal/) as string,
      });
    }
  });
});
