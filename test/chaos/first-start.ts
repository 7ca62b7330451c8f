/**
 * Makes a desk on a fresh data folder and kills itself (SIGKILL) at one call into the file system on the way: the arguments
 * are the folder, the name of the call, and which of these calls.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [dataDir = '', name = '', which = '1'] = process.argv.slice(2);

const calls = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
const original = calls[name];
if (original === undefined) throw new Error(`no such call: ${name}`);
let left = Number(which);
calls[name] = (...args) => {
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
  return original(...args);
};
syncBuiltinESMExports();

const { createDesk } = await import('../../src/index.ts');
await createDesk({ dataDir }).stop();
