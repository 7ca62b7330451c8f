import { describe, expect, it } from 'vitest';
import { DeskMetrics } from '../../src/control/metrics.ts';
import type { OfferId, PeerId } from '../../src/protocol/ids.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import type { OfferTerms } from '../../src/protocol/messages.ts';
import type { Notice } from '../../src/protocol/notices.ts';
import { askControl } from '../../testing/ask-control.ts';
import { startControl } from '../../testing/control-world.ts';

type Said = Notice extends infer One ? (One extends Notice ? Omit<One, 'offerId' | 'maker'> : never) : never;

class Measured {
  nowMs = 1_000;
  loads = { openOwn: 1, openOthers: 2, inDoubt: 3, peers: 4, queues: { inbox: 5 } };
  readonly metrics = new DeskMetrics({ loads: () => this.loads, now: () => this.nowMs });

  notify(said: Said, offerId = 'abcd'): void {
    this.metrics.notice({ ...said, offerId: offerId as OfferId, maker: 'm' as PeerId, verified: true });
  }

  /** Value of one line; undefined when there is none. */
  async read(name: string): Promise<number | undefined> {
    const line = (await this.metrics.render()).split('\n').find((text) => text.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  }
}

const TAKER = 't' as PeerId;

describe('metrics', () => {
  it('count deals by role and outcome, from 0', async () => {
    const measured = new Measured();
    expect(await measured.read('grapevine_deals_total{role="taker",outcome="won"}')).toBe(0);
    measured.notify({ event: 'deal.awarded', taker: TAKER, epoch: 1, byHand: false });
    measured.notify({ event: 'deal.won', epoch: 1 });
    measured.notify({ event: 'deal.lost', reason: 'taken', gaveUp: false });
    measured.notify({ event: 'deal.lost', reason: 'unreachable', gaveUp: true });
    measured.notify({ event: 'offer.cancelled' });
    measured.notify({ event: 'offer.expired' });
    measured.notify({ event: 'acceptance.withdrawn' });
    for (const [role, outcome] of [
      ['maker', 'awarded'],
      ['maker', 'cancelled'],
      ['maker', 'expired'],
      ['taker', 'won'],
      ['taker', 'lost'],
      ['taker', 'gave_up'],
      ['taker', 'withdrawn'],
    ] as const) {
      expect(await measured.read(`grapevine_deals_total{role="${role}",outcome="${outcome}"}`), outcome).toBe(1);
    }
    expect(await measured.read('grapevine_losses_total{reason="unreachable"}')).toBe(1);
  });

  it('count reports, and those that are overdue, from 0', async () => {
    const measured = new Measured();
    expect(await measured.read('grapevine_reports_total{by="taker",outcome="overdue"}')).toBe(0);
    measured.notify({ event: 'deal.overdue', taker: TAKER });
    measured.notify({ event: 'deal.failed', by: 'maker' });
    expect(await measured.read('grapevine_reports_total{by="taker",outcome="overdue"}')).toBe(1);
    expect(await measured.read('grapevine_reports_total{by="maker",outcome="failed"}')).toBe(1);
    expect(await measured.read('grapevine_reports_total{by="taker",outcome="done"}')).toBe(0);
  });

  it('measure the time from the offer to the award, and from the first acceptance to the deal', async () => {
    const measured = new Measured();
    measured.notify({ event: 'offer.opened', terms: {} as OfferTerms });
    measured.notify({ event: 'acceptance.sent', attempt: 1 }, 'beef');
    measured.nowMs += 250;
    measured.notify({ event: 'acceptance.sent', attempt: 2 }, 'beef');
    measured.nowMs += 250;
    measured.notify({ event: 'deal.awarded', taker: TAKER, epoch: 1, byHand: false });
    measured.notify({ event: 'deal.won', epoch: 1 }, 'beef');
    for (const name of ['award', 'win']) {
      expect(await measured.read(`grapevine_${name}_seconds_sum`)).toBe(0.5);
      expect(await measured.read(`grapevine_${name}_seconds_count`)).toBe(1);
    }
  });

  it('measure nothing for offers that began before the start, or ended in another way', async () => {
    const measured = new Measured();
    measured.notify({ event: 'deal.awarded', taker: TAKER, epoch: 1, byHand: false });
    measured.notify({ event: 'offer.opened', terms: {} as OfferTerms }, 'beef');
    measured.notify({ event: 'offer.expired' }, 'beef');
    measured.notify({ event: 'deal.awarded', taker: TAKER, epoch: 1, byHand: true }, 'beef');
    expect(await measured.read('grapevine_award_seconds_count')).toBe(0);
  });

  it('remember a limited number of start times, and forget the oldest', async () => {
    const measured = new Measured();
    for (let offer = 0; offer <= LIMITS.measuredOffersMax; offer += 1)
      measured.notify({ event: 'offer.opened', terms: {} as OfferTerms }, `o${offer}`);
    measured.notify({ event: 'deal.awarded', taker: TAKER, epoch: 1, byHand: false }, 'o0');
    expect(await measured.read('grapevine_award_seconds_count')).toBe(0);
    measured.notify({ event: 'deal.awarded', taker: TAKER, epoch: 1, byHand: false }, 'o1');
    expect(await measured.read('grapevine_award_seconds_count')).toBe(1);
  });

  it('count refusals by code, ended reservations, contradictions, and addresses of broadcasts', async () => {
    const measured = new Measured();
    measured.notify({ event: 'acceptance.retry', attempt: 1, reason: 'ERR_QUEUE_FULL', inMs: 5 });
    measured.metrics.refused('ERR_SIGNATURE');
    measured.notify({ event: 'award.released', taker: TAKER, epoch: 1, reason: 'silent' });
    measured.notify({ event: 'peer.contradiction', text: 'x' });
    measured.metrics.notice({ event: 'peer.equivocated', maker: TAKER, offerId: 'a' as OfferId });
    measured.metrics.notice({
      event: 'offer.announced',
      offerId: 'a' as OfferId,
      reached: 3,
      unreachable: 2,
      refused: 0,
    });
    expect(await measured.read('grapevine_refusals_total{code="ERR_QUEUE_FULL"}')).toBe(1);
    expect(await measured.read('grapevine_refusals_total{code="ERR_SIGNATURE"}')).toBe(1);
    expect(await measured.read('grapevine_reservations_released_total{reason="silent"}')).toBe(1);
    expect(await measured.read('grapevine_peer_contradictions_total')).toBe(1);
    expect(await measured.read('grapevine_peer_equivocations_total')).toBe(1);
    expect(await measured.read('grapevine_broadcast_addresses_total{result="reached"}')).toBe(3);
    expect(await measured.read('grapevine_broadcast_addresses_total{result="unreached"}')).toBe(2);
  });

  it('report the sizes of queues and books at the time of the request', async () => {
    const measured = new Measured();
    expect(await measured.read('grapevine_offers_open{whose="own"}')).toBe(1);
    measured.loads = { openOwn: 10, openOthers: 20, inDoubt: 30, peers: 40, queues: { inbox: 50 } };
    expect(await measured.read('grapevine_offers_open{whose="own"}')).toBe(10);
    expect(await measured.read('grapevine_offers_open{whose="others"}')).toBe(20);
    expect(await measured.read('grapevine_deals_in_doubt')).toBe(30);
    expect(await measured.read('grapevine_peers')).toBe(40);
    expect(await measured.read('grapevine_queue_depth{queue="inbox"}')).toBe(50);
    expect(await measured.read('process_start_time_seconds')).toBeGreaterThan(0);
  });

  it('are served in the format of Prometheus, and count the notices of the desk', async () => {
    const world = await startControl();
    world.desk.notify({ event: 'offer.announced', offerId: 'a' as OfferId, reached: 3, unreachable: 0, refused: 0 });
    const { status, headers, text } = await askControl(world, { path: '/metrics' });
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text).toContain('grapevine_broadcast_addresses_total{result="reached"} 3\n');
    // The format that Prometheus reads: comments, or a name with labels and a value.
    const line = /^(?:# (?:HELP|TYPE) .+|[a-z0-9_]+(?:\{(?:[a-z0-9_]+="[^"]*",?)+\})? (?:[-+.\deE]+|NaN|\+Inf))$/;
    expect(text.split('\n').filter((said) => said !== '' && !line.test(said))).toEqual([]);
  });
});
