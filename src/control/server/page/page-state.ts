/**
 * What an open page needs to resume after a restart of the desk: the previous port, and the public keys of the browsers with a
 * session. A file in the data folder, readable for its owner only. It does not open the page: a browser signs with its private key,
 * which never leaves it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CONTROL_LIMITS } from '../../limits.ts';
import { PAGE_FILE } from '../../file-names.ts';
import { replaceFile } from '../private-files.ts';

const schema = z.object({
  port: z.int().min(1).max(65_535).nullable(),
  keys: z.array(z.string().max(100)).max(CONTROL_LIMITS.pageSessionsMax),
});

type State = z.output<typeof schema>;

const EMPTY: State = { port: null, keys: [] };

export class PageState {
  readonly #file: string;
  #state: State;

  constructor(dataDir: string) {
    this.#file = join(dataDir, PAGE_FILE);
    this.#state = read(this.#file);
  }

  /** The previous port of the page. */
  get port(): number | null {
    return this.#state.port;
  }

  setPort(port: number): void {
    this.#set({ ...this.#state, port });
  }

  hasKey(key: string): boolean {
    return this.#state.keys.includes(key);
  }

  /** Beyond the limit, the oldest one is removed. */
  addKey(key: string): void {
    const others = this.#state.keys.filter((known) => known !== key);
    this.#set({ ...this.#state, keys: [...others, key].slice(-CONTROL_LIMITS.pageSessionsMax) });
  }

  #set(state: State): void {
    this.#state = state;
    try {
      replaceFile(this.#file, `${JSON.stringify(state)}\n`);
    } catch {
      // Without the file, the page needs a new link after the next start, which is no reason not to serve it now.
    }
  }
}

/** A missing or damaged file counts as empty. */
function read(file: string): State {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return EMPTY;
  }
}
