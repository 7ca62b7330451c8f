/** Desks on a network in memory, with a manual clock. The default way to test several desks together. */
import type { DeskComponents } from '../src/desk/desk-components.ts';
import { Desk } from '../src/desk/desk.ts';
import type { DeskNotice, NoticeOf } from '../src/desk/desk-events.ts';
import type { Trust } from '../src/ports/identity.ts';
import type { Journal } from '../src/ports/journal.ts';
import type { Log, LogFields, LogLevel } from '../src/ports/log.ts';
import type { PeerId } from '../src/protocol/ids.ts';
import { ManualClock, settled } from './manual-clock.ts';
import { keyedIdentity } from './keyed-scheme.ts';
import { LastingJournal } from './lasting-journal.ts';
import { MemoryHub, type MemoryNetwork } from './memory-network.ts';

export interface Logged {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

/** A desk under test, with all its notices and log lines. */
export class TestDesk {
  readonly desk: Desk;
  readonly network: MemoryNetwork;
  readonly journal: Journal;
  readonly notices: DeskNotice[] = [];
  readonly logged: Logged[] = [];

  constructor(components: Omit<DeskComponents, 'log' | 'network'>, network: MemoryNetwork) {
    const log: Log = {
      write: (level, event, fields = {}) => {
        this.logged.push({ level, event, fields });
      },
    };
    this.network = network;
    this.journal = components.journal;
    this.desk = new Desk({ ...components, network, log });
    this.desk.on('notice', (notice) => {
      this.notices.push(notice);
    });
  }

  get id(): PeerId {
    return this.desk.id;
  }

  noticesOf<Event extends DeskNotice['event']>(event: Event): readonly NoticeOf<Event>[] {
    return this.notices.filter((notice): notice is NoticeOf<Event> => notice.event === event);
  }
}

export interface TestDeskInit {
  /** Every offer by default. */
  readonly interest?: DeskComponents['interest'];
  readonly journal?: Journal;
  /** The id of the earlier life, for a restart. */
  readonly id?: PeerId;
  /** `open` by default. */
  readonly trust?: Trust;
  readonly access?: DeskComponents['access'];
  readonly listLimit?: DeskComponents['listLimit'];
  /** Whether it sends hello messages; default: false, as most tests look at every message. */
  readonly presence?: boolean;
  readonly rateLimit?: DeskComponents['rateLimit'];
  readonly evidence?: DeskComponents['evidence'];
  readonly bookCapacity?: DeskComponents['bookCapacity'];
  readonly ownOffersMax?: DeskComponents['ownOffersMax'];
}

export class DeskWorld {
  readonly clock = new ManualClock();
  readonly hub = new MemoryHub({ clock: this.clock });
  readonly #desks: TestDesk[] = [];
  #drawn = 0;

  async start(init: TestDeskInit = {}): Promise<TestDesk> {
    const desk = this.create(init);
    await desk.desk.start();
    return desk;
  }

  /** A desk that is not started. */
  create(init: TestDeskInit = {}): TestDesk {
    const identity = keyedIdentity(init.id ?? this.#freshId(), init.trust ?? 'open');
    const desk = new TestDesk(
      {
        identity,
        journal: journalOf(init),
        clock: this.clock,
        randomness: { hex: (bytes) => (++this.#drawn).toString(16).padStart(bytes * 2, '0') },
        interest: 'interest' in init ? init.interest : () => true,
        access: init.access,
        listLimit: init.listLimit,
        presence: init.presence ?? false,
        rateLimit: init.rateLimit,
        evidence: init.evidence,
        bookCapacity: init.bookCapacity,
        ownOffersMax: init.ownOffersMax,
      },
      this.hub.network(identity.id),
    );
    this.#desks.push(desk);
    return desk;
  }

  #freshId(): PeerId {
    return (++this.#drawn).toString(16).padStart(64, 'd') as PeerId;
  }

  /** Ends a desk like a crash: it sends nothing more. */
  async crash(desk: TestDesk): Promise<void> {
    await desk.network.stop();
    await desk.desk.stop();
  }

  settled(): Promise<void> {
    return settled();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#desks.map(({ desk }) => desk.stop()));
  }
}

/** The next life of the journal, if it has had an earlier desk. */
function journalOf({ journal }: TestDeskInit): Journal {
  if (journal instanceof LastingJournal) return journal.nextLife();
  return journal ?? new LastingJournal();
}
