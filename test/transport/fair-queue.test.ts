import { describe, expect, it } from 'vitest';
import { FairQueue } from '../../src/transport/fair-queue.ts';

/** Tasks that end when told. */
class Tasks {
  readonly started: string[] = [];
  readonly #ends: (() => void)[] = [];

  readonly task = (name: string) => (): Promise<void> => {
    this.started.push(name);
    return new Promise((resolve) => this.#ends.push(resolve));
  };

  async endOne(): Promise<void> {
    this.#ends.shift()?.();
    await new Promise(setImmediate);
  }
}

describe('FairQueue', () => {
  it('runs so many at once and no more', async () => {
    const queue = new FairQueue(2, 10);
    const tasks = new Tasks();
    const lane = Symbol();
    for (const name of ['1', '2', '3']) void queue.run(lane, tasks.task(name));
    expect(tasks.started).toEqual(['1', '2']);
    await tasks.endOne();
    expect(tasks.started).toEqual(['1', '2', '3']);
  });

  it('lets lanes take turns', async () => {
    const queue = new FairQueue(1, 10);
    const tasks = new Tasks();
    const [crowd, single] = [Symbol('crowd'), Symbol('single')];
    for (const name of ['c1', 'c2', 'c3', 'c4']) void queue.run(crowd, tasks.task(name));
    void queue.run(single, tasks.task('s1'));
    for (let count = 0; count < 4; count++) await tasks.endOne();
    expect(tasks.started).toEqual(['c1', 'c2', 's1', 'c3', 'c4']);
  });

  it('takes so many that wait and no more', async () => {
    const queue = new FairQueue(1, 2);
    const tasks = new Tasks();
    const lane = Symbol();
    const results = ['1', '2', '3', '4'].map((name) => queue.run(lane, tasks.task(name)));
    expect(results.map((result) => result === null)).toEqual([false, false, false, true]);
    await tasks.endOne();
    expect(queue.run(lane, tasks.task('5'))).not.toBeNull();
  });

  it('gives what the task gives, and goes on after one that fails', async () => {
    const queue = new FairQueue(1, 10);
    const lane = Symbol();
    const failing = queue.run(lane, () => Promise.reject(new Error('no')));
    const fine = queue.run(lane, () => Promise.resolve(5));
    await expect(failing).rejects.toThrow('no');
    expect(await fine).toBe(5);
  });
});
