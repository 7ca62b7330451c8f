/** Scripts for shells, made from the commands: bash really completes with its own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { completionScript } from '../../src/cli/completion.ts';
import { buildProgram } from '../../src/cli/main.ts';
import { runCommand } from '../../testing/run-command.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

/** What bash would offer behind these words, the last of which is being typed. */
async function completed(before: string, ...words: readonly string[]): Promise<readonly string[]> {
  const script = completionScript('bash', await buildProgram());
  const line = ['grapevine', ...words].map((word) => `'${word}'`).join(' ');
  const ask = `COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _grapevine; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const answer = execFileSync('bash', ['--norc', '-c', `${before}\n${script}\n${ask}`], { encoding: 'utf8' });
  return answer.split('\n').filter((word) => word !== '');
}

describe('completion', () => {
  it('in bash completes commands, their subcommands, options and choices', async () => {
    expect(await completed('', 'of')).toEqual(['offer', 'offers']);
    expect(await completed('', 'rules', 't')).toEqual(['test']);
    expect(await completed('', 'offer', '')).toEqual(
      expect.arrayContaining(['buy', 'sell', '--price', '--award', '--data-dir']),
    );
    expect(await completed('', 'offer', 'buy', '1', 'BTC/USD', '--aw')).toEqual(['--award']);
    expect(await completed('', 'offer', 'buy', '1', 'BTC/USD', '--award', '')).toEqual(['first', 'best', 'manual']);
    expect(await completed('', 'offers', '--data-dir', './desk', '--so')).toEqual(['--sort']);
    expect(await completed('', 'up', '--trust', '')).toEqual(['signed', 'open']);
    expect(await completed('', 'up', '--embedded-grapes', '--po')).toEqual(['--port']);
    expect(await completed('', 'offers', '--mine', '--al')).toEqual(['--all']);
    expect(await completed('', 'up', '--port', '--po')).toEqual([]);
  });

  it('in bash completes ids of offers of the desk that the line names', async () => {
    // Instead of the program: it repeats how it was called, a word a line, as if these were ids.
    const asked = 'grapevine() { printf "%s\\n" "${@// /_}"; }';
    const words = (...typed: readonly string[]) => completed(asked, ...typed);
    const call = ['offers', '--all', '--ids'];
    expect(await words('explain', '')).toEqual(expect.arrayContaining([...call, '--maker']));
    expect(await words('cancel', '--data-dir', './desk', '')).toEqual(expect.arrayContaining([...call, './desk']));
    expect(await words('accept', '--data-dir', './desk', '--wait', 'of')).toEqual(['offers']);
    expect(await words('cancel', '--data-dir', String.raw`my\ desk`, 'my')).toEqual(['my_desk']);
    expect(await words('peers', '')).not.toContain('offers');
  });

  it.each(['bash', 'zsh', 'fish'] as const)('for %s has every command and option in its script', async (shell) => {
    const { code, out } = await runCommand(['completion', shell]);
    expect(code).toBe(0);
    for (const command of (await buildProgram()).commands) {
      expect(out).toContain(command.name());
      for (const { long } of command.options) expect(out).toContain(long?.slice(2));
    }
    const asJson = JSON.parse((await runCommand(['completion', shell, '--json'])).out) as { script: string };
    expect(`${asJson.script}\n`).toBe(out);
  });

  it.each(['bash', 'zsh', 'fish'] as const)(
    '%s, where it is installed, finds no mistake in its script',
    async (shell) => {
      // A file: fish 3.6 can't check what comes from a socket, as standard input is here.
      const file = join(temporaryFolder(), 'script');
      writeFileSync(file, completionScript(shell, await buildProgram()));
      const { status, stderr, error } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
      if (error !== undefined) return;
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    },
  );

  it('for an unknown shell is wrong usage', async () => {
    expect(await runCommand(['completion', 'tcsh'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^ERR_USAGE: .*bash, zsh, fish/) as string,
    });
  });
});
