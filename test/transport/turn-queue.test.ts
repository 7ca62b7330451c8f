import { describe, expect, it } from 'vitest';
import { TurnQueue } from '../../src/transport/turn-queue.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a turn queue', () => {
  it('starts a limited number of tasks in a turn, and the rest in the next turns, alternating between groups', async () => {
    const queue = new TurnQueue(2, 10);
    const started: string[] = [];
    const add = (name: string): void => {
      if (queue.tryStart()) started.push(name);
      else queue.wait(name.charAt(0), () => started.push(name));
    };
    for (const name of ['a1', 'a2', 'a3', 'a4', 'b1', 'a5']) add(name);
    expect(started).toEqual(['a1', 'a2']);
    await nextTurn();
    expect(started).toEqual(['a1', 'a2', 'a3', 'b1']);
    // A new task does not overtake waiting ones.
    add('c1');
    await nextTurn();
    expect(started).toEqual(['a1', 'a2', 'a3', 'b1', 'a4', 'c1']);
    await nextTurn();
    expect(started.at(-1)).toBe('a5');
  });

  it('limits the tasks that wait', () => {
    const queue = new TurnQueue(1, 1);
    expect(queue.tryStart()).toBe(true);
    expect(queue.tryStart()).toBe(false);
    expect(queue.wait('a', () => undefined)).toBe(true);
    expect(queue.wait('a', () => undefined)).toBe(false);
  });
});
