import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../src/protocol/errors.ts';
import {
  isFinal,
  MAKER_LIFECYCLE,
  MAKER_START,
  TAKER_LIFECYCLE,
  TAKER_START,
  TAKER_VOLATILE_EVENTS,
} from '../../src/protocol/lifecycle.ts';
import { parsePayload } from '../../src/wire/message-codec.ts';
import { messageStatement } from '../../src/wire/statement.ts';

function documentUrl(name: string): URL {
  return new URL(`../../docs/${name}`, import.meta.url);
}

function read(name: string): string {
  return readFileSync(documentUrl(name), 'utf8');
}

describe('docs/ERRORS.md', () => {
  const [, ...sections] = read('ERRORS.md').split('\n## ');
  const rows = sections.flatMap((section) => {
    const [, family = ''] = /^Family: (\w+)\./m.exec(section) ?? [];
    const found = section.matchAll(/^- `(ERR_[A-Z_]+)`: (.+)$/gm);
    return [...found].map(([, code = '', meaning = '']) => [code, family, meaning] as const);
  });

  it('describes every code of the closed set, and no other', () => {
    expect(rows.map(([code]) => code).sort()).toEqual(Object.keys(ERROR_CODES).sort());
  });

  it('has each code in its family, with its meaning', () => {
    for (const [code, family, meaning] of rows) {
      expect([code, family]).toEqual([code, (ERROR_CODES as Record<string, string>)[code]]);
      expect(meaning.trim().length).toBeGreaterThan(10);
    }
  });
});

describe('docs/PROTOCOL.md', () => {
  it('has the diagrams of the lifecycle tables', () => {
    const text = read('PROTOCOL.md');
    const diagrams = [diagram('maker', MAKER_START, MAKER_LIFECYCLE), diagram('taker', TAKER_START, TAKER_LIFECYCLE)];
    const drawn = `<!-- lifecycle:begin -->\n${diagrams.join('\n\n')}\n<!-- lifecycle:end -->`;
    const updated = text.replace(/<!-- lifecycle:begin -->[^]*<!-- lifecycle:end -->/, drawn);
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(documentUrl('PROTOCOL.md'), updated);
    else expect(text).toBe(updated);
  });

  it('has every command, with its fields in the order of the lines of its statement', () => {
    const text = read('PROTOCOL.md');
    const [table = ''] = /^\| cmd \| to \| body \|\n(\|.*\n)+/m.exec(text) ?? [];
    const shown = [...table.matchAll(/^\| `(.+)` \| .* \| (.*) \|$/gm)].map(([, cmd = '', body = '']) => [
      cmd,
      body
        .replace('*names*', '`offerId`, `source`, `destination`')
        .replaceAll(/\([^)]*\)/g, '')
        .split(', ')
        .map((field) => field.replaceAll(/[`? ]/g, '')),
    ]);
    const expected = Object.entries(FULL_BODIES).map(([cmd, body]) => {
      const names = messageStatement(parsePayload({ cmd, body }).message, undefined).match(/^\w+(?==)/gm) ?? [];
      // Details and their format share a line.
      const fields = names.slice(HEAD_LINES).flatMap((name) => (name === 'details' ? [name, 'detailsFormat'] : [name]));
      return [cmd, fields];
    });
    expect(shown).toEqual(expected);
    const source = readFileSync(new URL('../../src/protocol/messages.ts', import.meta.url), 'utf8');
    const commands = [...source.matchAll(/readonly cmd: '([a-z:]+)'/g)].map(([, cmd = '']) => cmd);
    expect(commands.sort()).toEqual(Object.keys(FULL_BODIES).sort());
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

/** The lines before those of the body: `cmd`, `speaker`, `recipient`, `nonce`. */
const HEAD_LINES = 4;

const names = { offerId: 'o-1', source: 'a', destination: 'b' };
const details = { details: '1', detailsFormat: 'json' };

/** A body of each command, with every field that it can have. */
const FULL_BODIES: Readonly<Record<string, object>> = {
  'offer:new': {
    offerId: 'o-1',
    source: 'a',
    type: 'job',
    amount: 1,
    unitPrice: 1,
    pair: 'A/B',
    issuedAt: 1,
    expiresAt: 2,
    award: 'best',
    windowMs: 1,
    to: ['b'],
    ...details,
    reference: 'r',
    attempt: 2,
    doneWithinMs: 1,
  },
  'offer:accept': { ...names, unitPrice: 1 },
  'offer:accept:approved': { ...names, epoch: 1, until: 1, unitPrice: 1 },
  'offer:accept:released': { ...names, epoch: 1 },
  'offer:accept:withdrawn': names,
  'offer:done': { offerId: 'o-1', source: 'a', outcome: 'awarded', winner: 'b', epoch: 1, unitPrice: 1 },
  'offer:status': names,
  'deal:report': { ...names, by: 'taker', result: 'done', at: 1, ...details },
  'offer:list': { source: 'a', destination: 'b', after: 'o-1', limit: 1, afterMaker: 'c', digest: '0'.repeat(512) },
  'desk:hello': { source: 'a', destination: 'b', at: 1, since: 1, offers: 1, link: true },
};

type Way = string | { readonly to: string; readonly if: string };

function diagram(
  role: string,
  start: Readonly<Record<string, string>>,
  table: Readonly<Record<string, Readonly<Record<string, Way>>>>,
): string {
  const first = Object.entries(start).map(([event, to]) => arrow('[*]', to, event));
  const lines = Object.entries(table).flatMap(([from, ways]) => {
    const arrows = Object.entries(ways).map(([event, way]) =>
      typeof way === 'string' ? arrow(from, way, event) : arrow(from, way.to, `${event} [${way.if}]`),
    );
    return isFinal(table, from) ? [...arrows, arrow(from, '[*]')] : arrows;
  });
  return ['```mermaid', 'stateDiagram-v2', `  %% ${role}`, ...first, ...lines, '```'].join('\n');
}

/** What is not written is so marked. */
function arrow(from: string, to: string, event?: string): string {
  const isWritten = TAKER_VOLATILE_EVENTS.every((volatile) => volatile !== event);
  return `  ${from} --> ${to}${event === undefined ? '' : `: ${event}${isWritten ? '' : ' *'}`}`;
}
