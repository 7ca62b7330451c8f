/** A job from the command line: details, a reference, and the reports of both sides. Two desks run in this process. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deal, Offer, Story } from '../../src/control/contract.ts';
import type { Grapes } from '../../src/index.ts';
import { startLocalGrapes } from '../../testing/local-grapes.ts';
import { runCommand } from '../../testing/run-command.ts';
import { DeskUp } from '../../testing/desk-up.ts';
import { makeTemporaryFolder } from '../../testing/temporary-folder.ts';

const root = makeTemporaryFolder();
const [MAKER, WORKER] = [join(root, 'maker'), join(root, 'worker')];
const JOB = { file: 'a.mp4', note: '\u202eevil\u001b[2J' };
const JOB_FILE = join(root, 'job.json');

let grapes: Grapes;
let maker: DeskUp;
let worker: DeskUp;

async function done(dataDir: string, ...args: string[]): Promise<string> {
  const { code, out, err } = await runCommand([...args, '--data-dir', dataDir]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

async function json<Value>(dataDir: string, ...args: string[]): Promise<Value[]> {
  const lines = (await done(dataDir, ...args, '--json')).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Value);
}

const heard = (program: DeskUp, event: string, offerId: string) =>
  program.event(event, (said) => said['offerId'] === offerId);

const offerOf = (reference: string): string[] => [
  'offer',
  'job',
  '--details',
  `@${JOB_FILE}`,
  '--reference',
  reference,
  '--done-within',
  '1h',
];

/** Offered anew when it fails; the worker has heard of it. */
async function offered(reference: string): Promise<Offer> {
  await done(MAKER, ...offerOf(reference), '--if-failed', 'renew', '--attempts', '2');
  const { offerId } = await worker.event('offer.received', (said) => said['reference'] === reference);
  const [offer] = await json<Offer>(WORKER, 'offers', String(offerId));
  return offer ?? expect.fail('it is not shown');
}

beforeAll(async () => {
  grapes = await startLocalGrapes();
  writeFileSync(JOB_FILE, JSON.stringify(JOB));
  [maker, worker] = await Promise.all([DeskUp.start(MAKER, grapes.api), DeskUp.start(WORKER, grapes.api)]);
}, 60_000);

afterAll(async () => {
  await Promise.all([maker.stop(), worker.stop()]);
  await grapes.stop();
  rmSync(root, { recursive: true, force: true });
});

describe('a job', () => {
  it('is offered once under its reference, with its details', async () => {
    const again = [...offerOf('once/1'), '--if-failed', 'renew', '--attempts', '2'];
    const offer = await offered('once/1');
    expect(await done(MAKER, ...again)).toBe(`${offer.offerId}\nYou offer to have a job done.\n`);
    const own = await json<Offer>(MAKER, 'offers');
    expect(own.filter(({ reference }) => reference === 'once/1')).toHaveLength(1);
    expect(await runCommand([...offerOf('once/1'), '--data-dir', MAKER])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^ERR_REFERENCE_USED: "once\/1" is the reference of offer /) as string,
    });
    expect(offer).toMatchObject({
      type: 'job',
      amount: '1',
      details: JOB,
      reference: 'once/1',
      doneWithinMs: 3_600_000,
    });
  });

  it('is shown with all its details, without their control characters', async () => {
    const offer = await offered('shown/1');
    for (const text of [
      await done(WORKER, 'offers', offer.offerId.slice(0, 8)),
      await done(WORKER, 'explain', offer.offerId),
    ]) {
      expect(text).toContain('"file": "a.mp4"');
      // eslint-disable-next-line no-control-regex -- these must not be there
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    }
    expect(await done(WORKER, 'offers')).toMatch(/REFERENCE +DETAILS.*\n(.*\n)*.* shown\/1 +yes /);
  });

  it('can not be reported on before it is awarded', async () => {
    const offer = await offered('early/1');
    expect(await runCommand(['done', offer.offerId, '--data-dir', WORKER])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^ERR_NO_DEAL: /) as string,
    });
  });

  it('that fails is offered again by its maker; one that is done has one report with its result', async () => {
    const offer = await offered('nightly/1');
    await done(WORKER, 'accept', offer.offerId);
    await heard(worker, 'deal.won', offer.offerId);
    expect(await json(WORKER, 'deals', '--open')).toMatchObject([{ offerId: offer.offerId, result: 'open' }]);
    expect(await done(WORKER, 'fail', offer.offerId.slice(0, 8), '--details', 'the disk was full')).toBe(
      `You reported offer ${offer.offerId} as failed; its maker is told.\n`,
    );
    await heard(maker, 'deal.failed', offer.offerId);
    const isNext = (said: Readonly<Record<string, unknown>>): boolean =>
      said['reference'] === 'nightly/1' && said['offerId'] !== offer.offerId;
    const offerId = String((await worker.event('offer.received', isNext))['offerId']);
    expect(await json<Deal>(MAKER, 'deals', '--failed')).toMatchObject([
      { offerId: offer.offerId, details: JOB, otherReport: { result: 'failed', details: 'the disk was full' } },
    ]);
    expect(await done(MAKER, 'deals')).toMatch(/REFERENCE +RESULT\n.* nightly\/1 +failed\n$/);
    // The announcement of the renewal does not wait for the disk, the record of it in the old offer does.
    const story = async () => (await json<Story>(MAKER, 'explain', offer.offerId))[0];
    await expect.poll(async () => (await story())?.offer.renewedAs).toBe(offerId);
    expect((await story())?.entries.map(({ event }) => event)).toContain('renewed');

    await done(WORKER, 'accept', offerId);
    await heard(worker, 'deal.won', offerId);
    const said = ['done', offerId, '--details', '{"lines":3}'];
    expect(await json<Offer>(WORKER, ...said)).toMatchObject([
      { ownReport: { result: 'done', details: { lines: 3 } } },
    ]);
    await done(WORKER, ...said);
    expect(await runCommand(['fail', offerId, '--data-dir', WORKER])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^ERR_REPORTED: /) as string,
    });
    await heard(maker, 'deal.done', offerId);
    const [deal] = await json<Deal>(MAKER, 'deals');
    expect(deal).toMatchObject({ offerId, attempt: 2, result: 'done', otherReport: { details: { lines: 3 } } });
    expect(await json(MAKER, 'deals', '--open')).toEqual([]);
  });
});
