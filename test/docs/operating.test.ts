/** What docs/OPERATING.md and the files in deploy/ name is there: metrics, commands and their options. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildProgram } from '../../src/cli/main.ts';
import { DeskMetrics } from '../../src/control/metrics.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, ROOT), 'utf8');
const files = readdirSync(new URL('deploy', ROOT)).map((name) => `deploy/${name}`);

describe('deploy/', () => {
  it.each(['deploy/alerts.yml', 'deploy/dashboard.json'])('%s asks for metrics that a desk has', async (file) => {
    const loads = { openOwn: 0, openOthers: 0, inDoubt: 0, peers: 0, queues: { inbox: 0 } };
    const rendered = await new DeskMetrics({ loads: () => loads, now: () => 0 }).render();
    const known = new Set([...rendered.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name));
    const names = [...read(file).matchAll(/\b(?:grapevine|nodejs)_[a-z0-9_]+/g)].map(([name]) =>
      name.replace(/_bucket$/, ''),
    );
    expect(names.length).toBeGreaterThan(4);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });

  it.each([...files, 'docs/OPERATING.md'])('%s: commands and their options exist', async (file) => {
    const program = await buildProgram();
    for (const [, command = '', rest = ''] of read(file).matchAll(
      /\bgrapevine (up|grapes|backup|offer|resolve|deals|id|doctor)\b([^\n`]*)/g,
    )) {
      const known = program.commands.find((each) => each.name() === command);
      const options = [...rest.matchAll(/(--[a-z-]+)/g)].map(([, name]) => name);
      const missing = options.filter((name) => known?.options.every(({ long }) => long !== name) ?? true);
      expect([command, ...missing]).toEqual([command]);
    }
  });
});
