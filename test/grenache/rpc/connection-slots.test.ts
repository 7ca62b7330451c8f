import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ConnectionSlots } from '../../../src/grenache/rpc/connection-slots.ts';
import { LIMITS } from '../../../src/composition/limits.ts';

class Connection extends EventEmitter {
  isOpen = true;

  destroy(): void {
    this.isOpen = false;
    // As a socket does: later.
    queueMicrotask(() => this.emit('close'));
  }

  get socket(): Socket {
    return this as unknown as Socket;
  }
}

function setUp(max: number) {
  const clock = { nowMs: 0 };
  const slots = new ConnectionSlots(max, () => clock.nowMs);
  const open = (): Connection | null => {
    const connection = new Connection();
    return slots.take(connection.socket) ? connection : null;
  };
  return { clock, slots, open };
}

describe('the slots of connections', () => {
  it('are limited while no connection is idle for long enough', () => {
    const { open } = setUp(2);
    expect([open(), open()]).not.toContain(null);
    expect(open()).toBeNull();
  });

  it('are taken from the connection that is idle longest', () => {
    const { clock, open, slots } = setUp(2);
    const first = open();
    clock.nowMs += 1;
    const second = open();
    clock.nowMs += LIMITS.connectionIdleMinMs;
    expect(open()).not.toBeNull();
    expect([first?.isOpen, second?.isOpen]).toEqual([false, true]);
    expect(slots.size).toBe(2);
  });

  it('are not taken from a connection with a request in progress, which is idle only after its answer', () => {
    const { clock, open, slots } = setUp(1);
    const busy = open();
    if (busy === null) throw new Error('there is room');
    slots.begin(busy.socket);
    clock.nowMs += LIMITS.connectionIdleMinMs * 10;
    expect(open()).toBeNull();
    slots.end(busy.socket);
    expect(open()).toBeNull();
    clock.nowMs += LIMITS.connectionIdleMinMs;
    expect(open()).not.toBeNull();
    expect(busy.isOpen).toBe(false);
  });

  it('are free again when a connection closes', () => {
    const { open } = setUp(1);
    open()?.emit('close');
    expect(open()).not.toBeNull();
  });
});
