import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ControlEvent } from '../../src/control/contract.ts';
import type { DeskNotice } from '../../src/desk/desk-events.ts';
import type { OfferId, PeerId } from '../../src/protocol/ids.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { askControl } from '../../testing/ask-control.ts';
import { startControl, type ControlWorld } from '../../testing/control-world.ts';

/** The n-th thing that a desk says. */
function notice(number: number): DeskNotice {
  return {
    event: 'offer.announced',
    offerId: `offer-${number}` as OfferId,
    reached: number,
    unreachable: 0,
    refused: 0,
  };
}

function say(world: ControlWorld, from: number, to = from): void {
  for (let number = from; number <= to; number += 1) world.desk.notify(notice(number));
}

/** A reader as curl is one: the text as it comes. */
class RawReader {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  text = '';
  #changed: (() => void) | null = null;

  constructor(world: ControlWorld, after?: string, headers = '') {
    const query = after === undefined ? '' : `?after=${after}`;
    this.socket = connect(world.socketPath, () => {
      this.socket.write(`GET /v1/events${query} HTTP/1.1\r\nhost: desk\r\n${headers}\r\n`);
    });
    this.socket.on('data', (chunk) => {
      this.text += chunk.toString();
      this.#changed?.();
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', () => {
        resolve();
      });
    });
    onTestFinished(() => {
      this.socket.destroy();
    });
  }

  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.text)) await new Promise<void>((resolve) => (this.#changed = resolve));
    return this.text;
  }

  /** Ids of the events so far. */
  get cursors(): string[] {
    return [...this.text.matchAll(/^id: (.+)$/gm)].map(([, id = '']) => id);
  }
}

async function take(events: AsyncIterator<ControlEvent>, count: number): Promise<ControlEvent[]> {
  const taken: ControlEvent[] = [];
  while (taken.length < count) {
    const next = await events.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

function reached(events: readonly ControlEvent[]): (number | string)[] {
  return events.map((event) => (event.event === 'offer.announced' ? event.reached : event.event));
}

describe('the event stream, as curl sees it', () => {
  it('has an id, a name and JSON in one line for each event', async () => {
    const world = await startControl();
    const reader = new RawReader(world);
    await reader.until(/stream\.open/);
    world.desk.notify({
      event: 'deal.won',
      offerId: 'abcd' as OfferId,
      maker: 'm' as PeerId,
      epoch: 1,
      verified: true,
    });
    const text = await reader.until(/deal\.won"/);
    expect(text).toMatch(/^HTTP\/1.1 200 OK\r\ncontent-type: text\/event-stream; charset=utf-8\r\n/);
    const [, cursor = ''] = /id: ([0-9a-f]{16}-1)\n/.exec(text) ?? [];
    const at = world.clock.now();
    const data = JSON.stringify({
      event: 'deal.won',
      offerId: 'abcd',
      maker: 'm',
      epoch: 1,
      verified: true,
      at,
      cursor,
    });
    expect(text).toContain(`id: ${cursor}\nevent: deal.won\ndata: ${data}\n\n`);
  });

  it('continues after the cursor in the URL, or a later one in Last-Event-ID', async () => {
    const world = await startControl();
    say(world, 1, 5);
    const cursor = (await world.client().desk()).cursor.replace(/-5$/, '');
    const reader = new RawReader(world, `${cursor}-2`);
    await reader.until(/offer-5/);
    expect(reader.cursors).toEqual([3, 4, 5].map((number) => `${cursor}-${number}`));
    const again = new RawReader(world, `${cursor}-2`, `last-event-id: ${cursor}-4\r\n`);
    await again.until(/offer-5/);
    expect(again.cursors).toEqual([`${cursor}-5`]);
  });

  it('reports a gap when events after the cursor are no longer stored', async () => {
    const world = await startControl();
    const kept = LIMITS.controlEventsKept;
    say(world, 1, kept + 2);
    const life = (await world.client().desk()).cursor.slice(0, 16);
    const whole = new RawReader(world, `${life}-2`);
    await whole.until(new RegExp(`offer-${kept + 2}"`));
    expect(whole.text).not.toContain('stream.gap');
    expect(whole.cursors).toHaveLength(kept);
    const late = new RawReader(world, `${life}-1`);
    await late.until(new RegExp(`offer-${kept + 2}"`));
    expect(late.text).toMatch(/id: \w+-2\nevent: stream\.gap\ndata: \{"event":"stream.gap","reason":"forgotten"/);
    expect(late.cursors).toEqual([`${life}-2`, ...whole.cursors]);
  });

  it('reports a gap when the cursor is from before a restart', async () => {
    const world = await startControl();
    say(world, 1, 2);
    const reader = new RawReader(world, 'ffffffffffffffff-1');
    const text = await reader.until(/offer-2/);
    expect(text).toMatch(/-0\nevent: stream\.gap\ndata: \{"event":"stream.gap","reason":"restarted"/);
    expect(reader.cursors.map((cursor) => cursor.slice(17))).toEqual(['0', '1', '2']);
  });

  it('refuses a cursor of an event that has not happened yet', async () => {
    const world = await startControl();
    const life = (await world.client().desk()).cursor.slice(0, 16);
    const { status, json } = await askControl(world, { path: `/v1/events?after=${life}-1` });
    expect([status, json]).toMatchObject([400, { code: 'ERR_USAGE' }]);
  });

  it('sends something regularly when nothing happens', async () => {
    const world = await startControl();
    const reader = new RawReader(world);
    await reader.until(/stream\.open/);
    await world.clock.advance(LIMITS.controlHeartbeatMs);
    await reader.until(/\n\n[^]*: on\n\n/);
  });

  it('ends when the desk stops', async () => {
    const world = await startControl();
    const reader = new RawReader(world);
    await reader.until(/stream\.open/);
    say(world, 1);
    await world.server.stop();
    await reader.closed;
    expect(world.clock.alarmCount).toBe(0);
  });
});

describe('readers of the event stream', () => {
  it('that do not read are disconnected, and use no more memory than the connection buffers', async () => {
    const world = await startControl({ bounds: { eventsKept: 20_000 } });
    const slow = new RawReader(world);
    await slow.until(/stream\.open/);
    slow.socket.pause();
    // More than fits into the buffers of a socket.
    say(world, 1, 10_000);
    await world.clock.advance(LIMITS.controlStallMs - 1);
    await world.clock.advance(2);
    slow.socket.resume();
    await slow.closed;
    const got = slow.cursors.length;
    expect(got).toBeGreaterThan(0);
    expect(got).toBeLessThan(10_000);
    // It comes again with its cursor, and has missed nothing.
    const last = slow.cursors.at(-1) ?? '';
    const again = new RawReader(world, last);
    await again.until(/offer-10000"/);
    const numbers = [...new Set([...slow.cursors, ...again.cursors])].map((cursor) => Number(cursor.slice(17)));
    expect(numbers).toEqual(Array.from({ length: 10_001 }, (_, index) => index));
  });

  it('are limited in number', async () => {
    const world = await startControl({ bounds: { streamsMax: 2 } });
    const readers = [new RawReader(world), new RawReader(world)];
    for (const reader of readers) await reader.until(/stream\.open/);
    const { status, json } = await askControl(world, { path: '/v1/events' });
    expect([status, json]).toMatchObject([503, { code: 'ERR_OVERLOADED' }]);
  });

  it('that disconnect make room for others', async () => {
    const world = await startControl({ bounds: { streamsMax: 1 } });
    const first = new RawReader(world);
    await first.until(/stream\.open/);
    first.socket.destroy();
    // Its end is noticed when the other side gets round to it; until then the next one is refused.
    for (let status = 503; status === 503;) {
      const reader = new RawReader(world);
      await reader.until(/HTTP\/1\.1 \d+/);
      status = Number(/HTTP\/1\.1 (\d+)/.exec(reader.text)?.[1]);
      if (status === 503) await reader.closed.catch(() => undefined);
    }
  });

  it('have the default limits of LIMITS', async () => {
    const world = await startControl();
    const readers = Array.from({ length: LIMITS.controlStreamsMax }, () => new RawReader(world));
    for (const reader of readers) await reader.until(/stream\.open/);
    expect((await askControl(world, { path: '/v1/events' })).status).toBe(503);
  });
});

describe('the client’s events', () => {
  it('begin with stream.open, after which no event is missed', async () => {
    const world = await startControl();
    say(world, 1);
    const events = world.client().events();
    const [open] = await take(events, 1);
    expect(open).toMatchObject({ event: 'stream.open', at: world.clock.now() });
    say(world, 2, 3);
    expect(reached(await take(events, 2))).toEqual([2, 3]);
    await events.return?.();
  });

  it('end without an error when the signal is aborted', async () => {
    const world = await startControl();
    const ending = new AbortController();
    const events = world.client().events({ signal: ending.signal });
    await take(events, 1);
    const next = events.next();
    ending.abort();
    expect((await next).done).toBe(true);
  });

  it('end when the loop is left, and their connection with them', async () => {
    const world = await startControl({ bounds: { streamsMax: 1 } });
    const client = world.client();
    for await (const event of client.events()) {
      expect(event.event).toBe('stream.open');
      break;
    }
    expect(reached(await take(client.events({ reconnectForMs: 5_000 }), 1))).toEqual(['stream.open']);
  });

  it('are each delivered once across broken connections', async () => {
    const world = await startControl({ port: 0 });
    const { port, cut, connections } = await cuttingProxy(world.socketPath);
    const events = world.client({ port, token: 'none needed on the socket' }).events();
    await take(events, 1);
    const got: ControlEvent[] = [];
    for (let round = 0; round < 5; round += 1) {
      say(world, round * 10 + 1, round * 10 + 7);
      got.push(...(await take(events, 3)));
      cut();
      say(world, round * 10 + 8, round * 10 + 10);
      got.push(...(await take(events, 7)));
    }
    expect(reached(got)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(connections()).toBeGreaterThan(1);
    await events.return?.();
  });

  it('continue with a restarted desk, and report that some may be missing', async () => {
    const first = await startControl();
    const events = first.client().events();
    say(first, 1);
    await take(events, 1);
    await first.server.stop();
    const second = await startControl({ dataDir: first.dataDir });
    say(second, 7);
    const [gap, next] = await take(events, 2);
    expect(gap).toMatchObject({ event: 'stream.gap', reason: 'restarted' });
    expect(next).toMatchObject({ reached: 7 });
    await events.return?.();
  });

  it('end with an error when no desk comes back', async () => {
    const world = await startControl();
    const events = world.client().events({ reconnectForMs: 0 });
    await take(events, 1);
    await world.server.stop();
    await expect(take(events, 1)).rejects.toMatchObject({ code: 'ERR_DESK_NOT_RUNNING' });
  });

  it('are an error at once when no desk is running at the start', async () => {
    const world = await startControl();
    await world.server.stop();
    await expect(take(world.client().events(), 1)).rejects.toMatchObject({ code: 'ERR_DESK_NOT_RUNNING' });
  });
});

interface CuttingProxy {
  readonly port: number;
  /** Breaks all connections. */
  readonly cut: () => void;
  readonly connections: () => number;
}

async function cuttingProxy(socketPath: string): Promise<CuttingProxy> {
  const open = new Set<Socket>();
  let count = 0;
  const server = createServer((near) => {
    const far = connect(socketPath);
    count += 1;
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      socket.pipe(other);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { port, cut, connections: () => count };
}
