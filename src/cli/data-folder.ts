/** The default data folders: one for each desk, where the platform stores such data. */
import { Option } from 'commander';
import { randomBytes } from 'node:crypto';
import { homedir, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { NO_HOME } from '../config/defaults.ts';
import { GrapevineError } from '../protocol/errors.ts';

export function dataDirOption(): Option {
  const place = join(dataHome() ?? 'DATA', 'desks', 'PORT');
  return new Option('--data-dir <folder>', `this desk's own folder: journal and key (default: ${place})`);
}

/**
 * The folder of the desk on this port. A desk on any free port is a new desk each time.
 * @throws GrapevineError ERR_USAGE without a home folder
 */
export function deskFolder(port: number): string {
  return join(needHome(dataHome()), 'desks', port === 0 ? `any-${randomBytes(6).toString('hex')}` : String(port));
}

/** The folder for commands that name none. Null if there is no home folder. */
export function defaultDeskFolder(): string | null {
  const home = dataHome();
  return home === null ? null : join(home, 'desks', 'default');
}

/**
 * Asserts that there is a home folder. Without one, the working directory is not used: each directory would have another desk.
 * @throws GrapevineError ERR_USAGE
 */
export function needHome(folder: string | null): string {
  if (folder !== null) return folder;
  throw new GrapevineError('ERR_USAGE', NO_HOME);
}

/**
 * The XDG base directory, or its equivalent on other platforms. Relative paths are ignored, as that specification requires. Null if
 * there is none.
 */
export function dataHome(env: NodeJS.ProcessEnv = process.env, platform = process.platform): string | null {
  const named = platform === 'win32' ? env['LOCALAPPDATA'] : platform === 'darwin' ? undefined : env['XDG_DATA_HOME'];
  if (named !== undefined && isAbsolute(named))
    return platform === 'win32' ? join(named, 'grapevine', 'Data') : join(named, 'grapevine');
  const home = homeFolder(env);
  if (home === null) return null;
  if (platform === 'win32') return join(home, 'AppData', 'Local', 'grapevine', 'Data');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'grapevine');
  return join(home, '.local', 'share', 'grapevine');
}

/** `HOME` if it is set, else the system's entry for this user, which may be missing in a container. */
function homeFolder({ HOME }: NodeJS.ProcessEnv): string | null {
  if (HOME !== undefined && isAbsolute(HOME)) return HOME;
  try {
    const home = HOME === undefined || HOME === '' ? userInfo().homedir : homedir();
    return isAbsolute(home) ? home : null;
  } catch {
    return null;
  }
}
