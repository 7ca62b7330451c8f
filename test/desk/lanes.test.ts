import { describe, expect, it } from 'vitest';
import { Lanes } from '../../src/desk/lanes.ts';
import { settled } from '../../testing/manual-clock.ts';

describe('lanes', () => {
  const failures: unknown[] = [];
  const failed = (error: unknown): void => {
    failures.push(error);
  };

  it('run so much at a time, in order, and go on when one ends, well or not', async () => {
    const lanes = new Lanes({ atOnce: 2, waitingMax: 10, failed });
    const started: number[] = [];
    const ends: (() => void)[] = [];
    for (let index = 0; index < 4; index += 1) {
      lanes.add(async () => {
        started.push(index);
        await new Promise<void>((resolve) => ends.push(resolve));
        if (index === 0) throw new Error('the first fails');
      });
    }
    expect(started).toEqual([0, 1]);
    ends[0]?.();
    await settled();
    expect(started).toEqual([0, 1, 2]);
    expect(failures).toMatchObject([{ message: 'the first fails' }]);
    for (const end of ends) end();
    await settled();
    expect(started).toEqual([0, 1, 2, 3]);
  });

  it('take no more than may wait, and nothing once they are stopped', async () => {
    const lanes = new Lanes({ atOnce: 1, waitingMax: 2, failed });
    let done = 0;
    let end: () => void = () => undefined;
    const work = async (): Promise<void> => {
      await new Promise<void>((resolve) => (end = resolve));
      done += 1;
    };
    expect([lanes.add(work), lanes.add(work), lanes.add(work), lanes.add(work)]).toEqual([true, true, true, false]);
    lanes.stop();
    end();
    await settled();
    expect(done).toBe(1);
    expect(lanes.add(work)).toBe(false);
  });
});
