import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { NETWORK_SCOPES, NetworkPolicy, type NetworkScope } from '../../../src/grenache/discovery/network-policy.ts';
import { silentLog, type Log, type LogFields } from '../../../src/ports/log.ts';
import { LIMITS } from '../../../src/composition/limits.ts';

function policy(scope: NetworkScope, forbidden: readonly string[] = []): NetworkPolicy {
  return new NetworkPolicy({ scope, log: silentLog, forbidden });
}

function permits(scope: NetworkScope, host: string): boolean {
  return policy(scope).refusalOf(`${host}:5000`) === null;
}

const PERMITTED: readonly (readonly [host: string, scopes: readonly NetworkScope[]])[] = [
  ['127.0.0.1', ['local', 'lan', 'mixed']],
  ['127.255.255.254', ['local', 'lan', 'mixed']],
  ['10.0.0.1', ['lan', 'mixed']],
  ['10.255.255.255', ['lan', 'mixed']],
  ['172.16.0.1', ['lan', 'mixed']],
  ['172.31.255.255', ['lan', 'mixed']],
  ['192.168.1.1', ['lan', 'mixed']],
  ['100.64.0.1', ['lan', 'mixed']],
  ['100.127.255.255', ['lan', 'mixed']],
  ['8.8.8.8', ['public', 'mixed']],
  ['1.1.1.1', ['public', 'mixed']],
  ['9.255.255.255', ['public', 'mixed']],
  ['11.0.0.0', ['public', 'mixed']],
  ['100.63.255.255', ['public', 'mixed']],
  ['100.128.0.0', ['public', 'mixed']],
  ['126.255.255.255', ['public', 'mixed']],
  ['128.0.0.0', ['public', 'mixed']],
  ['172.15.255.255', ['public', 'mixed']],
  ['172.32.0.0', ['public', 'mixed']],
  ['192.167.255.255', ['public', 'mixed']],
  ['223.255.255.255', ['public', 'mixed']],
];

const NEVER = [
  '0.0.0.0',
  '0.1.2.3',
  '169.254.169.254',
  '169.254.170.2',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  '192.0.2.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.7',
  '203.0.113.7',
  '192.88.99.1',
  '224.0.0.1',
  '239.255.255.250',
  '240.0.0.1',
  '255.255.255.255',
];

describe('the network policy', () => {
  it.each(PERMITTED)('%s is permitted only in %j', (host, scopes) => {
    expect(NETWORK_SCOPES.filter((scope) => permits(scope, host))).toEqual(scopes);
  });

  it.each(NEVER)('%s is never permitted', (host) => {
    expect(NETWORK_SCOPES.filter((scope) => permits(scope, host))).toEqual([]);
  });

  it.each(['', 'localhost:80', '127.0.0.1', '127.0.0.1:0', '127.1:80', '2130706433:80', '[::1]:80', '127.0.0.1:80/x'])(
    '"%s" is not an address',
    (address) => {
      expect(policy('mixed').refusalOf(address)?.code).toBe('ERR_ADDRESS_REFUSED');
    },
  );

  it('rejects an unknown scope', () => {
    expect(() => policy('everything' as NetworkScope)).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }));
  });

  describe('a forbidden port', () => {
    const control = '127.0.0.1:7777';
    const ours = Object.values(networkInterfaces())
      .flatMap((entries) => entries ?? [])
      .filter(({ family }) => family === 'IPv4')
      .map(({ address }) => address);

    it.each(['127.0.0.1', '127.0.0.2', '127.1.2.3', ...ours])(
      'is forbidden at every address of this machine: %s',
      (host) => {
        const restricted = policy('mixed', [control]);
        expect(restricted.refusalOf(`${host}:7777`)).not.toBeNull();
        expect(restricted.refusalOf('127.0.0.1:7778')).toBeNull();
      },
    );

    it('is permitted on other machines', () => {
      expect(policy('mixed', [control]).refusalOf('8.8.8.8:7777')).toBeNull();
    });

    it('can be on another machine, and is then forbidden only there', () => {
      const restricted = policy('mixed', ['10.1.1.1:80']);
      expect(restricted.refusalOf('10.1.1.1:80')).not.toBeNull();
      expect(restricted.refusalOf('10.1.1.2:80')).toBeNull();
      expect(restricted.refusalOf('127.0.0.1:80')).toBeNull();
    });

    it('may belong to a service that listens on all interfaces', () => {
      expect(policy('mixed', ['0.0.0.0:7777']).refusalOf('127.0.0.1:7777')).not.toBeNull();
    });

    it('can be forbidden later', () => {
      const growing = policy('local');
      expect(growing.refusalOf(control)).toBeNull();
      growing.forbid(control);
      expect(growing.refusalOf(control)).not.toBeNull();
    });

    it.each(['', 'localhost:80', '127.0.0.1', '127.0.0.1:70000'])('rejects "%s"', (address) => {
      expect(() => policy('local', [address])).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }));
    });
  });

  describe('from the addresses of a lookup', () => {
    const portsOf = (host: string, count: number): string[] =>
      Array.from({ length: count }, (_, index) => `${host}:${index + 1}`);

    it('selects the permitted addresses in the same order', () => {
      expect(policy('lan').select(['8.8.8.8:1', '10.0.0.1:2', '169.254.169.254:80', '127.0.0.1:3'])).toEqual([
        '10.0.0.1:2',
        '127.0.0.1:3',
      ]);
    });

    it('leaves room for other hosts beside 65,000 ports of one host', () => {
      const selected = policy('public').select([...portsOf('8.8.8.8', 65_000), '9.9.9.9:5000']);
      expect(selected).toHaveLength(LIMITS.addressesPerHostMax + 1);
      expect(selected.at(-1)).toBe('9.9.9.9:5000');
    });

    it('has a higher limit for loopback, which leaves room as well', () => {
      const selected = policy('local').select([...portsOf('127.0.0.1', 300), '127.0.0.2:1']);
      expect(selected).toHaveLength(LIMITS.addressesOfLoopbackMax + 1);
      expect(LIMITS.addressesOfLoopbackMax).toBeLessThan(LIMITS.addressesPerLookupMax);
    });

    it('limits the number of addresses', () => {
      const hosts = Array.from({ length: 1_000 }, (_, index) => `9.9.${index >> 8}.${index % 256}:1`);
      expect(policy('public').select(hosts)).toHaveLength(LIMITS.addressesPerLookupMax);
    });
  });

  it('counts every refusal, and warns once for each of a limited number of addresses', () => {
    const lines: (readonly [string, string, LogFields | undefined])[] = [];
    const log: Log = { write: (...line) => lines.push([line[0], line[1], line[2]]) };
    const noisy = new NetworkPolicy({ scope: 'local', log });
    for (let count = 0; count < 3; count++) noisy.refusalOf('8.8.8.8:80');
    expect(noisy.refusals).toBe(3);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toEqual([
      'warn',
      'address.refused',
      {
        address: '8.8.8.8:80',
        code: 'ERR_ADDRESS_REFUSED',
        reason: 'it is outside of what "--network local" permits',
      },
    ]);
    for (let port = 1; port <= 1_000; port++) noisy.refusalOf(`9.9.9.9:${port}`);
    expect(noisy.refusals).toBe(1_003);
    expect(lines.filter(([level]) => level === 'warn')).toHaveLength(256);
  });
});
