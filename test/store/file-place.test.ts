/** What happens to files while nobody looks at them one by one: the times of their folder tell. */
import { copyFileSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { FilePlace } from '../../src/store/file-place.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

const MOVED = expect.objectContaining({ code: 'ERR_JOURNAL_MOVED' }) as Error;
/** Longer than files are looked at after a change of their folder. */
const LONG_MS = 60_000;

let parent: string;
let folder: string;
let file: string;
let now: number;
let place: FilePlace;

beforeEach(() => {
  parent = join(temporaryFolder(), 'parent');
  folder = join(parent, 'data');
  file = join(folder, 'journal.db');
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(folder, 'below'));
  writeFileSync(file, 'journal');
  writeFileSync(join(folder, 'journal.lock'), '');
  now = 0;
  place = new FilePlace([file, join(folder, 'journal.lock')], () => now);
  place.assertUnchanged();
  now += LONG_MS;
  place.assertUnchanged();
});

const look = (): void => {
  place.assertUnchanged();
};

const harms: [string, () => void][] = [
  [
    'a file is deleted',
    () => {
      rmSync(file);
    },
  ],
  [
    'another file is deleted',
    () => {
      rmSync(join(folder, 'journal.lock'));
    },
  ],
  [
    'a file is moved within the folder',
    () => {
      renameSync(file, `${file}-old`);
    },
  ],
  [
    'a file is moved to another folder',
    () => {
      renameSync(file, join(folder, 'below', 'journal.db'));
    },
  ],
  [
    'a file is deleted that has another name elsewhere',
    () => {
      linkSync(file, join(folder, 'below', 'linked.db'));
      place.assertUnchanged();
      rmSync(file);
    },
  ],
  [
    'a file is replaced by a copy from the same folder',
    () => {
      copyFileSync(file, `${file}-copy`);
      renameSync(`${file}-copy`, file);
    },
  ],
  [
    'a file is replaced by one from another folder',
    () => {
      writeFileSync(join(parent, 'other.db'), 'other');
      renameSync(join(parent, 'other.db'), file);
    },
  ],
  [
    'a file is replaced by a link to itself elsewhere',
    () => {
      copyFileSync(file, join(parent, 'target.db'));
      rmSync(file);
      symlinkSync(join(parent, 'target.db'), file);
    },
  ],
  [
    'the folder is moved',
    () => {
      renameSync(folder, `${folder}-elsewhere`);
    },
  ],
  [
    'the folder is replaced by one with the same names',
    () => {
      renameSync(folder, `${folder}-elsewhere`);
      mkdirSync(folder);
      for (const name of ['journal.db', 'journal.lock']) writeFileSync(join(folder, name), '');
    },
  ],
  [
    'the folder is replaced by a link to another one',
    () => {
      renameSync(folder, `${folder}-elsewhere`);
      mkdirSync(join(parent, 'other'));
      symlinkSync(join(parent, 'other'), folder);
    },
  ],
  [
    'the folder becomes a file',
    () => {
      renameSync(folder, `${folder}-elsewhere`);
      writeFileSync(folder, '');
    },
  ],
  [
    'the folder above is moved',
    () => {
      renameSync(parent, `${parent}-elsewhere`);
    },
  ],
];

it.each(harms)('%s: the next check detects it', (_, harm) => {
  harm();
  expect(look).toThrow(MOVED);
  now += LONG_MS;
  expect(look).toThrow(MOVED);
});

it('a harmful change is detected even right after another change', () => {
  writeFileSync(join(folder, 'new'), '');
  place.assertUnchanged();
  rmSync(file);
  expect(look).toThrow(MOVED);
});

it('new files in the folder are allowed, and the checks go on', () => {
  writeFileSync(join(folder, 'new'), '');
  expect(look).not.toThrow();
  now += LONG_MS;
  expect(look).not.toThrow();
});

describe('a change that does not alter the times of the folder, as when a file is mounted over', () => {
  /** Here by a link: its target is exchanged in another folder. */
  const exchange = (): void => {
    renameSync(file, join(parent, 'target.db'));
    symlinkSync(join(parent, 'target.db'), file);
    now += LONG_MS;
    place.assertUnchanged();
  };

  it('is detected while the last change of the folder is recent, as two changes may have the same time', () => {
    exchange();
    rmSync(join(parent, 'target.db'));
    now += 100;
    expect(look).toThrow(MOVED);
  });

  it('is detected by checking the files', () => {
    exchange();
    now += LONG_MS;
    writeFileSync(join(parent, 'other.db'), '');
    renameSync(join(parent, 'other.db'), join(parent, 'target.db'));
    expect(look).not.toThrow();
    expect(() => {
      place.checkFiles();
    }).toThrow(MOVED);
  });
});
