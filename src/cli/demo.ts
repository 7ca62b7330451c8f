/** `grapevine demo` (`npm start`): one offer goes from a maker to exactly one of three takers, with a line for each event. */
import { Command } from 'commander';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Desk, DeskNotice, Grapes, LogFields, NoticeOf } from '../index.ts';
import { silentLog } from '../ports/log.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { shortId } from '../text/short-ids.ts';
import type { TheatreOptions } from './demo-page.ts';
import { printJson } from './print.ts';
import { writeOutput } from './standard-output.ts';
import { stopSignal } from './stop-signal.ts';

const TAKER_NAMES = ['Alice', 'Bob', 'Carol'] as const;
const MAKER_NAME = 'Dora';
const NAME_WIDTH = 7;
/** The demo takes a second or two, much longer on a busy machine. */
const TIMEOUT_MS = 60_000;

interface DemoOptions extends TheatreOptions {
  readonly dataDir?: string;
}

export function createCommand(): Command {
  return new Command('demo')
    .option('--json', 'the events alone, one JSON object a line')
    .option('--data-dir <folder>', 'keep the journals of the four desks there (default: a temporary folder)')
    .option('--page', 'a dozen desks in a browser, in slow motion, with buttons that cause faults')
    .option('--record <file>', 'with --page: record what happens in this file')
    .option('--play <recording>', 'show a recording in a browser: a file, or lost-reply, killed-maker, forger')
    .addHelpText(
      'after',
      '\nExamples:\n  grapevine demo\n  grapevine demo --page --record run.json\n  grapevine demo --play run.json' +
        '\n  grapevine demo --play killed-maker',
    )
    .action(async (options: DemoOptions) => {
      if (options.page === true || options.play !== undefined || options.record !== undefined) {
        assertPageOptions(options);
        const { runTheatre } = await import('./demo-page.ts');
        await runTheatre(options);
      } else await new Demo(options).run();
    });
}

function assertPageOptions({ page, play, record, dataDir }: DemoOptions): void {
  const wrong =
    dataDir !== undefined
      ? '--data-dir is for the demo without a page'
      : play !== undefined && (page === true || record !== undefined)
        ? '--play shows a recording: use it without --page and --record'
        : page !== true && record !== undefined
          ? '--record needs --page'
          : null;
  if (wrong !== null) throw new GrapevineError('ERR_USAGE', wrong);
}

class Demo {
  readonly #json: boolean;
  readonly #dataDir: string;
  readonly #isTemporary: boolean;
  readonly #names = new Map<string, string>();
  readonly #desks: Desk[] = [];
  #grapes: Promise<Grapes> | null = null;
  #isStopped = false;

  constructor({ json, dataDir }: DemoOptions) {
    this.#json = json === true;
    this.#dataDir = dataDir ?? mkdtempSync(join(tmpdir(), 'grapevine-demo-'));
    this.#isTemporary = dataDir === undefined;
  }

  /** @throws GrapevineError ERR_WRONG_STATE unless exactly one taker won and the others know that they lost */
  async run(): Promise<void> {
    const signal = stopSignal();
    const stopped = signal.arrived.then(() => {
      throw new GrapevineError('ERR_DESK_STOPPED', 'stopped before the end');
    });
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new GrapevineError('ERR_TIMEOUT', `not finished after ${TIMEOUT_MS / 1000} s`)),
        TIMEOUT_MS,
      );
    });
    try {
      await Promise.race([this.#play(), stopped, tooLong]);
    } finally {
      clearTimeout(timer);
      signal.dispose();
      await this.#stop();
    }
  }

  async #play(): Promise<void> {
    this.#print('Grapevine: peers deal directly, with no server in the middle, and exactly one gets the offer.');
    this.#print('');
    const { startGrapes } = await import('../index.ts');
    this.#assertNotStopped();
    this.#grapes = startGrapes({ count: 3, host: '127.0.0.1', dhtPort: 0, apiPort: 0, log: silentLog });
    const { api } = await this.#grapes;
    this.#event('grapes.ready', { api });
    this.#print('Three grapes are up and know each other. Through them desks find each other:');
    this.#print(`  ${api.join('  ')}`);

    const takers = await Promise.all(TAKER_NAMES.map((name) => this.#open(name, api)));
    const maker = await this.#open(MAKER_NAME, api);
    this.#print('');

    const ends = takers.map((taker) => endOf(taker));
    const awarded = once(maker, 'deal.awarded');
    const announced = once(maker, 'offer.announced');
    await maker.announce({ type: 'sell', amount: '1', pair: 'BTC/USD', unitPrice: '8000' });
    const award = await awarded;
    // The deal may be done before the last taker knows it; the demo ends when all have reported.
    await announced;
    this.#printResult(award, await Promise.all(ends));
  }

  async #open(name: string, grapes: readonly string[]): Promise<Desk> {
    const { createDesk } = await import('../index.ts');
    this.#assertNotStopped();
    const desk = createDesk({
      grapes,
      dataDir: join(this.#dataDir, name.toLowerCase()),
      interest: (offer) => offer.amount === '1',
    });
    this.#desks.push(desk);
    this.#names.set(desk.id, name);
    desk.on('notice', (notice) => this.#onNotice(name, notice));
    await desk.start();
    return desk;
  }

  #printResult(award: NoticeOf<'deal.awarded'>, ends: readonly (NoticeOf<'deal.won'> | NoticeOf<'deal.lost'>)[]): void {
    const winners = ends.filter(({ event }) => event === 'deal.won');
    const won = ends.findIndex(({ event }) => event === 'deal.won');
    if (winners.length !== 1 || this.#names.get(award.taker) !== TAKER_NAMES[won]) {
      throw new GrapevineError('ERR_WRONG_STATE', `${winners.length} takers believe that they have won`);
    }
    this.#print('');
    this.#print(
      `Exactly one deal: ${this.#name(award.taker)} has it, ${MAKER_NAME} knows it, the others know that it is gone.`,
    );
    this.#print('');
    this.#print('What to try next, each in a terminal of its own:');
    this.#print('  node bin/grapevine.js demo --page   a dozen desks in a browser: break things, and see who gets it');
    this.#print('  node ./run-grapes.js            three grapes that stay up');
    this.#print('  node ./run-client.js 1330       a client that takes offers of amount 1 (start several)');
    this.#print('  node ./run-client.js 1333 1     one that announces such an offer');
    this.#print('  node bin/grapevine.js --help    all commands');
  }

  #onNotice(name: string, notice: DeskNotice): void {
    this.#event(notice.event, { desk: name, ...fieldsOf(notice) });
    const line = this.#line(notice);
    if (line !== null) this.#print(`${name.padEnd(NAME_WIDTH)}  ${line}`);
  }

  #line(notice: DeskNotice): string | null {
    switch (notice.event) {
      case 'desk.ready':
        return `is there: desk ${shortId(notice.id)}…, on port ${notice.port}`;
      case 'offer.opened':
        return `wants to sell 1 BTC for 8000 USD and writes that into the journal`;
      case 'offer.announced':
        return `has told everybody: ${notice.reached} desks reached, ${notice.unreachable} not`;
      case 'offer.received':
        return `receives the offer`;
      case 'acceptance.sent':
        return `accepts`;
      case 'award.reserved':
        return `reserves the offer for ${this.#name(notice.taker)} and asks it to confirm`;
      case 'award.confirmed':
        return `confirms, and now waits for the maker's decision`;
      case 'deal.awarded':
        return `awards the offer to ${this.#name(notice.taker)}: written down first, then told`;
      case 'deal.won':
        return `HAS IT`;
      case 'deal.lost':
        return `learns that it did not get it (${notice.reason})`;
      default:
        return null;
    }
  }

  #name(id: string): string {
    return this.#names.get(id) ?? shortId(id);
  }

  #print(line: string): void {
    if (!this.#json) writeOutput(`${line}\n`);
  }

  #event(event: string, fields: LogFields): void {
    if (this.#json) printJson({ event, ...fields });
  }

  #assertNotStopped(): void {
    if (this.#isStopped) throw new GrapevineError('ERR_DESK_STOPPED', 'stopped before the end');
  }

  async #stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#desks.map((desk) => desk.stop()));
    // They may still be starting.
    const grapes = await this.#grapes?.catch(() => null);
    await grapes?.stop();
    if (this.#isTemporary) rmSync(this.#dataDir, { recursive: true, force: true });
  }
}

function fieldsOf(notice: DeskNotice): LogFields {
  if (notice.event === 'deal.done' || notice.event === 'deal.failed') return { by: notice.by };
  const { event: _, ...fields } = notice;
  if (!('terms' in fields)) return fields;
  const { terms, ...rest } = fields;
  const { type, amount, pair, unitPrice, issuedAt, expiresAt } = terms;
  return { ...rest, type, amount, pair, unitPrice, issuedAt, expiresAt };
}

function endOf(taker: Desk): Promise<NoticeOf<'deal.won'> | NoticeOf<'deal.lost'>> {
  return Promise.race([once(taker, 'deal.won'), once(taker, 'deal.lost')]);
}

function once<Event extends 'deal.won' | 'deal.lost' | 'deal.awarded' | 'offer.announced'>(
  desk: Desk,
  event: Event,
): Promise<NoticeOf<Event>> {
  return new Promise((resolve) => desk.once(event, resolve as never));
}
