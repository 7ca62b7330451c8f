import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { Server as HttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
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

describe('a connection', () => {
  it('is closed when nothing has moved on it for its time, which node watches over', async () => {
    const setTimeout = vi.spyOn(HttpServer.prototype, 'setTimeout');
    onTestFinished(() => {
      setTimeout.mockRestore();
    });
    await startControl();
    expect(setTimeout).toHaveBeenCalledWith(LIMITS.controlIdleMs);
  });
});

describe('the socket', () => {
  it('is its owner’s alone, and the only thing in the folder', async () => {
    const { dataDir, socketPath } = await startControl();
    expect(socketPath).toBe(join(dataDir, 'control.sock'));
    expect(statSync(socketPath).isSocket()).toBe(true);
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    expect(readdirSync(dataDir)).toEqual(['control.sock']);
  });

  it('goes with the server, and can be had again', async () => {
    const first = await startControl();
    await first.server.stop();
    await first.server.stop();
    expect(readdirSync(first.dataDir)).toEqual([]);
    expect(first.desk.listenerCount).toBe(0);
    await startControl({ dataDir: first.dataDir });
    expect((await clientOf(first.dataDir).ready()).ready).toBe(true);
  });

  it('answers what it was asked before it goes, and takes nothing new', async () => {
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

  it('that a dead process has left is replaced', async () => {
    const dataDir = temporaryFolder();
    const path = join(dataDir, 'control.sock');
    await leaveSocket(path);
    expect(statSync(path).isSocket()).toBe(true);
    await startControl({ dataDir });
    expect((await clientOf(dataDir).ready()).ready).toBe(true);
  });

  it('of a living one is not', async () => {
    const dataDir = temporaryFolder();
    await listening(join(dataDir, 'control.sock'));
    await expect(startControl({ dataDir })).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      message: expect.stringContaining('a running desk answers at') as string,
    });
    expect(readdirSync(dataDir)).toEqual(['control.sock']);
  });

  it('does not take the place of what is no socket', async () => {
    const dataDir = temporaryFolder();
    const file = join(dataDir, 'control.sock');
    writeFileSync(file, 'mine');
    await expect(startControl({ dataDir })).rejects.toMatchObject({ code: 'ERR_LISTEN' });
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it('a folder that is not there is an error of ours', async () => {
    const dataDir = join(temporaryFolder(), 'nowhere');
    await expect(startControl({ dataDir })).rejects.toMatchObject({ code: 'ERR_LISTEN' });
  });
});

describe('a data folder with a long path', () => {
  it('has its socket in another folder, and a file with its path', async () => {
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

  it('what a dead process has left is cleared away; a living one keeps its place', async () => {
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

  it('without a desk is ERR_DESK_NOT_RUNNING', () => {
    expect(() => ControlClient.ofFolder(deepFolder())).toThrow(
      expect.objectContaining({ code: 'ERR_DESK_NOT_RUNNING' }),
    );
  });
});
