/** docs/ARCHITECTURE.md: each hop of the two walks is a function that is there. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const DOCUMENT = readFileSync(new URL('../../docs/ARCHITECTURE.md', import.meta.url), 'utf8');
const HOPS = [...DOCUMENT.matchAll(/`([\w/-]+\.ts)` `(#?\w+)`/g)].map(
  ([, file = '', name = '']) => [file, name] as const,
);

describe('docs/ARCHITECTURE.md', () => {
  it('has a walk', () => {
    expect(HOPS.length).toBeGreaterThan(25);
  });

  it.each(HOPS)('src/%s defines %s', (file, name) => {
    const source = readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8');
    // A function, a method, or an entry of a table of functions.
    expect(source).toMatch(
      new RegExp(String.raw`^(?:export function |function |  (?:async )?)${name}(?:<.*>)?(?:\(|: \()`, 'm'),
    );
  });
});
