/** What a journal says about itself: its generation, whether it is a restored copy, and whose it is. */
import { GrapevineError } from '../protocol/errors.ts';
import { metaSumOf, type OpenedFile } from './journal-file.ts';
import type { Meta } from './contents-sum.ts';
import type { Connection } from './sqlite-connection.ts';

export class JournalMeta {
  readonly #opened: OpenedFile;
  #meta: Omit<Meta, 'desk'>;

  constructor(opened: OpenedFile) {
    this.#opened = opened;
    this.#meta = readMeta(opened.connection);
  }

  get generation(): number {
    return this.#meta.generation;
  }

  get restored(): boolean {
    return this.#meta.restored;
  }

  setOwner(desk: string): void {
    const { connection, disk } = this.#opened;
    connection.prepare('UPDATE meta SET desk = ?').run(desk);
    this.#onChange();
    disk.syncNow();
  }

  beginGeneration(): void {
    this.#opened.connection.exec('UPDATE meta SET generation = generation + 1, restored = 0');
    this.#onChange();
  }

  #onChange(): void {
    const { connection, contents } = this.#opened;
    this.#meta = readMeta(connection);
    contents.now = { ...contents.now, metaSum: metaSumOf(connection) };
  }
}

function readMeta(connection: Connection): Omit<Meta, 'desk'> {
  const { generation, restored } = connection.readRow('SELECT generation, restored FROM meta');
  if (typeof generation === 'number') return { generation, restored: restored !== 0 };
  throw new GrapevineError('ERR_JOURNAL_CORRUPT', 'the journal is damaged: its table meta is empty');
}
