/** Desks and their commands in a real terminal, as people have them: sentences, keys, and a window that is closed. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ControlClient, type Grapes } from '../../src/index.ts';
import { openSqliteJournal } from '../../src/store/open-sqlite-journal.ts';
import { startLocalGrapes } from '../../testing/local-grapes.ts';
import { hasTerminals, TerminalProgram } from '../../testing/terminal-program.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

let grapes: Grapes;

beforeAll(async () => {
  grapes = await startLocalGrapes();
});

afterAll(() => grapes.stop());

const grapevine = (...args: string[]): TerminalProgram => new TerminalProgram(['bin/grapevine.js', ...args]);

const up = (dataDir: string): TerminalProgram =>
  grapevine('up', '--data-dir', dataDir, ...grapes.api.flatMap((url) => ['--grape', url]));

const name = 'in a terminal' + (hasTerminals ? '' : ' (skipped: there is no "script" of util-linux)');

describe.skipIf(!hasTerminals)(name, () => {
  it('a desk prints sentences, and stops in order when the window is closed', async () => {
    const dataDir = join(temporaryFolder(), 'desk');
    const desk = up(dataDir);
    await desk.shows(/Desk [0-9a-f]{8} is ready on port \d+[\s\S]*Ctrl-C stops it/);
    expect(desk.shown).not.toContain('{"');
    desk.close();
    expect(await desk.ended()).toBe(0);
    // Closed in order: all is in one file, and the folder is free.
    await openSqliteJournal({ dataDir }).close();
  });

  it('watch fits into the window, shows what happens, and ends with q', async () => {
    const dataDir = join(temporaryFolder(), 'desk');
    const desk = up(dataDir);
    await desk.shows(/Ctrl-C stops it/);
    const client = ControlClient.ofFolder(dataDir);
    for (let amount = 1; amount <= 30; amount += 1) await client.announce({ type: 'sell', amount: String(amount) });
    await client.close();
    const watching = grapevine('watch', '--data-dir', dataDir);
    await watching.shows(/and \d+ more/);
    const [picture = ''] = watching.shown.split('\u001b[2K');
    expect(picture.trimEnd().split('\n').length).toBeLessThanOrEqual(24);
    watching.type('q');
    expect(await watching.ended()).toBe(0);
    const [hides, shows] = ['\u001b[?25l', '\u001b[?25h'];
    expect(watching.shown.lastIndexOf(shows)).toBeGreaterThan(watching.shown.lastIndexOf(hides));
    desk.type('\u0003');
    expect(await desk.ended()).toBe(0);
  });

  it('grapes print sentences, and stop when the window is closed', async () => {
    const program = grapevine('grapes', '--api-port', '0', '--dht-port', '0');
    await program.shows(/[Gg]rapes? /);
    expect(program.shown).not.toContain('ERR_');
    program.close();
    expect(await program.ended()).toBe(0);
  });
});
