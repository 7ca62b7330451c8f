import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { Server as HttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import { ControlClient } from '../../src/control/client.ts';
import { leaveSocket } from './leave-socket.ts';
import { startControl } from '../../testing/control-world.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

function listening(path: string): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.listen(path, () => {
      resolve(server);
    });
    onTestFinished(() => {
      server.close();
    });
  });
}

function clientOf(dataDir: string): ControlClient {
  const client = ControlClient.ofFolder(dataDir);
  onTestFinished(() => client.close());
  return client;
}

/** A data folder whose socket would have too long a path. */
function deepFolder(): string {
  const folder = join(temporaryFolder(), 'a'.repeat(60), 'b'.repeat(60));
  mkdirSync(folder, { recursive: true });
  return folder;
}

describe('a connection to the server', () => {
  it('is closed by node after a time without traffic', async () => {
    const setTimeout = vi.spyOn(HttpServer.prototype, 'setTimeout');
    onTestFinished(() => {
      setTimeout.mockRestore();
    });
    await startControl();
    expect(setTimeout).toHaveBeenCalledWith(LIMITS.controlIdleMs);
  });
});

describe('the socket file', () => {
  it('is readable by its owner only, and the only file that the server makes in the folder', async () => {
    const { dataDir, socketPath } = await startControl();
    expect(socketPath).toBe(join(dataDir, 'control.sock'));
    expect(statSync(socketPath).isSocket()).toBe(true);
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    expect(readdirSync(dataDir)).toEqual(['control.sock']);
  });

  it('is removed when the server stops, and can then be made again', async () => {
    const first = await startControl();
    await first.server.stop();
    await first.server.stop();
    expect(readdirSync(first.dataDir)).toEqual([]);
    expect(first.desk.listenerCount).toBe(0);
    await startControl({ dataDir: first.dataDir });
    expect((await clientOf(first.dataDir).ready()).ready).toBe(true);
  });

  it('answers requests in progress before the server stops, and accepts no new ones', async () => {
    const world = await startControl();
    let goOn = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      world.desk.reloadRules = () => {
        resolve();
        return new Promise((done) => {
          goOn = () => {
            done({ rules: 3 });
          };
        });
      };
    });
    const answer = world.client().reloadRules();
    await asked;
    const stopped = world.server.stop();
    await expect(world.client().ready()).rejects.toMatchObject({ code: 'ERR_DESK_NOT_RUNNING' });
    goOn();
    expect(await answer).toEqual({ rules: 3 });
    await stopped;
  });

  it('is replaced if the process that left it is dead', async () => {
    const dataDir = temporaryFolder();
    const path = join(dataDir, 'control.sock');
    await leaveSocket(path);
    expect(statSync(path).isSocket()).toBe(true);
    await startControl({ dataDir });
    expect((await clientOf(dataDir).ready()).ready).toBe(true);
  });

  it('is not replaced while its process is alive', async () => {
    const dataDir = temporaryFolder();
    await listening(join(dataDir, 'control.sock'));
    await expect(startControl({ dataDir })).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      message: expect.stringContaining('a running desk answers at') as string,
    });
    expect(readdirSync(dataDir)).toEqual(['control.sock']);
  });

  it('does not replace a file that is not a socket', async () => {
    const dataDir = temporaryFolder();
    const file = join(dataDir, 'control.sock');
    writeFileSync(file, 'mine');
    await expect(startControl({ dataDir })).rejects.toMatchObject({ code: 'ERR_LISTEN' });
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it('gives an error with a code if the folder does not exist', async () => {
    const dataDir = join(temporaryFolder(), 'nowhere');
    await expect(startControl({ dataDir })).rejects.toMatchObject({ code: 'ERR_LISTEN' });
  });
});

describe('a data folder with a long path', () => {
  it('has its socket in another folder, and a file with the path of that socket', async () => {
    const dataDir = deepFolder();
    const { socketPath, server } = await startControl({ dataDir });
    expect(Buffer.byteLength(socketPath)).toBeLessThan(104);
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(socketPath)).mode & 0o777).toBe(0o700);
    expect(statSync(join(dataDir, 'control.sock.path')).mode & 0o777).toBe(0o600);
    expect((await clientOf(dataDir).ready()).ready).toBe(true);
    await server.stop();
    expect(readdirSync(dataDir)).toEqual([]);
    expect(existsSync(dirname(socketPath))).toBe(false);
  });

  it.each([0, 1, 2])('is found by each of its names, long and short; the server has name %i', async (used) => {
    const absolute = deepFolder();
    const link = join(temporaryFolder(), 'link');
    symlinkSync(absolute, link);
    const before = process.cwd();
    process.chdir(dirname(absolute));
    onTestFinished(() => {
      process.chdir(before);
    });
    const names = [basename(absolute), absolute, link];
    await startControl({ dataDir: names[used] ?? expect.fail() });
    for (const name of names) expect((await clientOf(name).ready()).ready).toBe(true);
  });

  it('has the leftovers of a dead process removed, but not those of a living one', async () => {
    const dataDir = deepFolder();
    const { socketPath } = await startControl({ dataDir });
    await expect(startControl({ dataDir })).rejects.toMatchObject({ code: 'ERR_LISTEN' });
    expect((await clientOf(dataDir).ready()).ready).toBe(true);

    const other = deepFolder();
    const left = join(temporaryFolder(), 'control.sock');
    await leaveSocket(left);
    writeFileSync(join(other, 'control.sock.path'), `${left}\n`);
    await startControl({ dataDir: other });
    expect((await clientOf(other).ready()).ready).toBe(true);
    expect(existsSync(left), 'not one of our places: left alone').toBe(true);
    expect(existsSync(socketPath)).toBe(true);
  });

  it('gives ERR_DESK_NOT_RUNNING if no desk is running', () => {
    expect(() => ControlClient.ofFolder(deepFolder())).toThrow(
      expect.objectContaining({ code: 'ERR_DESK_NOT_RUNNING' }),
    );
  });
});
