import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { resolveSettings } from '../../src/config/resolve-settings.ts';
import { SETTINGS, type Setting } from '../../src/config/settings-table.ts';
import { valueToTexts } from '../../src/config/setting-text.ts';
import { ruleFromText, ruleToText } from '../../src/rules/rule-text.ts';
import { runCommand } from '../../testing/run-command.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

const RULES = new URL('../../docs/RULES.md', import.meta.url);
const CONFIG = new URL('../../docs/CONFIG.md', import.meta.url);
const isUpdate = process.env['UPDATE_DOCS'] === '1';

function blocks(document: URL, language: string): readonly string[] {
  const fences = readFileSync(document, 'utf8').matchAll(/^```(\w+)\n([^]*?)^```$/gm);
  return [...fences].flatMap(([, name, text]) => (name === language && text !== undefined ? [text] : []));
}

/** `NAME=value grapevine word 'two words'` as the shell takes it apart. */
function commandOf(line: string): { readonly env: Record<string, string>; readonly args: readonly string[] } {
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const start = words.indexOf('grapevine');
  const env = words.slice(0, start).map((word) => word.split('=') as [string, string]);
  return { env: Object.fromEntries(env), args: words.slice(start + 1) };
}

/** Runs what stands behind `$`, and gives the block as it was really seen. */
async function reallySeen(block: string): Promise<string> {
  const [first = ''] = block.split('\n');
  const { env, args } = commandOf(first.slice(2));
  const { out, err } = await runCommand(args, env);
  // What the folder of the test is called is nobody's business.
  return `${first}\n${out}${err}`.replaceAll(process.cwd(), '/home/you');
}

/** Runs the examples of a document in a folder that has its files. */
async function checkConsole(document: URL, folder: string): Promise<void> {
  const before = process.cwd();
  process.chdir(folder);
  onTestFinished(() => {
    process.chdir(before);
  });
  let text = readFileSync(document, 'utf8');
  const examples = blocks(document, 'console');
  expect(examples.length).toBeGreaterThan(0);
  for (const block of examples) {
    const seen = await reallySeen(block);
    if (!isUpdate) expect(seen).toBe(block);
    text = text.replace(block, () => seen);
  }
  if (isUpdate) writeFileSync(document, text);
}

describe('docs/RULES.md', () => {
  it('has rules that are rules, in their shortest form', () => {
    const lines = blocks(RULES, 'rules').flatMap((block) => block.trim().split('\n'));
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(ruleToText(ruleFromText(line))).toBe(line);
  });

  it('has tables that are rules', () => {
    const shown = blocks(RULES, 'toml').map((text) => {
      const file = { path: 'config.toml', text, isInDataDir: true };
      return valueToTexts(resolveSettings({ flags: {}, env: {}, file, defaultDataDir: '' }).settings, 'accept');
    });
    expect(shown[0]?.[0]).toMatch(
      /^sell BTC\/USD,ETH\/USD amount>=0.1 amount<=2 price<=8100.5 total<10000 left>=30s reference=nightly\/\* details.kind=render,cut details.size<=100 maker!=118f/,
    );
    expect(shown[0]?.[1]).toBe('deny price>9000');
    expect(shown[1]).toEqual(['sell BTC/USD amount<=2 price<=8100', 'deny price>9000']);
  });

  it('names every word of the language', () => {
    const text = readFileSync(RULES, 'utf8');
    const words = [
      '`all`',
      '`deny`',
      '`amount<=',
      '`price<=',
      '`total<=',
      '`left>=',
      '`maker=',
      '`maker!=',
      '`daily-amount<=',
    ];
    expect(words.filter((word) => !text.includes(word))).toEqual([]);
  });

  it('has examples with what is really seen', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'offer.json'), blocks(RULES, 'json')[0] ?? '');
    await checkConsole(RULES, folder);
  });
});

describe('docs/CONFIG.md', () => {
  it('has the list of the settings', () => {
    const text = readFileSync(CONFIG, 'utf8');
    const list = SETTINGS.map(row).join('\n');
    const updated = text.replace(
      /<!-- settings:begin -->[^]*<!-- settings:end -->/,
      () => `<!-- settings:begin -->\n${list}\n<!-- settings:end -->`,
    );
    if (isUpdate) writeFileSync(CONFIG, updated);
    else expect(text).toBe(updated);
  });

  it('has the names of variables and keys', () => {
    const others = SETTINGS.filter(({ flag, variable, key }) => {
      const expected = flag === null ? null : `GRAPEVINE_${flag.toUpperCase().replaceAll('-', '_')}`;
      return variable !== expected || (flag !== null && key !== flag);
    });
    expect(others.map(({ flag, variable, key }) => [flag, variable, key])).toEqual([
      ['grape', 'GRAPEVINE_GRAPES', 'grapes'],
    ]);
    const text = readFileSync(CONFIG, 'utf8');
    expect(text).toContain('`GRAPEVINE_ANNOUNCE_PORT`, key `announce-port`');
    expect(text).toContain('`GRAPEVINE_GRAPES`, key `grapes`');
  });

  it('has examples with what is really seen', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'desk'));
    writeFileSync(join(folder, 'desk', 'config.toml'), blocks(CONFIG, 'toml')[0] ?? '');
    writeFileSync(join(folder, 'desk', 'deny.txt'), '');
    await checkConsole(CONFIG, folder);
  });
});

function row({ flag, key, kind, default: value, description, name }: Setting): string {
  const shown =
    flag === null
      ? `\`${key}\` in the config file`
      : kind.placeholder === null
        ? `\`--${flag}\``
        : `\`--${flag} ${kind.placeholder}\``;
  const choices = kind.choices === undefined ? '' : ` (${kind.choices.map((choice) => `\`${choice}\``).join(', ')})`;
  const fallback = defaultOf(name, value);
  return `- ${shown}${fallback === '' ? '' : ` (${fallback})`}: ${description}${choices}`;
}

function defaultOf(name: Setting['name'], value: Setting['default']): string {
  if (name === 'dataDir') return "the platform's place for data";
  if (Array.isArray(value)) return value.map((part) => `\`${String(part)}\``).join(', ');
  return typeof value === 'object' ? '' : `\`${value}\``;
}
