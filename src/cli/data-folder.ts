/** Where desks keep what must survive, when nobody says where: a folder each, where the platform keeps such data. */
import { Option } from 'commander';
import envPaths from 'env-paths';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

const { data } = envPaths('grapevine', { suffix: '' });

export function dataDirOption(): Option {
  const place = join(data, 'desks', 'PORT');
  return new Option('--data-dir <folder>', `folder of this desk alone: journal and key (default: ${place})`);
}

/** The desk that listens on a port of this machine; one that takes any port is another desk each time. */
export function deskFolder(port: number): string {
  return join(data, 'desks', port === 0 ? `any-${randomBytes(6).toString('hex')}` : String(port));
}

/** The desk of whoever does not say which. */
export function defaultDeskFolder(): string {
  return join(data, 'desks', 'default');
}
