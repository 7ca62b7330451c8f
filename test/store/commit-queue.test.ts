import { describe, expect, it, vi } from 'vitest';
import { GrapevineError } from '../../src/protocol/errors.ts';
import { CommitQueue } from '../../src/store/commit-queue.ts';
import { settled } from '../../testing/manual-clock.ts';

const failure = new GrapevineError('ERR_JOURNAL_FULL', 'no room');
const refusal = new GrapevineError('ERR_JOURNAL', 'no');
const closed = new GrapevineError('ERR_JOURNAL', 'closed');

/** Written batches; turns of an event loop, and a disk, that come when they are told to. */
function underTest({
  write,
  checkpoint,
}: { write?: (entry: string) => GrapevineError | null; checkpoint?: () => Promise<void> | null } = {}) {
  const batches: string[][] = [];
  const turns: (() => void)[] = [];
  const syncs: { done: () => void; fails: (error: GrapevineError) => void }[] = [];
  const queue = new CommitQueue<string>(
    {
      write: (entries) => {
        const refusals = entries.map(write ?? (() => null));
        batches.push([...entries]);
        return refusals;
      },
      sync: () => new Promise((done, fails) => syncs.push({ done, fails })),
      ...(checkpoint && { checkpoint }),
    },
    (commit) => turns.push(commit),
  );
  /** The event loop turns, and the disk works. */
  const turn = (): void => turns.shift()?.();
  const disk = async (): Promise<void> => {
    syncs.shift()?.done();
    await settled();
  };
  const seen: string[] = [];
  const add = (entry: string): Promise<void> => queue.add(entry).then(() => void seen.push(entry));
  return { queue, batches, turns, turn, syncs, disk, seen, add };
}

describe('a commit queue', () => {
  it('writes all entries of one turn in one transaction, in order, and resolves after the sync', async () => {
    const { queue, batches, turn, syncs, disk, seen, add } = underTest();
    for (const entry of ['a', 'b', 'c']) void add(entry);
    await settled();
    expect([batches, syncs.length]).toEqual([[], 0]);
    turn();
    await settled();
    expect([batches, seen, syncs.length]).toEqual([[['a', 'b', 'c']], [], 1]);
    await disk();
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(queue.counts).toEqual({ commits: 1, syncs: 1, entries: 3, refused: 0 });
  });

  it('collects entries during a sync, then writes and syncs them together', async () => {
    const { batches, turn, turns, syncs, disk, seen, add } = underTest();
    void add('a');
    turn();
    void add('b');
    void add('c');
    await settled();
    expect([batches, turns.length]).toEqual([[['a']], 0]);
    await disk();
    turn();
    expect([batches, seen, syncs.length]).toEqual([[['a'], ['b', 'c']], ['a'], 1]);
    await disk();
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('makes no sync for lazy entries; that of a later entry covers them', async () => {
    const { queue, batches, turn, syncs, disk, seen, add } = underTest();
    queue.addLazy('lazy');
    turn();
    await settled();
    expect([batches, syncs.length]).toEqual([[['lazy']], 0]);
    queue.addLazy('second');
    void add('a');
    turn();
    expect([batches, syncs.length]).toEqual([[['lazy'], ['second', 'a']], 1]);
    await disk();
    expect(seen).toEqual(['a']);
  });

  it('syncs lazy entries on request, and then has nothing more to sync', async () => {
    const { queue, turn, syncs, disk } = underTest();
    queue.addLazy('lazy');
    const synced = queue.sync();
    turn();
    await disk();
    await synced;
    await queue.sync();
    expect(syncs).toHaveLength(0);
  });

  it('writes lazy entries after a short time', () => {
    vi.useFakeTimers();
    try {
      const batches: string[][] = [];
      const write = (entries: readonly string[]): null[] => {
        batches.push([...entries]);
        return entries.map(() => null);
      };
      const queue = new CommitQueue<string>({ write, sync: () => Promise.reject(failure) });
      queue.addLazy('a');
      queue.addLazy('b');
      vi.advanceTimersByTime(100);
      expect(batches).toEqual([['a', 'b']]);
      for (let index = 0; index < 512; index += 1) queue.addLazy('many');
      vi.advanceTimersByTime(0);
      expect(batches.map(({ length }) => length)).toEqual([2, 512]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('rejects only the invalid entry of a turn', async () => {
    const { queue, turn, disk } = underTest({ write: (entry) => (entry === 'bad' ? refusal : null) });
    const all = Promise.allSettled(['a', 'bad', 'c'].map((entry) => queue.add(entry)));
    turn();
    await disk();
    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(queue.counts).toEqual({ commits: 1, syncs: 1, entries: 2, refused: 1 });
    expect(queue.refusal).toBeNull();
  });

  it('fails when a lazy entry is rejected', async () => {
    const { queue, turn } = underTest({ write: (entry) => (entry === 'bad' ? refusal : null) });
    queue.addLazy('bad');
    const later = queue.add('later');
    turn();
    await expect(later).rejects.toBe(refusal);
    expect(await queue.failed).toBe(refusal);
    expect(() => {
      queue.addLazy('x');
    }).toThrow(refusal);
  });

  it('does not block the event loop with very many entries', async () => {
    const { batches, turn, turns, queue } = underTest();
    for (let index = 0; index < 1_100; index += 1) queue.addLazy(String(index));
    for (let count = 1; count <= 3; count += 1) {
      expect(turns).toHaveLength(1);
      turn();
      await settled();
      expect(batches).toHaveLength(count);
    }
    expect(batches.map(({ length }) => length)).toEqual([512, 512, 76]);
    expect(turns).toHaveLength(0);
  });

  it('lets a reader see what was added, without waiting for a sync', async () => {
    const { queue, batches, syncs, add } = underTest();
    void add('a');
    queue.addLazy('b');
    expect(await queue.read(() => batches.flat())).toEqual(['a', 'b']);
    expect(syncs).toHaveLength(0);
  });

  it('writes nothing for a reader that no pending entry concerns', async () => {
    const { queue, batches, turn, add } = underTest();
    for (const entry of ['a', 'b']) void add(entry);
    await queue.read(
      () => null,
      (entry) => entry === 'c',
    );
    expect(batches).toEqual([]);
    expect(
      await queue.read(
        () => batches.flat(),
        (entry) => entry === 'b',
      ),
    ).toEqual(['a', 'b']);
    turn();
    expect(batches).toEqual([['a', 'b']]);
  });

  it('writes nothing during a checkpoint', async () => {
    let tidied = (): void => undefined;
    const { queue, batches, turn, disk, add } = underTest({ checkpoint: () => new Promise((done) => (tidied = done)) });
    void add('a');
    turn();
    await disk();
    void add('b');
    const read = queue.read(() => batches.flat());
    await settled();
    expect(batches).toEqual([['a']]);
    tidied();
    expect(await read).toEqual(['a', 'b']);
  });

  it.each(['write', 'sync', 'checkpoint'] as const)('refuses everything once %s has failed', async (what) => {
    const { queue, turn, syncs } = underTest({
      write: () => {
        if (what === 'write') throw failure;
        return null;
      },
      checkpoint: () => (what === 'checkpoint' ? Promise.reject(failure) : null),
    });
    const all = Promise.allSettled(Array.from({ length: 600 }, (_, index) => queue.add(String(index))));
    turn();
    if (what === 'sync') syncs.shift()?.fails(failure);
    else syncs.shift()?.done();
    expect(await queue.failed).toBe(failure);
    const results = await all;
    expect(results.at(-1)).toEqual({ status: 'rejected', reason: failure });
    if (what !== 'checkpoint') expect(results[0]).toEqual({ status: 'rejected', reason: failure });
    await expect(queue.add('later')).rejects.toBe(failure);
    await expect(queue.sync()).rejects.toBe(failure);
    await expect(queue.read(() => 1)).rejects.toBe(failure);
    await queue.close(closed);
  });

  it('fails when it cannot find out whether a checkpoint is due', async () => {
    const { queue, turn, disk } = underTest({
      checkpoint: () => {
        throw failure;
      },
    });
    void queue.add('a');
    turn();
    await disk();
    expect(queue.refusal).toBe(failure);
    await queue.close(closed);
  });

  it('does not report entries as durable when it failed during their sync', async () => {
    const { queue, turn, syncs } = underTest();
    const added = queue.add('a');
    turn();
    queue.fail(failure);
    syncs.shift()?.done();
    await expect(added).rejects.toBe(failure);
  });

  it('writes and syncs the pending entries when it is closed, and rejects new ones', async () => {
    const { queue, batches, disk, add, seen } = underTest();
    void add('a');
    queue.addLazy('b');
    const closing = queue.close(closed);
    await expect(queue.add('late')).rejects.toBe(closed);
    await disk();
    await closing;
    expect([batches, seen]).toEqual([[['a', 'b']], ['a']]);
  });
});
