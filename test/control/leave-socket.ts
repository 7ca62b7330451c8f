/** A process that listens on a socket and dies without a word, as kill -9 would have it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const PROGRAM = `
  require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'));
`;

export async function leaveSocket(socketPath: string): Promise<void> {
  await once(spawn(process.execPath, ['-e', PROGRAM, socketPath], { stdio: 'ignore' }), 'exit');
}
