/** The server of the theatre's page: access, and its routes. */
import { afterEach, describe, expect, it } from 'vitest';
import type { PageFiles } from '../../src/control/server/page/page-files.ts';
import type { Act, Recording } from '../../src/demo/recording.ts';
import { RecordingLog } from '../../src/demo/recording-log.ts';
import { TheatreServer, type LiveTheatre } from '../../src/demo/theatre-server.ts';
import { GrapevineError } from '../../src/protocol/errors.ts';
import { askControl, type Answered, type Asked } from '../../testing/ask-control.ts';
import { sendRaw } from '../../testing/raw-http.ts';
import { PRETEND_PAGE } from '../../testing/pretend-page.ts';
import { confirmed, recordingOf, untilApproved } from './recordings.ts';

const RECORDING = recordingOf([...untilApproved('lose-reply'), confirmed('lost')]);

const FILES: PageFiles = new Map([
  ...PRETEND_PAGE,
  [
    '/theatre.html',
    { type: 'text/html; charset=utf-8', body: Buffer.from('the theatre'), gzipped: Buffer.of(), isImmutable: false },
  ],
]);

class PretendTheatre implements LiveTheatre {
  readonly log = new RecordingLog(RECORDING.desks, () => 0);
  readonly done: string[] = [];

  act(act: Act): Promise<void> {
    if (act === 'cut') return Promise.reject(new GrapevineError('ERR_WRONG_STATE', 'an offer is in progress'));
    this.done.push(act);
    return Promise.resolve();
  }

  heal(): Promise<void> {
    this.done.push('heal');
    return Promise.resolve();
  }
}

interface Entered {
  readonly ask: (path: string, more?: Partial<Asked>) => Promise<Answered>;
  readonly port: number;
  /** Begins and ends with a slash. */
  readonly place: string;
  readonly cookie: string;
}

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function enter(shown: LiveTheatre | Recording): Promise<Entered> {
  const server = new TheatreServer({ files: FILES, shown });
  const link = new URL(await server.start());
  ends.push(() => server.stop());
  const port = Number(link.port);
  const { headers } = await askControl({ port }, { path: link.pathname });
  const [setCookie = ''] = headers['set-cookie'] ?? [];
  const [cookie = ''] = setCookie.split(';');
  const place = headers.location ?? '';
  const ask: Entered['ask'] = (path, more = {}) =>
    askControl({ port }, { ...more, path: `${place}${path}`, headers: { cookie, ...more.headers } });
  return { ask, port, place, cookie };
}

const posting = (port: number): Partial<Asked> => ({
  method: 'POST',
  headers: { origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' },
});

describe('the server of the theatre', () => {
  it('refuses all requests without its link, and shows the theatre with it', async () => {
    const { ask, port } = await enter(RECORDING);
    expect((await askControl({ port }, { path: '/' })).status).toBe(401);
    expect((await askControl({ port }, { path: '/v1/theatre' })).status).toBe(401);
    const page = await ask('');
    expect([page.status, page.text]).toEqual([200, 'the theatre']);
    expect(page.headers['content-security-policy']).toMatch(/default-src 'none'.*script-src 'self'/);
  });

  it('refuses a request with two Host headers', async () => {
    const { port, place, cookie } = await enter(RECORDING);
    const ours = `Host: 127.0.0.1:${port}`;
    const statusFor = async (hosts: string): Promise<number> => {
      const head = `GET ${place}v1/theatre HTTP/1.1\r\n${hosts}\r\ncookie: ${cookie}\r\nconnection: close`;
      return (await sendRaw(port, `${head}\r\n\r\n`)).status;
    };
    expect(await statusFor(ours)).toBe(200);
    expect(await statusFor(`${ours}\r\nHost: evil.example`)).toBe(403);
  });

  it('serves a recording, and has no routes for buttons then', async () => {
    const { ask, port } = await enter(RECORDING);
    const { desks, steps } = RECORDING;
    expect((await ask('v1/theatre')).json).toEqual({ kind: 'recording', recording: { desks, steps } });
    expect((await ask('v1/theatre/acts/offer', posting(port))).status).toBe(404);
  });

  it('serves the steps of a live run as they happen', async () => {
    const theatre = new PretendTheatre();
    const { ask } = await enter(theatre);
    expect((await ask('v1/theatre')).json).toEqual({ kind: 'live', desks: RECORDING.desks });
    const first = ask('v1/theatre/steps?from=0');
    theatre.log.append({ kind: 'joined' });
    expect((await first).json).toEqual({ steps: [{ kind: 'joined', at: 0 }], next: 1 });
    const second = ask('v1/theatre/steps?from=1');
    theatre.log.append({ kind: 'down', desk: 'Dora' });
    expect((await second).json).toEqual({ steps: [{ kind: 'down', desk: 'Dora', at: 0 }], next: 2 });
    expect((await ask('v1/theatre/steps?from=-1')).json).toMatchObject({ code: 'ERR_USAGE' });
  });

  it('does what a button requests, or answers why not', async () => {
    const theatre = new PretendTheatre();
    const { ask, port } = await enter(theatre);
    expect((await ask('v1/theatre/acts/forge', posting(port))).status).toBe(202);
    expect((await ask('v1/theatre/heal', posting(port))).status).toBe(202);
    expect(theatre.done).toEqual(['forge', 'heal']);
    const refused = await ask('v1/theatre/acts/cut', posting(port));
    expect([refused.status, refused.json]).toMatchObject([409, { code: 'ERR_WRONG_STATE' }]);
    expect((await ask('v1/theatre/acts/burn', posting(port))).json).toMatchObject({ code: 'ERR_USAGE' });
  });

  it('refuses requests from other pages on this machine', async () => {
    const theatre = new PretendTheatre();
    const { ask } = await enter(theatre);
    const elsewhere = {
      method: 'POST',
      headers: { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' },
    } as const;
    expect((await ask('v1/theatre/acts/offer', elsewhere)).json).toMatchObject({ code: 'ERR_CONTROL_ORIGIN' });
    expect(theatre.done).toEqual([]);
  });

  it('stops while a request for steps is pending', async () => {
    const { ask } = await enter(new PretendTheatre());
    const waiting = ask('v1/theatre/steps?from=0').catch(() => 'cut off');
    await ask('v1/theatre');
    await ends.splice(0)[0]?.();
    await waiting;
  });
});
