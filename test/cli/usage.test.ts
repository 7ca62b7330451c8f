import { afterEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { RunningProgram } from '../../testing/running-program.ts';

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What `run-client.js` and `run-grapes.js` put before their arguments. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  'bin/grapevine.js': [],
  'run-client.js': ['client'],
};

afterEach(() => {
  vi.restoreAllMocks();
});

/** In this process: the command line is a function of its arguments until it starts something. */
async function run(program: string, ...args: string[]): Promise<Said> {
  const said = { out: '', err: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.out += text.toString();
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.err += text.toString();
    return true;
  });
  const code = await main([...(COMMANDS[program] ?? []), ...args]);
  vi.restoreAllMocks();
  return { code, ...said };
}

describe('wrong usage ends with code 2, and prints what is allowed', () => {
  it.each([
    [['bin/grapevine.js', 'dmeo'], /^ERR_USAGE: unknown command 'dmeo'/],
    [['bin/grapevine.js', 'grapes', '--cuont', '3'], /^ERR_USAGE: unknown option '--cuont'/],
    [['bin/grapevine.js', 'offers', '--data-dir', ''], /^ERR_USAGE: --data-dir: must be the name of a folder\n$/],
    [['bin/grapevine.js', 'id', '--data-dir', ''], /^ERR_USAGE: --data-dir: must be the name of a folder\n$/],
    ...[
      ['up', '--config', ''],
      ['up', '--passphrase-file', ''],
      ['client', '0', '--allow-file', ''],
      ['id', '--export', ''],
      ['id', '--import', ''],
      ['receipt', '52934961', '-o', ''],
      ['backup', ''],
      ['rules', 'test', ''],
      ['verify', ''],
      ['verify', '-', ''],
      ['demo', '--page', '--record', ''],
      ['demo', '--play', ''],
      ['offer', 'job', '--details', '@'],
    ].map((args): [string[], RegExp] => [['bin/grapevine.js', ...args], /^ERR_USAGE: .*: .*must be .*the name of a /]),
    [['bin/grapevine.js', 'offers', '--ids', '--json'], /^ERR_USAGE: use --ids or --json, not both\n$/],
    [['bin/grapevine.js', 'offers', '52934961', '--mine'], /are for the list/],
    [['bin/grapevine.js', 'grapes', '--count', '1'], /from 2 to 20/],
    [['bin/grapevine.js', 'grapes', '--api-port', '65536'], /from 0 to 65535/],
    [['bin/grapevine.js', 'grapes', '--host', 'nowhere.example'], /^ERR_USAGE: .*IPv4/],
    [['run-client.js'], /^ERR_USAGE: missing required argument 'port'/],
    [['run-client.js', 'abc'], /from 0 to 65535/],
    [['run-client.js', '1330', '1,5'], /"1,5" is not a plain decimal; allowed are digits/],
    [['run-client.js', '1330', '1e3'], /not a plain decimal/],
    [['run-client.js', '1330', '--', '-1'], /not a plain decimal/],
    [['run-client.js', '1330', '0'], /more than 0/],
    [['run-client.js', '1330', '9'.repeat(400)], /too long/],
    [['run-client.js', '1330', '1', '2'], /too many arguments/],
    [['run-client.js', '1330', '--grape', 'ftp://x'], /not the URL of a grape/],
    [['run-client.js', '1330', '--announce-port', '0'], /from 1 to 65535/],
    [['run-client.js', '1330', '--trust', 'blind'], /Allowed choices are signed, open/],
    [['run-client.js', '1330', '--network', 'all'], /Allowed choices are local, lan, public, mixed/],
    [['run-client.js', '1330', '--valid-for', '10'], /like 90s, 10m or 2h/],
    [['run-client.js', '1330', '--valid-for', '31d'], /30 days at most/],
    [['bin/grapevine.js', 'offer', 'sell', '1', 'X/Y', '--price', '1', '--valid-for', '721h'], /30 days at most/],
    [['bin/grapevine.js', 'renew', '52934961', '--valid-for', '31d'], /30 days at most/],
    [['bin/grapevine.js', 'offer', 'sel', '1', 'X/Y'], /'sel' is invalid.*buy, sell/],
    [['bin/grapevine.js', 'offer', 'sell', '1', 'X/Y'], /'--price <decimal>' not specified/],
    [['bin/grapevine.js', 'offer', 'sell'], /missing required argument 'amount'/],
    [['bin/grapevine.js', 'offer', 'sell', '1'], /missing required argument 'pair'/],
    [['bin/grapevine.js', 'offer', 'job', '1', '--amount', '2'], /the amount is given twice/],
    [['bin/grapevine.js', 'offer', 'job', '--attempts', '3'], /need --if-failed/],
    [['bin/grapevine.js', 'offer', 'job', '--if-failed', 'renew'], /needs a --reference/],
    [['bin/grapevine.js', 'deals', '--open', '--failed'], /only one of/],
    [['run-client.js', '1330', '--broadcast-key', 'a b'], /printable characters/],
    [['run-client.js', '1330', '--host', 'nowhere.invalid'], /not an IPv4 address/],
  ])('%j', async (args, text) => {
    const [program = '', ...rest] = args;
    const { code, out, err } = await run(program, ...rest);
    expect(err).toMatch(text);
    expect(err).toMatch(/^ERR_[A-Z_]+: /);
    expect(err.trim().split('\n').length).toBeLessThan(4);
    expect(err).not.toMatch(/^\s+at /m);
    expect(out).toBe('');
    expect(code).toBe(2);
  });

  it('a mistyped command gets a suggestion', async () => {
    expect((await run('bin/grapevine.js', 'graps')).err).toContain('Did you mean grapes?');
  });
});

describe('help', () => {
  it.each([[[]], [['grapes']], [['client']], [['demo']]])(
    'for %j has examples or a hint, and ends with code 0',
    async (command) => {
      const { code, out, err } = await run('bin/grapevine.js', ...command, '--help');
      expect(code).toBe(0);
      expect(err).toBe('');
      expect(out).toContain('Usage: grapevine');
    },
  );

  it('is shown if no command is given, which is wrong usage', async () => {
    const { code, err } = await run('bin/grapevine.js');
    expect(code).toBe(2);
    expect(err).toContain('Usage: grapevine');
  });
});

it.each([
  [['bin/grapevine.js', 'dmeo'], /^ERR_USAGE: unknown command 'dmeo'/],
  [['run-client.js', '1330', '1,5'], /not a plain decimal/],
  [['run-grapes.js', '--count', '1'], /from 2 to 20/],
])('in a process of its own, wrong usage has the same code and text: %j', async (args, text) => {
  const program = new RunningProgram(args);
  expect(await program.ended).toEqual({ code: 2, signal: null });
  expect(program.errorText).toMatch(text);
  expect(program.lines).toEqual([]);
});
