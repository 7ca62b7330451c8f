import { describe, expect, it } from 'vitest';
import { PacketBudget } from '../../../src/grenache/grapes/packet-budget.ts';
import { LIMITS } from '../../../src/composition/limits.ts';

describe('the packets that a grape reads', () => {
  it('are limited for each address separately', () => {
    const budget = new PacketBudget();
    for (let count = 0; count < LIMITS.grapePacketsPerAddress; count++) expect(budget.take('8.8.8.8', 0)).toBe(true);
    expect(budget.take('8.8.8.8', 999)).toBe(false);
    expect(budget.take('9.9.9.9', 999)).toBe(true);
    expect(budget.take('8.8.8.8', 1_000)).toBe(true);
  });

  it('are not limited from loopback', () => {
    const budget = new PacketBudget();
    for (let count = 0; count < 10_000; count++) expect(budget.take('127.0.0.1', 0)).toBe(true);
  });

  it('use limited memory despite forged addresses', () => {
    const budget = new PacketBudget();
    let taken = 0;
    for (let address = 0; address < 100_000; address++) {
      if (budget.take(`9.${address >> 16}.${(address >> 8) % 256}.${address % 256}`, 0)) taken++;
    }
    expect(budget.size).toBe(LIMITS.grapeAddressesCounted + 1);
    expect(taken).toBe(LIMITS.grapeAddressesCounted + LIMITS.grapePacketsPerAddress);
  });
});
