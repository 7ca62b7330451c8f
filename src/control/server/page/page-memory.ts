/**
 * What lets an open page come back by itself after the desk has started again: the port where it was, and the public keys of
 * the browsers that had been let in. It is a file in the data folder, for its owner alone. Who reads it can't open the page with it:
 * a browser has to sign with the private key, which never leaves the browser.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CONTROL_LIMITS } from '../../limits.ts';
import { PAGE_FILE } from '../../places.ts';
import { replaceFile } from '../private-place.ts';

const schema = z.object({
  port: z.int().min(1).max(65_535).nullable(),
  keys: z.array(z.string().max(100)).max(CONTROL_LIMITS.pageSessionsMax),
});

type Remembered = z.output<typeof schema>;

const NOTHING: Remembered = { port: null, keys: [] };

export class PageMemory {
  readonly #file: string;
  #remembered: Remembered;

  constructor(dataDir: string) {
    this.#file = join(dataDir, PAGE_FILE);
    this.#remembered = read(this.#file);
  }

  /** Where the page was served the last time. */
  get port(): number | null {
    return this.#remembered.port;
  }

  setPort(port: number): void {
    this.#set({ ...this.#remembered, port });
  }

  hasKey(key: string): boolean {
    return this.#remembered.keys.includes(key);
  }

  /** The oldest one is forgotten when there are too many. */
  addKey(key: string): void {
    const others = this.#remembered.keys.filter((known) => known !== key);
    this.#set({ ...this.#remembered, keys: [...others, key].slice(-CONTROL_LIMITS.pageSessionsMax) });
  }

  #set(remembered: Remembered): void {
    this.#remembered = remembered;
    try {
      replaceFile(this.#file, `${JSON.stringify(remembered)}\n`);
    } catch {
      // Without the file, a page needs a new link after the next start; that is no reason not to serve it now.
    }
  }
}

/** A file that is not there, or not whole, remembers nothing. */
function read(file: string): Remembered {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return NOTHING;
  }
}
