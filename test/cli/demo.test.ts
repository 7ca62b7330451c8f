import { describe, expect, it, vi } from 'vitest';
// Loaded before: the time that a demo may take begins before it loads the library.
import type { DeskNotice, NoticeOf } from '../../src/index.ts';
import '../../src/index.ts';
import { runCommand } from '../../testing/run-command.ts';
import { RunningProgram } from '../../testing/running-program.ts';

/** A demo that hangs ends itself after a minute, and says so. */
describe('grapevine demo', { timeout: 90_000 }, () => {
  it('prints the story of one deal and ends with code 0', async () => {
    const demo = new RunningProgram(['bin/grapevine.js', 'demo']);
    expect(await demo.ended).toEqual({ code: 0, signal: null });
    const story = demo.lines.join('\n');
    expect(story.match(/HAS IT/g)).toHaveLength(1);
    expect(story.match(/learns that it did not get it/g)).toHaveLength(2);
    expect(story).toMatch(/Exactly one deal: (Alice|Bob|Carol) has it/);
    expect(story).toContain('node ./run-client.js 1333 1');
    expect(demo.errorText).toBe('');
  });

  it('prints only the events with --json', async () => {
    const { code, out, err } = await runCommand(['demo', '--json']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as DeskNotice);
    const all = <Name extends DeskNotice['event']>(name: Name) =>
      events.filter((notice): notice is NoticeOf<Name> => notice.event === name);
    expect(all('deal.won')).toHaveLength(1);
    expect(all('deal.lost')).toHaveLength(2);
    expect(all('deal.awarded')).toMatchObject([{ offerId: all('deal.won')[0]?.offerId }]);
  });

  it('can be stopped in the middle, leaving nothing running', async () => {
    const demo = new RunningProgram(['bin/grapevine.js', 'demo', '--json']);
    await demo.event('grapes.ready');
    demo.signal('SIGINT');
    const { code } = await demo.ended;
    // Whoever is quick enough to finish first has not failed.
    expect(code === 1 || demo.all('deal.won').length === 1).toBe(true);
  });
});

it('stops at once and leaves nothing running when it is stopped while its grapes start', async () => {
  const open = (): number =>
    process.getActiveResourcesInfo().filter((name) => /^(TCPServer|UDP)W(RAP|rap)$/.test(name)).length;
  const before = open();
  const listening = process.listenerCount('SIGINT');
  const ended = runCommand(['demo']);
  await vi.waitUntil(() => process.listenerCount('SIGINT') > listening && open() > before, {
    interval: 1,
    timeout: 10_000,
  });
  process.emit('SIGINT');
  const { code, err } = await ended;
  expect({ code, err }).toEqual({ code: 1, err: 'ERR_DESK_STOPPED: stopped before the end\n' });
  // Sockets close a moment later; so may some of an earlier test.
  await vi.waitUntil(() => open() <= before, { timeout: 10_000 });
});
