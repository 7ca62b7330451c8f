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
  tidyUp,
}: { write?: (entry: string) => GrapevineError | null; tidyUp?: () => Promise<void> | null } = {}) {
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
      ...(tidyUp && { tidyUp }),
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
  it('writes all of one turn in one go, in their order, and says so when the disk has it', async () => {
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

  it('gathers while the disk works: what comes meanwhile is written and synced together afterwards', async () => {
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

  it('makes no sync for what nobody waits for; a later entry that is waited for covers it', async () => {
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

  it('can be told to sync what nobody waited for, and then has nothing more to sync', async () => {
    const { queue, turn, syncs, disk } = underTest();
    queue.addLazy('lazy');
    const synced = queue.sync();
    turn();
    await disk();
    await synced;
    await queue.sync();
    expect(syncs).toHaveLength(0);
  });

  it('writes lazy entries by itself after a moment', () => {
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

  it('rejects a bad entry alone, and keeps the others of its turn', async () => {
    const { queue, turn, disk } = underTest({ write: (entry) => (entry === 'bad' ? refusal : null) });
    const all = Promise.allSettled(['a', 'bad', 'c'].map((entry) => queue.add(entry)));
    turn();
    await disk();
    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(queue.counts).toEqual({ commits: 1, syncs: 1, entries: 2, refused: 1 });
    expect(queue.refusal).toBeNull();
  });

  it('fails when an entry that nobody waits for is refused', async () => {
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

  it('gives the event loop its turn in the middle of very many', async () => {
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

  it('lets a reader see what was added, without waiting for the disk', async () => {
    const { queue, batches, syncs, add } = underTest();
    void add('a');
    queue.addLazy('b');
    expect(await queue.read(() => batches.flat())).toEqual(['a', 'b']);
    expect(syncs).toHaveLength(0);
  });

  it('goes on gathering when a reader could see nothing of what waits', async () => {
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

  it('writes nothing while the log is being tidied up', async () => {
    let tidied = (): void => undefined;
    const { queue, batches, turn, disk, add } = underTest({ tidyUp: () => new Promise((done) => (tidied = done)) });
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

  it.each(['write', 'sync', 'tidyUp'] as const)('refuses everything once %s has failed', async (what) => {
    const { queue, turn, syncs } = underTest({
      write: () => {
        if (what === 'write') throw failure;
        return null;
      },
      tidyUp: () => (what === 'tidyUp' ? Promise.reject(failure) : null),
    });
    const all = Promise.allSettled(Array.from({ length: 600 }, (_, index) => queue.add(String(index))));
    turn();
    if (what === 'sync') syncs.shift()?.fails(failure);
    else syncs.shift()?.done();
    expect(await queue.failed).toBe(failure);
    const results = await all;
    expect(results.at(-1)).toEqual({ status: 'rejected', reason: failure });
    if (what !== 'tidyUp') expect(results[0]).toEqual({ status: 'rejected', reason: failure });
    await expect(queue.add('later')).rejects.toBe(failure);
    await expect(queue.sync()).rejects.toBe(failure);
    await expect(queue.read(() => 1)).rejects.toBe(failure);
    await queue.close(closed);
  });

  it('does not report as durable what was synced while it failed', async () => {
    const { queue, turn, syncs } = underTest();
    const added = queue.add('a');
    turn();
    queue.fail(failure);
    syncs.shift()?.done();
    await expect(added).rejects.toBe(failure);
  });

  it('writes and syncs what it has taken when it is closed, and takes nothing more', async () => {
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
