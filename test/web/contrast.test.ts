/** Both themes have enough contrast (WCAG 2.2, 1.4.3 and 1.4.11). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const TOKENS = readFileSync(new URL('../../src/web/design/tokens.css', import.meta.url), 'utf8');

type Theme = ReadonlyMap<string, string>;

function themeOf(selector: string): Theme {
  const start = TOKENS.indexOf(selector);
  expect([selector, start]).not.toEqual([selector, -1]);
  const block = TOKENS.slice(start, TOKENS.indexOf('}', start));
  return new Map([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = '', value = '']) => [name, value]));
}

const THEMES = {
  light: themeOf('grape. */\n:root {'),
  dark: themeOf(":root[data-theme='dark'] {"),
};

/** Text colours and their backgrounds. */
const TEXT: readonly (readonly [ink: string, on: readonly string[]])[] = [
  ['ink', ['paper', 'card', 'sunken', 'hover', 'accent-soft', 'warn-soft', 'good-soft', 'bad-soft']],
  ['ink-soft', ['paper', 'card', 'sunken', 'hover', 'accent-soft']],
  ['ink-faint', ['paper', 'card', 'hover', 'accent-soft']],
  ['paper', ['ink']],
  ['accent', ['paper', 'card', 'hover', 'accent-soft']],
  ['accent-ink', ['accent']],
  ['buy', ['buy-soft', 'card']],
  ['sell', ['sell-soft', 'card']],
  ['good', ['good-soft', 'card']],
  ['warn', ['warn-soft', 'card', 'hover', 'accent-soft']],
  ['bad', ['bad-soft', 'card']],
];

/** Borders of controls, and the focus ring, which has the accent's colour. */
const EDGES: typeof TEXT = [
  ['line-strong', ['card', 'paper']],
  ['accent', ['card', 'paper', 'hover', 'accent-soft']],
];

describe.each(Object.entries(THEMES))('the theme %s', (_, theme) => {
  it.each(pairs(TEXT))('text in %s on %s is readable', (ink, on) => {
    expect(contrast(theme, ink, on)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(pairs(EDGES))('borders in %s on %s are visible', (ink, on) => {
    expect(contrast(theme, ink, on)).toBeGreaterThanOrEqual(3);
  });
});

it('both themes define the same variables', () => {
  expect([...THEMES.light.keys()].sort()).toEqual([...THEMES.dark.keys()].sort());
});

function pairs(table: typeof TEXT): [string, string][] {
  return table.flatMap(([ink, on]) => on.map((name): [string, string] => [ink, name]));
}

function contrast(theme: Theme, ink: string, on: string): number {
  const [lighter = 0, darker = 0] = [luminance(theme, ink), luminance(theme, on)].sort((left, right) => right - left);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(theme: Theme, name: string): number {
  const hex = theme.get(name);
  if (hex === undefined) throw new Error(`there is no colour --${name}`);
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => linear(parseInt(hex.slice(at, at + 2), 16) / 255));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function linear(part: number): number {
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}
