// Packs the package, installs it where nothing of ours is in the way (no overrides, as with everybody who depends on it),
// and uses its library and its command line.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'grapevine-package-'));

function run(command, args, cwd) {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/** A warning that everybody sees who installs it is a fault of the package. */
function installWithoutWarnings(file) {
  const args = ['install', '--no-audit', '--no-fund', '--no-update-notifier', file];
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  const said = `${stdout}${stderr}`;
  if (status !== 0 || /\bwarn\b/i.test(said)) throw new Error(`npm install of the package said:\n${said}`);
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
  process.stdout.write('the installed package works\n');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
