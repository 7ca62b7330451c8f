// Packs the package, installs it where nothing of ours is in the way (no overrides, as with everybody who depends on it),
// and uses its library and its command line.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'grapevine-package-'));

function run(command, args, cwd) {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
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
  run('npm', ['install', '--no-audit', '--no-fund', join(folder, filename)], folder);
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
