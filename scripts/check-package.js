// Packs the package, installs it in an empty folder (without our overrides, as users install it), and uses its library and its
// command line.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'grapevine-package-'));

function run(command, args, cwd) {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/** A warning that each user of the package would see is an error. */
function installWithoutWarnings(file) {
  const args = ['install', '--no-audit', '--no-fund', '--no-update-notifier', file];
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  const output = `${stdout}${stderr}`;
  if (status !== 0 || /\bwarn\b/i.test(output)) throw new Error(`npm install of the package printed:\n${output}`);
}

try {
  const packed = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], process.cwd()),
  );
  const [{ filename }] = Array.isArray(packed) ? packed : Object.values(packed);
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'consumer', version: '1.0.0', type: 'module', private: true }),
  );
  installWithoutWarnings(join(folder, filename));
  writeFileSync(
    join(folder, 'use.mjs'),
    `import { createDesk, GrapevineError } from 'grapevine';
     const desk = createDesk();
     if (!/^[0-9a-f]{64}$/.test(desk.id)) throw new Error('no desk id');
     await desk.stop();
     console.log(new GrapevineError('ERR_USAGE', 'works').toString());`,
  );
  process.stdout.write(run('node', ['use.mjs'], folder));
  const demo = run('npx', ['--no-install', 'grapevine', 'demo', '--json'], folder);
  const wins = demo.split('\n').filter((line) => line.includes('"deal.won"')).length;
  if (wins !== 1) throw new Error(`${wins} wins in the demo of the installed package`);
  // The test suites for authors of adapters, on one of our adapters. Vitest is the author's: the package does not contain it.
  symlinkSync(join(process.cwd(), 'node_modules/vitest'), join(folder, 'node_modules/vitest'));
  writeFileSync(
    join(folder, 'adapter.test.mjs'),
    `import { generateKeyPairSync } from 'node:crypto';
     import { Desk, deskIdentity, openSqliteJournal, silentLog, systemClock, systemRandomness } from 'grapevine';
     import { describeJournalContract } from 'grapevine/testing';
     import { expect, it } from 'vitest';
     const folder = (name) => import.meta.dirname + '/' + name + systemRandomness.hex(4);
     describeJournalContract('a journal', () => {
       const dataDir = folder('journal');
       return { journal: openSqliteJournal({ dataDir }), reopen: () => openSqliteJournal({ dataDir }) };
     });
     it('a desk runs on adapters of its author', async () => {
       const network = {
         start: async () => ({ port: 7 }),
         request: async () => ({ kind: 'unsent', code: 'ERR_CONNECT' }),
         broadcast: async () => ({ reached: [], unreached: [] }),
         stop: async () => undefined,
       };
       const desk = new Desk({
         identity: deskIdentity(generateKeyPairSync('ed25519').privateKey),
         network,
         journal: openSqliteJournal({ dataDir: folder('desk') }),
         clock: systemClock,
         randomness: systemRandomness,
         log: silentLog,
       });
       expect(await desk.start()).toEqual({ port: 7 });
       expect((await desk.announce({ type: 'sell', amount: '1', validForMs: 60_000 })).maker).toBe(desk.id);
       await desk.stop();
     });`,
  );
  run('node', [join(process.cwd(), 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder], folder);
  process.stdout.write('the installed package works\n');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
