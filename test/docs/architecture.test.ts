/** docs/ARCHITECTURE.md: what folders may import is what the rules allow, and each hop of the walks is a function that is there. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const FILE = new URL('../../docs/ARCHITECTURE.md', import.meta.url);
const DOCUMENT = readFileSync(FILE, 'utf8');
const HOPS = [...DOCUMENT.matchAll(/`([\w/-]+\.ts)` `(#?\w+)`/g)].map(
  ([, file = '', name = '']) => [file, name] as const,
);

interface ImportRules {
  readonly default: {
    readonly forbidden: readonly { readonly name: string; readonly to: { readonly pathNot?: readonly string[] } }[];
  };
}

const SOURCES = readdirSync(new URL('../../src', import.meta.url), { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => /\.tsx?$/.test(name));

/** `wire`: the whole folder. `wire (decimal, names)`: only these files. */
function inWords(patterns: readonly RegExp[]): string {
  const isAllowed = (name: string): boolean => patterns.some((pattern) => pattern.test(`src/${name}`));
  const isWhole = (folder: string): boolean => SOURCES.filter((name) => name.startsWith(`${folder}/`)).every(isAllowed);
  const parts = new Map<string, Set<string>>();
  for (const name of SOURCES.filter(isAllowed).sort()) {
    const [top = '', ...rest] = name.split('/');
    const folders = rest.slice(0, -1).map((_, index) => `${rest.slice(0, index + 1).join('/')}/`);
    const whole = folders.find((folder) => isWhole(`${top}/${folder.slice(0, -1)}`));
    parts.set(top, (parts.get(top) ?? new Set()).add(whole ?? rest.join('/').replace(/\.tsx?$/, '')));
  }
  const words = [...parts].map(([top, some]) => (isWhole(top) ? top : `${top} (${[...some].join(', ')})`));
  return words.length === 0 ? 'nothing' : words.join(', ');
}

/** The document with the column `may import` as the rules have it. */
async function withAllowedImports(): Promise<string> {
  const rules = (await import(new URL('../../.dependency-cruiser.js', import.meta.url).href)) as ImportRules;
  let text = DOCUMENT;
  for (const { name, to } of rules.default.forbidden) {
    const [, folder] = /^(\w+)-imports-only-what-it-may$/.exec(name) ?? [];
    if (folder === undefined) continue;
    // The first pattern is the folder itself.
    const patterns = (to.pathNot ?? []).slice(1).map((pattern) => new RegExp(pattern));
    const row = new RegExp(String.raw`^(\| \`${folder}\` \| .* \|) [^|]* \|$`, 'm');
    expect(text, folder).toMatch(row);
    text = text.replace(row, (_, start: string) => `${start} ${inWords(patterns)} |`);
  }
  return text;
}

describe('docs/ARCHITECTURE.md', () => {
  it('says what each folder may import, as .dependency-cruiser.js has it', async () => {
    const expected = await withAllowedImports();
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(FILE, expected);
    else expect(DOCUMENT).toBe(expected);
  });

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
