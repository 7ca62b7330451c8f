import { describe, expect, it } from 'vitest';
import { RunningProgram } from '../../testing/running-program.ts';

describe('grapevine demo', () => {
  it('tells the story of one deal and ends with code 0', async () => {
    const demo = new RunningProgram(['bin/grapevine.js', 'demo']);
    expect(await demo.ended).toEqual({ code: 0, signal: null });
    const story = demo.lines.join('\n');
    expect(story.match(/HAS IT/g)).toHaveLength(1);
    expect(story.match(/is told that it is gone/g)).toHaveLength(2);
    expect(story).toMatch(/Exactly one deal: (Alice|Bob|Carol) has it/);
    expect(story).toContain('node ./run-client.js 1333 1');
    expect(demo.errorText).toBe('');
  });

  it('gives the events alone with --json', async () => {
    const demo = new RunningProgram(['bin/grapevine.js', 'demo', '--json']);
    expect((await demo.ended).code).toBe(0);
    expect(demo.events).toHaveLength(demo.lines.length);
    expect(demo.all('deal.won')).toHaveLength(1);
    expect(demo.all('deal.lost')).toHaveLength(2);
    expect(demo.all('deal.awarded')).toMatchObject([{ offerId: demo.all('deal.won')[0]?.['offerId'] }]);
  });

  it('can be ended in the middle, leaving nothing running', async () => {
    const demo = new RunningProgram(['bin/grapevine.js', 'demo', '--json']);
    await demo.event('grapes.ready');
    demo.signal('SIGINT');
    const { code } = await demo.ended;
    // Whoever is quick enough to finish first has not failed.
    expect(code === 1 || demo.all('deal.won').length === 1).toBe(true);
  });
});
