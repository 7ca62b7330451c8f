/** `--wait` while its desk goes away: it says so at once, and finds out how the offer ended when the desk is back. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { waitForDeal } from '../../src/cli/follow-offer.ts';
import type { ControlClient } from '../../src/control/client.ts';
import { GrapevineError } from '../../src/protocol/errors.ts';
import type { OfferId, PeerId } from '../../src/protocol/ids.ts';
import { openControl, startControl, type ControlWorld } from '../../testing/control-world.ts';
import { PRETEND_TAKER, pretendOffer } from '../../testing/pretend-desk.ts';

const AWAY = 'The desk does not answer; trying again for 60 s. Ctrl-C stops waiting.\n';
const awarded = pretendOffer({ phase: 'awarded', taker: PRETEND_TAKER });
const [OFFER, MAKER] = [awarded.offerId as OfferId, awarded.maker as PeerId];
let out = '';
let err = '';

beforeEach(() => {
  [out, err] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += text.toString();
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += text.toString();
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** It has had its first event. */
async function waiting(
  world: ControlWorld,
  client: ControlClient = world.client(),
): Promise<{ readonly ended: Promise<void> }> {
  const offer = pretendOffer();
  world.desk.book = [offer];
  const { cursor } = await client.desk();
  const ended = waitForDeal(client, offer, cursor, false);
  world.desk.notify({ event: 'offer.announced', offerId: OFFER, reached: 1, unreachable: 0, refused: 0 });
  await vi.waitUntil(() => out !== '');
  return { ended };
}

function sayAwarded({ desk }: ControlWorld): void {
  const taker = PRETEND_TAKER as PeerId;
  desk.notify({ event: 'deal.awarded', offerId: OFFER, maker: MAKER, taker, epoch: 1, byHand: false, verified: true });
}

describe('--wait', () => {
  it('asks again for the outcome if the desk stops at that moment', async () => {
    const world = await startControl();
    const client = world.client();
    vi.spyOn(client, 'offer').mockRejectedValueOnce(new GrapevineError('ERR_CONNECTION_LOST', 'it stopped'));
    const { ended } = await waiting(world, client);
    world.desk.book = [awarded];
    sayAwarded(world);
    await ended;
    expect(err).toBe(AWAY);
  });

  it('reports soon that the desk is away, and continues when it is back', async () => {
    const world = await startControl();
    const { ended } = await waiting(world);
    await world.server.stop();
    await vi.waitUntil(() => err !== '');
    expect(err).toBe(AWAY);
    world.desk.book = [awarded];
    const { server } = await openControl({ dataDir: world.dataDir, desk: world.desk });
    await ended;
    await server.stop();
    expect(err).toBe(AWAY);
  });
});
