import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../src/protocol/errors.ts';
import { MAKER_LIFECYCLE, TAKER_LIFECYCLE } from '../../src/protocol/lifecycle.ts';
import { LIMITS } from '../../src/protocol/limits.ts';

function documentUrl(name: string): URL {
  return new URL(`../../docs/${name}`, import.meta.url);
}

function read(name: string): string {
  return readFileSync(documentUrl(name), 'utf8');
}

describe('docs/ERRORS.md', () => {
  const rows = [...read('ERRORS.md').matchAll(/^\| `(ERR_[A-Z_]+)` \| (\w+) \| (.+?) \|/gm)];

  it('describes every code of the closed set, and no other', () => {
    expect(rows.map(([, code]) => code).sort()).toEqual(Object.keys(ERROR_CODES).sort());
  });

  it('puts each into its family and says what it means', () => {
    for (const [, code = '', family, meaning = ''] of rows) {
      expect([code, family]).toEqual([code, (ERROR_CODES as Record<string, string>)[code]]);
      expect(meaning.trim().length).toBeGreaterThan(10);
    }
  });
});

describe('docs/LIMITS.md', () => {
  const rows = [
    ...read('LIMITS.md').matchAll(/^\| `(\w+)` +\| (\d+) +\| (\w*) +\| .* \| (.+?) +\| (?:`([\w/.-]+)`|-) +\|$/gm),
  ];

  it('has every limit with its value, and no other', () => {
    const documented = Object.fromEntries(rows.map(([, name = '', value]) => [name, Number(value)]));
    expect(documented).toEqual(LIMITS);
  });

  it('gives its unit, what happens beyond it, and a test that is there', () => {
    for (const [, name = '', , unit, beyond = '', test = ''] of rows) {
      const expected = name.endsWith('Ms') ? 'ms' : name.endsWith('Bytes') ? 'bytes' : '';
      expect([name, unit]).toEqual([name, expected]);
      expect(beyond.length).toBeGreaterThan(5);
      expect([name, existsSync(new URL(`../${test}`, import.meta.url))]).toEqual([name, true]);
    }
  });
});

describe('docs/PROTOCOL.md', () => {
  it('has the diagrams of the lifecycle tables', () => {
    const text = read('PROTOCOL.md');
    const drawn = `<!-- lifecycle:begin -->\n${diagram('maker', MAKER_LIFECYCLE)}\n\n${diagram('taker', TAKER_LIFECYCLE)}\n<!-- lifecycle:end -->`;
    const updated = text.replace(/<!-- lifecycle:begin -->[^]*<!-- lifecycle:end -->/, drawn);
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(documentUrl('PROTOCOL.md'), updated);
    else expect(text).toBe(updated);
  });

  it('names every event that a desk can log', () => {
    const sources = ['protocol/notices.ts', 'desk/desk-events.ts'].map((file) =>
      readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8'),
    );
    const events = [...sources.join('\n').matchAll(/readonly event: '([a-z_.]+)'/g)].map(([, event]) => event);
    expect(events.length).toBeGreaterThan(20);
    const text = read('PROTOCOL.md');
    expect(events.filter((event) => !text.includes(`\`${event ?? ''}\``))).toEqual([]);
  });
});

function diagram(role: string, table: Readonly<Record<string, Readonly<Record<string, string>>>>): string {
  const [first = ''] = Object.keys(table);
  const lines = Object.entries(table).flatMap(([from, ways]) => {
    const ends = Object.entries(ways);
    return ends.length === 0
      ? [`  ${from} --> [*]`]
      : ends.map(([happening, to]) => `  ${from} --> ${to}: ${happening}`);
  });
  return ['```mermaid', 'stateDiagram-v2', `  %% ${role}`, `  [*] --> ${first}`, ...lines, '```'].join('\n');
}
