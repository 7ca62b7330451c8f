import { describe, expect, it } from 'vitest';
import { ConcurrencyLimiter } from '../../src/transport/concurrency-limiter.ts';

/** Tasks that end with `endOne`. */
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

describe('a concurrency limiter', () => {
  it('limits the tasks that run at once', async () => {
    const limiter = new ConcurrencyLimiter({ concurrency: 2, waitingMax: 10 });
    const tasks = new Tasks();
    for (const name of ['1', '2', '3']) void limiter.run(tasks.task(name));
    expect(tasks.started).toEqual(['1', '2']);
    await tasks.endOne();
    expect(tasks.started).toEqual(['1', '2', '3']);
  });

  it('lets groups take turns', async () => {
    const limiter = new ConcurrencyLimiter({ concurrency: 1, waitingMax: 10 });
    const tasks = new Tasks();
    const [crowd, single] = [Symbol('crowd'), Symbol('single')];
    for (const name of ['c1', 'c2', 'c3', 'c4']) void limiter.run(tasks.task(name), crowd);
    void limiter.run(tasks.task('s1'), single);
    for (let count = 0; count < 4; count++) await tasks.endOne();
    expect(tasks.started).toEqual(['c1', 'c2', 's1', 'c3', 'c4']);
  });

  it('limits the tasks that wait', async () => {
    const limiter = new ConcurrencyLimiter({ concurrency: 1, waitingMax: 2 });
    const tasks = new Tasks();
    const results = ['1', '2', '3', '4'].map((name) => limiter.run(tasks.task(name)));
    expect(results.map((result) => result === null)).toEqual([false, false, false, true]);
    await tasks.endOne();
    expect(limiter.run(tasks.task('5'))).not.toBeNull();
  });

  it('returns the result of the task, and continues after a failing task', async () => {
    const limiter = new ConcurrencyLimiter({ concurrency: 1, waitingMax: 10 });
    const failing = limiter.run(() => Promise.reject(new Error('no')));
    const fine = limiter.run(() => Promise.resolve(5));
    await expect(failing).rejects.toThrow('no');
    expect(await fine).toBe(5);
  });

  it('rejects new tasks after a stop, and drops waiting ones', async () => {
    const limiter = new ConcurrencyLimiter({ concurrency: 1, waitingMax: 10 });
    const tasks = new Tasks();
    const results = ['1', '2'].map((name) => limiter.run(tasks.task(name)));
    limiter.stop();
    await tasks.endOne();
    await results[0];
    expect(tasks.started).toEqual(['1']);
    expect(limiter.run(tasks.task('3'))).toBeNull();
  });
});
