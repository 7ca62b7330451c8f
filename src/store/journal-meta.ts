/** The row of the table `meta`: the generation of a journal, whether it is a restored copy, and its owner. */
import { sumOfMeta, type Meta } from './contents-sum.ts';
import { readMeta, type OpenedFile } from './journal-file.ts';

export class JournalMeta {
  readonly #opened: OpenedFile;
  #meta: Meta;

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
    contents.now = { ...contents.now, metaSum: sumOfMeta(this.#meta) };
  }
}
