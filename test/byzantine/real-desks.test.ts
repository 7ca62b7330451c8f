/** Desks with real keys, on real grapes, over real HTTP, among peers that keep to no rule. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDesk, silentLog, verifyProof, type Desk, type DeskOptions, type Grapes } from '../../src/index.ts';
import { GrenacheNetwork } from '../../src/grenache/grenache-network.ts';
import type { OfferAccept, OfferDone } from '../../src/protocol/messages.ts';
import { encodeMessage } from '../../src/wire/message-codec.ts';
import { startLocalGrapes } from '../../testing/local-grapes.ts';
import { ScriptedMaker } from '../../testing/scripted-maker.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

const DRAFT = { type: 'sell', amount: '1', pair: 'BTC/USD', unitPrice: '8000' } as const;
const NOBODY = 'f'.repeat(64);

let grapes: Grapes;
const stops: (() => Promise<void>)[] = [];

beforeEach(async () => {
  grapes = await startLocalGrapes();
});

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
  await grapes.stop();
});

async function up(options: DeskOptions = {}): Promise<{ readonly desk: Desk; readonly port: number }> {
  const desk = createDesk({ grapes: grapes.api, ...options });
  stops.push(() => desk.stop());
  return { desk, ...(await desk.start()) };
}

async function attacker(): Promise<ScriptedMaker> {
  const scripted = new ScriptedMaker(grapes.api);
  stops.push(() => scripted.stop());
  await scripted.start();
  return scripted;
}

/** What stands in an answer behind `[rid, `. */
async function post(port: number, key: string, payload: unknown): Promise<readonly [error: unknown, result: unknown]> {
  const body = JSON.stringify(['1', key, payload]);
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body });
  const [, error, result] = (await response.json()) as [unknown, unknown, unknown];
  return [error, result];
}

describe('a message in the name of another desk', () => {
  it('does not end an offer, neither unsigned nor with a wrong signature', async () => {
    const { desk: maker } = await up();
    const { desk: taker, port } = await up();
    const liar = await attacker();
    const heard = taker.until(({ event }) => event === 'offer.received');
    const { offerId } = await maker.announce(DRAFT);
    await heard;
    const done: OfferDone = {
      cmd: 'offer:done',
      offerId,
      maker: maker.id,
      outcome: 'awarded',
      winner: NOBODY as OfferDone['winner'],
      epoch: 1,
    };
    expect(await post(port, 'common', encodeMessage(done))).toEqual([expect.stringMatching(/^ERR_UNSIGNED/), null]);
    const forged = encodeMessage(done, await liar.identity.sign(done));
    expect(await post(port, 'common', forged)).toEqual([expect.stringMatching(/^ERR_SIGNATURE/), null]);
    expect(await post(port, taker.id, forged)).toEqual([expect.stringMatching(/^ERR_SIGNATURE/), null]);
    const won = taker.until(({ event }) => event === 'deal.won');
    await taker.accept(offerId);
    expect(await won).toMatchObject({ offerId, maker: maker.id, verified: true });
    expect(taker.refusals.get('ERR_SIGNATURE')).toBe(2);
  });

  it('does not win an offer, if another desk has signed the acceptance', async () => {
    const { desk: maker, port } = await up();
    const { desk: victim } = await up();
    const liar = await attacker();
    const { offerId } = await maker.announce(DRAFT);
    const acceptance: OfferAccept = {
      cmd: 'offer:accept',
      offerId,
      maker: maker.id,
      taker: victim.id,
    };
    const [unsigned] = await post(port, maker.id, encodeMessage(acceptance));
    expect(unsigned).toMatch(/^ERR_UNSIGNED/);
    const forged = encodeMessage(acceptance, await liar.identity.sign(acceptance));
    expect((await post(port, maker.id, forged))[0]).toMatch(/^ERR_SIGNATURE/);
    expect(maker.offers()).toMatchObject([{ phase: 'open', acceptancesWaiting: 0, taker: null }]);
  });
});

describe('an attacker that announces the id of another desk', () => {
  it('has no effect: the real desk is reached', async () => {
    const { desk: maker } = await up();
    // It agrees to everything, in the maker's name, and can't sign it.
    const impostor = new GrenacheNetwork({
      deskId: maker.id,
      broadcastKey: 'elsewhere',
      grapes: grapes.api,
      host: '127.0.0.1',
      port: 0,
      log: silentLog,
    });
    stops.push(() => impostor.stop());
    await impostor.start(() => Promise.resolve({ error: null, result: { queued: true, position: 1 } }));
    const { desk: taker } = await up({ interest: () => true });
    // Which address comes first is the grapes' choice; test/grenache/direct-sender.test.ts has both orders.
    for (let count = 0; count < 6; count += 1) {
      const won = taker.until(({ event }) => event === 'deal.won');
      const { offerId } = await maker.announce(DRAFT);
      expect(await won).toMatchObject({ offerId, maker: maker.id });
    }
  });
});

describe('a maker that awards one offer twice', () => {
  it('signs a proof against itself: the proof is stored and can be verified, and the desk is banned', async () => {
    const dataDir = temporaryFolder();
    const { desk } = await up({ dataDir });
    const liar = await attacker();
    const banned = desk.until(({ event }) => event === 'peer.equivocated');
    await liar.broadcast({ cmd: 'offer:new', terms: liar.terms('twice') });
    for (const winner of ['a', 'b']) {
      await liar.broadcast({
        cmd: 'offer:done',
        offerId: liar.terms('twice').offerId,
        maker: liar.id,
        outcome: 'awarded',
        winner: winner.repeat(64) as OfferDone['winner'],
        epoch: 1,
      });
    }
    expect(await banned).toMatchObject({ maker: liar.id, offerId: 'twice' });
    await desk.stop();

    const [name = ''] = readdirSync(join(dataDir, 'proofs'));
    const proof: unknown = JSON.parse(readFileSync(join(dataDir, 'proofs', name), 'utf8'));
    expect(verifyProof(proof)).toEqual({ kind: 'equivocation', maker: liar.id, offerId: 'twice' });

    const { desk: again } = await up({ dataDir });
    const terms = liar.terms('another');
    const answer = await liar.send(again.id, { cmd: 'offer:new', terms });
    expect(answer).toMatchObject({ kind: 'error', error: expect.stringMatching(/^ERR_EQUIVOCATION/) as string });
    expect(again.offers()).toEqual([]);
  });
});

describe('a flood of invalid requests', () => {
  it('is refused request by request, while a deal succeeds', async () => {
    const { desk: maker, port } = await up();
    const { desk: taker } = await up({ interest: () => true });
    const liar = await attacker();
    const junk = [
      null,
      { cmd: 'offer:new', body: {} },
      { cmd: 'offer:steal', body: { a: [[[[[[1]]]]]] } },
      encodeMessage({ cmd: 'offer:new', terms: { ...liar.terms('x'), maker: maker.id } }),
    ];
    const flood = Promise.all(
      Array.from({ length: 400 }, (_, index) => post(port, 'common', junk[index % junk.length]).catch(() => ['gone'])),
    );
    const won = taker.until(({ event }) => event === 'deal.won');
    const { offerId } = await maker.announce(DRAFT);
    expect(await won).toMatchObject({ offerId });
    for (const [error] of await flood) expect(error).not.toBeNull();
    expect(maker.offers().filter(({ role }) => role === 'taker')).toEqual([]);
  });
});
