/** `grapevine watch`: the offers and events, live; redrawn in place on a terminal, otherwise line by line. */
import { Command } from 'commander';
import { createLogUpdate } from 'log-update';
import type { ControlClient } from '../control/client.ts';
import type { ControlEvent, DeskView, Offer } from '../control/contract.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { reportDeskAway } from './desk-away.ts';
import { addDeskOptions, withDesk, type DeskOptions } from './desk-client.ts';
import { eventLine } from '../text/event-text.ts';
import { allOffers } from './offers.ts';
import { printJson, printText } from './print.ts';
import { screenOf } from './terminal.ts';
import { stopSignal } from './stop-signal.ts';
import { watchView } from './watch-view.ts';

const REDRAW_MS = 1000;
/** More than the lines of any terminal. */
const EVENTS_MAX = 200;

export function createCommand(): Command {
  const command = new Command('watch');
  return addDeskOptions(command, 'one JSON object a line, an event each')
    .addHelpText(
      'after',
      '\nWhen standard output is not a terminal, each event is a line.' +
        '\n\nExamples:\n  grapevine watch\n  grapevine watch --json | jq \'select(.event == "deal.won")\'',
    )
    .action(runWatch);
}

async function runWatch(options: DeskOptions): Promise<void> {
  const stop = new AbortController();
  const signal = stopSignal({ forReader: true });
  void signal.arrived.then(() => stop.abort());
  const unlisten = onKey(['q', 'Q', CTRL_C], () => stop.abort());
  try {
    await withDesk(options, async (client) => {
      if (options.json !== true && process.stdout.isTTY) return new LiveScreen(client).run(stop.signal);
      const print = options.json === true ? printJson : printLine;
      for await (const event of client.events({ signal: stop.signal, onAway: reportDeskAway })) print(event);
    });
  } finally {
    unlisten();
    signal.dispose();
  }
}

/** A terminal in raw mode sends Ctrl-C as a key. */
const CTRL_C = '\u0003';

/** Calls back when one of these keys is pressed on the live screen. @returns a function that restores the terminal */
function onKey(keys: readonly string[], pressed: () => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY || !process.stdout.isTTY) return () => undefined;
  const read = (typed: Buffer): void => {
    if (keys.some((key) => typed.toString().includes(key))) pressed();
  };
  stdin.setRawMode(true).resume().on('data', read);
  return () => stdin.off('data', read).setRawMode(false).pause();
}

function printLine(event: ControlEvent): void {
  if (event.event === 'stream.open') return;
  printText(event.event === 'stream.gap' ? '(some events are missing here)' : eventLine(event));
}

class LiveScreen {
  readonly #client: ControlClient;
  readonly #draw = createLogUpdate(process.stdout, { showCursor: false });
  readonly #events: ControlEvent[] = [];
  #desk: DeskView | null = null;
  #offers: readonly Offer[] = [];
  #isAway = false;
  #isLoading = false;
  #isStale = false;

  constructor(client: ControlClient) {
    this.#client = client;
  }

  async run(signal: AbortSignal): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const redraw = (): void => this.#show();
    process.stdout.on('resize', redraw);
    try {
      for await (const event of this.#client.events({ signal })) {
        // Loaded after the stream is open, so that no event between them is missed.
        timer ??= setInterval(() => void this.#load(), REDRAW_MS);
        this.#onEvent(event);
      }
    } finally {
      clearInterval(timer);
      process.stdout.off('resize', redraw);
      this.#draw.done();
    }
  }

  #onEvent(event: ControlEvent): void {
    if (event.event !== 'stream.open' && event.event !== 'stream.gap') {
      this.#events.push(event);
      if (this.#events.length > EVENTS_MAX) this.#events.shift();
    }
    void this.#load();
  }

  /** One request at a time, and one more if something happened meanwhile. */
  async #load(): Promise<void> {
    this.#isStale = true;
    if (this.#isLoading) return;
    this.#isLoading = true;
    while (this.#isStale) {
      this.#isStale = false;
      await this.#fetch();
    }
    this.#isLoading = false;
    this.#show();
  }

  async #fetch(): Promise<void> {
    try {
      this.#desk = await this.#client.desk();
      this.#offers = await allOffers(this.#client, { recent: true, sort: 'age' });
      this.#isAway = false;
    } catch (error) {
      if (!(error instanceof GrapevineError)) throw error;
      this.#isAway = true;
    }
  }

  #show(): void {
    if (this.#desk === null) return;
    const watched = { desk: this.#desk, offers: this.#offers, events: this.#events, isAway: this.#isAway };
    this.#draw(watchView(watched, screenOf(), Date.now()));
  }
}
