/** Limits that hang together. Each line is a reason why one of them cannot be changed alone. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';

const L = LIMITS;
/** A stock grape forgets an announcement after 80 s at the earliest. */
const GRAPE_FORGETS_MS = 80_000;
/** Base64 makes three bytes into four characters. */
const BASE64 = 4 / 3;

describe('limits', () => {
  it.each<[string, number, number]>([
    [
      'a connection that does not fit is refused by us, not left hanging by the system',
      L.connectionsMax,
      L.listenBacklog,
    ],
    ['the same for the API of a grape', L.grapeConnectionsMax, L.listenBacklog],
    ['the same for the control API', L.controlConnectionsMax, L.listenBacklog],
    ['one address leaves room for others', L.connectionsFromAddressMax, L.connectionsMax],
    ['loopback leaves room for others', L.connectionsFromLoopbackMax, L.connectionsMax],
    ['a connection that fails leaves time for another address', L.connectTimeoutMs, L.requestTimeoutMs],
    ['a lookup survives a dead neighbour', L.grapeQueryTimeoutMs, L.grapeTimeoutMs],
    ['an announcement is repeated before a grape forgets it', L.announceIntervalMs, GRAPE_FORGETS_MS],
    ['what is sealed still fits into a body', L.sealedTextMaxBytes * BASE64 + L.sealedBlockBytes, L.bodyMaxBytes],
    ['a page of offers fits into what can be sealed', L.listPageMaxBytes, L.sealedTextMaxBytes],
    ['details with every character escaped fit into a body', L.detailsMaxBytes * 6, L.bodyMaxBytes],
    ['links are renewed before the other side ends them', L.meshUpkeepMs, L.meshLinkMs],
    ['links of our own leave room for those of others', L.meshOwnLinks, L.meshLinksMax],
    ['a desk says hello before it is taken for gone', L.helloMaxMs, L.staleAfterMs],
    ['a hello is good between clocks that differ as much as we allow', L.clockSkewMs, L.helloWindowMs],
    ['one maker cannot fill a book', L.seenOffersPerMakerMax, L.seenOffersMax],
    ['an idle connection may give way before it is closed for being idle', L.connectionIdleMinMs, L.keepAliveTimeoutMs],
  ])('%s', (_why, smaller, greater) => {
    expect(smaller).toBeLessThan(greater);
  });

  it.each<[string, number, number]>([
    ['all offers that we keep of a maker can be listed', L.listPagesMax * L.listPageMax, L.seenOffersPerMakerMax],
    ['the whole book can be listed', L.bookPagesMax * L.listPageMax, L.seenOffersMax],
    ['the longest list can be compared twice a minute', L.listsPerPeerPerMinute, 2 * L.listPagesMax],
  ])('%s', (_why, greater, smaller) => {
    expect(greater).toBeGreaterThanOrEqual(smaller);
  });

  const pairs = Object.keys(LIMITS).filter((name) => /Min(?=Ms|Bytes|Length)?(Ms|Bytes|Length)?$/.test(name));
  it.each(pairs.filter((name) => name.replace('Min', 'Max') in LIMITS))('%s is at most its Max', (name) => {
    const values = LIMITS as Readonly<Record<string, number>>;
    expect(values[name]).toBeLessThanOrEqual(values[name.replace('Min', 'Max')] ?? 0);
  });

  it('have unique names in all folders', () => {
    const rooms = ['protocol', 'transport', 'grenache', 'hyperdht', 'identity', 'desk', 'rules', 'config', 'control'];
    const names = rooms.flatMap((room) => {
      const source = readFileSync(new URL(`../../src/${room}/limits.ts`, import.meta.url), 'utf8');
      return [...source.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name);
    });
    expect(names.sort()).toEqual(Object.keys(LIMITS).sort());
  });
});
