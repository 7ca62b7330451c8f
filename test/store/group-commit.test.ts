import { describe, expect, it } from 'vitest';
import { GrapevineError } from '../../src/protocol/errors.ts';
import { GroupCommit } from '../../src/store/group-commit.ts';

/** Written batches, and turns of an event loop that come when they are told to. */
function groupUnderTest(answer: (entry: string) => GrapevineError | null = () => null) {
  const batches: string[][] = [];
  const turns: (() => void)[] = [];
  const group = new GroupCommit<string>(
    (entries) => {
      batches.push([...entries]);
      return entries.map(answer);
    },
    (commit) => turns.push(commit),
  );
  return { group, batches, turns, turn: () => turns.shift()?.() };
}

const failure = new GrapevineError('ERR_JOURNAL_FULL', 'no room');

describe('a group commit', () => {
  it('writes all of one turn in one go, in their order, and only then says so', async () => {
    const { group, batches, turns, turn } = groupUnderTest();
    const settled: string[] = [];
    const all = ['a', 'b', 'c'].map((entry) => group.add(entry).then(() => settled.push(entry)));
    await Promise.resolve();
    expect([batches, settled, turns.length]).toEqual([[], [], 1]);
    turn();
    await Promise.all(all);
    expect([batches, settled]).toEqual([[['a', 'b', 'c']], ['a', 'b', 'c']]);
    expect(group.counts).toEqual({ commits: 1, entries: 3, refused: 0 });
  });

  it('asks for a turn again after one', async () => {
    const { group, batches, turn } = groupUnderTest();
    for (const entry of ['a', 'b']) {
      const added = group.add(entry);
      turn();
      await added;
    }
    expect(batches).toEqual([['a'], ['b']]);
  });

  it('refuses one alone', async () => {
    const refusal = new GrapevineError('ERR_JOURNAL', 'no');
    const { group, turn } = groupUnderTest((entry) => (entry === 'bad' ? refusal : null));
    const all = Promise.allSettled(['a', 'bad', 'c'].map((entry) => group.add(entry)));
    turn();
    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(group.counts).toEqual({ commits: 1, entries: 2, refused: 1 });
    expect(group.failure).toBeNull();
  });

  it('gives the event loop its turn in the middle of very many', async () => {
    const { group, batches, turn, turns } = groupUnderTest();
    const all = Promise.all(Array.from({ length: 1_100 }, (_, index) => group.add(String(index))));
    turn();
    expect([batches.length, turns.length]).toEqual([1, 1]);
    turn();
    turn();
    await all;
    expect(batches.map(({ length }) => length)).toEqual([512, 512, 76]);
    expect(turns).toHaveLength(0);
  });

  it('writes what waits when it is told to, once', async () => {
    const { group, batches, turn } = groupUnderTest();
    const added = group.add('a');
    group.flush();
    await added;
    turn();
    expect(batches).toEqual([['a']]);
  });

  it('refuses everything once a commit has failed: what was written is not known', async () => {
    const turns: (() => void)[] = [];
    let attempts = 0;
    const group = new GroupCommit<string>(
      () => {
        attempts += 1;
        throw failure;
      },
      (commit) => turns.push(commit),
    );
    const all = Promise.allSettled(Array.from({ length: 600 }, (_, index) => group.add(String(index))));
    turns.shift()?.();
    for (const result of await all) expect(result).toEqual({ status: 'rejected', reason: failure });
    await expect(group.add('later')).rejects.toBe(failure);
    expect([attempts, group.failure]).toEqual([1, failure]);
    expect(group.counts).toEqual({ commits: 0, entries: 0, refused: 0 });
  });
});
