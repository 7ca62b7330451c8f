/** The README is short, its links lead somewhere, and its commands print what it says. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { planOf, termsOf, type OfferDraft } from '../../src/desk/offer-draft.ts';
import type { OfferId, PeerId } from '../../src/protocol/ids.ts';
import { freePort } from '../../testing/free-port.ts';
import { RunningProgram } from '../../testing/running-program.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const execFileAsync = promisify(execFile);
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

interface Step {
  readonly args: readonly string[];
  readonly printed: string;
}

/** The commands of a section, each with what the README says that it prints. */
function stepsOf(title: string): readonly Step[] {
  const [, section = ''] = README.split(`\n## ${title}\n`);
  const blocks = [...(section.split('\n## ')[0] ?? '').matchAll(/```\n(\$ [^]*?)```/g)].map(([, text = '']) => text);
  return blocks.flatMap((block) =>
    block.split(/^\$ grapevine /m).flatMap((text) => {
      const [command = '', ...printed] = text.split('\n');
      return command === '' ? [] : [{ args: command.split(' '), printed: printed.join('\n') }];
    }),
  );
}

/**
 * Lines without what is different each time (ids and times), sorted: messages of both sides may cross. Where the approval comes before
 * the answer to the acceptance, no line says that it is in the queue.
 */
function linesOf(text: string): readonly string[] {
  return text
    .trim()
    .replace(/\b[0-9a-f]{64}\b/g, '<desk>')
    .replace(/\b[0-9a-f]{32}\b/g, '<offer>')
    .replace(/\b[0-9a-f]{8}\b/g, '<id>')
    .replace(/\b\d\d:\d\d:\d\d\b/g, '<time>')
    .replace(/\b(\d+s ago|now)\s*$/gm, '<ago>')
    .split('\n')
    .filter((line) => !line.endsWith(' is in the queue.'))
    .toSorted();
}

describe('README.md', () => {
  it('has at most 150 lines', () => {
    expect(README.trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  });

  const documents = ['README.md', 'CONTRIBUTING.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)];
  it.each(documents.filter((file) => file.endsWith('.md')))('%s: its links lead to files that are there', (file) => {
    const links = [...readFileSync(join(ROOT, file), 'utf8').matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(
      ([, to = '']) => to,
    );
    const missing = links.filter((to) => !/^[a-z]+:/.test(to) && !existsSync(join(ROOT, dirname(file), to)));
    expect(missing).toEqual([]);
  });

  it('every document is in the index', () => {
    const index = readFileSync(join(ROOT, 'docs/README.md'), 'utf8');
    const names = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md') && name !== 'README.md');
    expect(names.filter((name) => !index.includes(`](${name}`))).toEqual([]);
  });

  it.each(['README.md', 'docs/WORKERS.md', 'docs/CONTROL-API.md'])(
    '%s: a desk takes the offers of its examples',
    (file) => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      const drafts = [...text.matchAll(/(?:announce\(|offerAndWait\(|const job = )(\{[^]*?\n?\})(?:\)|;)/g)];
      expect(drafts).not.toEqual([]);
      for (const [, literal = ''] of drafts) {
        const draft = runInNewContext(`(${literal})`) as OfferDraft;
        expect(() => termsOf(draft, 'an-offer' as OfferId, 'a-maker' as PeerId, 0)).not.toThrow();
        expect(() => planOf(draft)).not.toThrow();
      }
    },
  );

  it.skipIf(process.platform === 'win32')(
    'a desk in two minutes: the commands print what it says',
    async () => {
      const folder = temporaryFolder();
      symlinkSync(join(ROOT, 'grapevine'), join(folder, 'grapevine'));
      const env = {
        ...process.env,
        PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
        // The README's desks use the usual ports, which may be taken here.
        GRAPEVINE_GRAPES: `http://127.0.0.1:${(await freePort()).toString()}`,
      };
      const steps = stepsOf('A desk in two minutes');
      expect(steps.map(({ args }) => args[0])).toEqual(['up', 'up', 'offer', 'offers', 'accept', 'receipt', 'verify']);
      const desks: RunningProgram[] = [];
      let offerId = '';
      for (const { args, printed } of steps) {
        const own = args.map((arg) => (/^[0-9a-f]{8}$/.test(arg) ? offerId.slice(0, 8) : arg));
        if (args[0] === 'up') {
          const desk = new RunningProgram([join(ROOT, 'bin/grapevine.js'), ...own], env, { cwd: folder });
          onTestFinished(async () => {
            await desk.stop();
          });
          await desk.event('control.ready');
          desks.push(desk);
          continue;
        }
        const { stdout } = await execFileAsync('grapevine', own, { cwd: folder, env });
        expect(linesOf(stdout)).toEqual(linesOf(printed));
        if (args[0] === 'offer') {
          offerId = stdout.slice(0, 32);
          await desks[1]?.event('offer.received');
        }
      }
    },
    60_000,
  );
});
