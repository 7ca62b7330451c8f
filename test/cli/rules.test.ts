import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import { runCommand } from '../../testing/run-command.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

const body = {
  offerId: '52934961',
  source: '118fadec118fadec',
  type: 'sell',
  amount: 1,
  pair: 'BTC/USD',
  unitPrice: 8000,
};

function offerFile(text: string): string {
  const file = join(temporaryFolder(), 'offer.json');
  writeFileSync(file, text);
  return file;
}

describe('grapevine rules test', () => {
  it('prints yes or no with the reason, for each offer', async () => {
    const file = offerFile(JSON.stringify([body, { ...body, type: 'buy' }]));
    const { code, out, err } = await runCommand(['rules', 'test', file, '--accept', 'sell', '--accept', 'buy ETH/*']);
    expect(out).toBe(
      'yes: offer 52934961 of 118fadec\n  takes          sell: the maker sells\n' +
        'no: offer 52934961 of 118fadec\n' +
        '  no-match       sell: the maker buys, it does not sell\n' +
        '  no-match       buy ETH/*: pair BTC/USD is not ETH/*\n',
    );
    expect([code, err]).toEqual([0, '']);
  });

  it('uses the rules of the config file without a flag', async () => {
    const file = offerFile(JSON.stringify(body));
    const config = join(temporaryFolder(), 'rules.toml');
    writeFileSync(config, '[[accept]]\ntype = "sell"\nprice = { max = "8000" }\n');
    const { out } = await runCommand(['rules', 'test', file, '--config', config, '--json']);
    expect(JSON.parse(out)).toEqual({
      offerId: '52934961',
      maker: '118fadec118fadec',
      take: true,
      because: [{ rule: 'sell price<=8000', outcome: 'takes', reason: 'the maker sells; price 8000 is <=8000' }],
    });
  });

  it('counts what the options --taken-amount and --taken-deals state', async () => {
    const file = offerFile(JSON.stringify(body));
    const test = ['rules', 'test', file, '--accept', 'BTC/USD daily-deals<=2', '--taken-deals'];
    expect((await runCommand([...test, '1'])).out).toMatch(/^yes/);
    expect((await runCommand([...test, '2'])).out).toMatch(/^no[^]*limit-reached/);
  });

  it.each([
    [['--accept', 'slel'], 2, /^ERR_RULE: --accept: in "slel": "slel": unknown word \(did you mean "sell"\?\)/],
    [['--accept', 'none', '--accept', 'all'], 2, /^ERR_RULE: --accept: "none" takes nothing/],
    [['--taken-amount', '1,5'], 2, /^ERR_USAGE: .*"1,5" is not a plain decimal/],
    [['--taken-deals', '-1'], 2, /^ERR_USAGE: .*whole number from 0/],
    [['--config', '/nowhere.toml'], 2, /^ERR_CONFIG: \/nowhere\.toml: there is no such file/],
  ])('with %j ends with code %s', async (args, code, message) => {
    const said = await runCommand(['rules', 'test', offerFile(JSON.stringify(body)), ...args]);
    expect(said.err).toMatch(message);
    expect([said.code, said.out]).toEqual([code, '']);
  });

  it('reads offers from standard input', () => {
    const args = ['bin/grapevine.js', 'rules', 'test', '-', '--accept', 'sell'];
    expect(execFileSync(process.execPath, args, { input: JSON.stringify(body), encoding: 'utf8' })).toMatch(
      /^yes: offer/,
    );
  });

  it('refuses what is not an offer, not a file, or too large', async () => {
    const noOffer = await runCommand(['rules', 'test', offerFile('{"type":"sell"}'), '--accept', 'all']);
    expect([noOffer.code, noOffer.err]).toEqual([
      1,
      expect.stringMatching(/^ERR_INVALID_OFFER: .*offer.json: no offer: offerId.*offers --json/),
    ]);
    const noFile = await runCommand(['rules', 'test', '/nowhere/offer.json', '--accept', 'all']);
    expect([noFile.code, noFile.err]).toEqual([
      2,
      expect.stringMatching(/^ERR_USAGE: .nowhere.offer.json: there is no such file/),
    ]);
    const large = await runCommand([
      'rules',
      'test',
      offerFile(' '.repeat(LIMITS.offerFileMaxBytes + 1)),
      '--accept',
      'all',
    ]);
    expect([large.code, large.err]).toEqual([2, expect.stringMatching(/has \d+ bytes; allowed are/)]);
  });
});
