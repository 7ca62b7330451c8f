import { expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../testing/free-port.ts';
import { RunningProgram } from '../../testing/running-program.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

it.skipIf(process.platform !== 'linux')(
  'embedded grapes are brought up at the address that --grape names',
  async () => {
    const grape = `http://127.0.0.2:${await freePort()}`;
    const desk = new RunningProgram(['bin/grapevine.js', 'up', '--embedded-grapes', '--grape', grape], {
      GRAPEVINE_DATA_DIR: temporaryFolder(),
    });
    onTestFinished(async () => {
      await desk.stop();
    });
    const { api } = await desk.event('grapes.ready');
    expect((api as string[])[0]).toBe(grape);
    await desk.event('desk.ready');
  },
);
