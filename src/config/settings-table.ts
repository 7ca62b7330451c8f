/**
 * All settings of a desk in one table. The flags, the environment variables and the keys of the config file are made from it, so they
 * can't differ. docs/CONFIG.md documents it; a test compares the two.
 */
import type { PeerId } from '../protocol/ids.ts';
import type { Rule } from '../rules/rule.ts';
import { DEFAULTS } from './defaults.ts';
import {
  address,
  choice,
  dhtNodes,
  deskIds,
  flag,
  grapeUrls,
  path,
  port,
  rules,
  serviceName,
  type SettingKind,
} from './setting-kinds.ts';
import { pairScales, type PairScales } from './pair-scale.ts';

/** Null: not set. */
export interface DeskSettings {
  readonly dataDir: string;
  readonly port: number;
  readonly host: string;
  readonly announcePort: number | null;
  readonly grapes: readonly string[];
  readonly embeddedGrapes: boolean;
  readonly bootstrap: readonly string[];
  readonly embeddedBootstrap: boolean;
  readonly broadcastKey: string;
  readonly trust: 'signed' | 'open';
  readonly network: 'local' | 'lan' | 'public' | 'mixed' | 'hyperdht';
  readonly bridge: boolean;
  readonly accept: readonly Rule[];
  readonly allow: readonly PeerId[] | null;
  readonly deny: readonly PeerId[];
  readonly allowFile: string | null;
  readonly denyFile: string | null;
  readonly controlPort: number | null;
  readonly page: boolean;
  readonly encrypt: 'off' | 'on' | 'require';
  readonly passphraseFile: string | null;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly pairs: PairScales;
}

export type SettingName = keyof DeskSettings;

export interface Setting<Name extends SettingName = SettingName> {
  readonly name: Name;
  /** Null: only in the config file. */
  readonly flag: string | null;
  readonly variable: string | null;
  readonly key: string;
  readonly kind: SettingKind<NonNullable<DeskSettings[Name]>>;
  /** The default of the data folder depends on the platform; the caller provides it. */
  readonly default: DeskSettings[Name];
  readonly description: string;
  /** Whether it may change while the desk is running (`reloadSettings`). */
  readonly reloads: boolean;
}

/** The flag, the variable and the key are made from the name, unless the row says otherwise. */
type Row<Name extends SettingName> = Pick<Setting<Name>, 'kind' | 'default' | 'description'> & {
  readonly flag?: string;
  readonly fileOnly?: boolean;
  readonly reloads?: boolean;
};

const ROWS: { readonly [Name in SettingName]: Row<Name> } = {
  dataDir: {
    kind: path('folder'),
    default: '',
    description: "this desk's own folder: journal, key, control socket",
  },
  port: { kind: port(0), default: 0, description: 'port to listen on; 0 takes a free one' },
  host: { kind: address, default: DEFAULTS.host, description: 'IPv4 address to listen on' },
  announcePort: {
    kind: port(1),
    default: null,
    description: 'port at which other desks reach this one behind a router',
  },
  grapes: {
    flag: 'grape',
    kind: grapeUrls,
    default: DEFAULTS.grapes,
    description: 'grape to use; may be repeated: the next is asked when one is down',
  },
  embeddedGrapes: { kind: flag, default: false, description: 'run grapes in the same process' },
  bootstrap: {
    kind: dhtNodes,
    default: [],
    description: 'with --network hyperdht or --bridge: node of the DHT to begin with; may be repeated',
  },
  embeddedBootstrap: {
    kind: flag,
    default: false,
    description: 'with --network hyperdht or --bridge: run nodes in the same process, the first at --bootstrap',
  },
  broadcastKey: {
    kind: serviceName,
    default: DEFAULTS.broadcastKey,
    description: 'name of the service that all desks share',
  },
  trust: {
    kind: choice('mode', ['signed', 'open']),
    default: 'signed',
    description: 'which messages to take; open: also unsigned ones, marked as unverified',
  },
  network: {
    kind: choice('where', ['local', 'lan', 'public', 'mixed', 'hyperdht']),
    default: 'local',
    description:
      'which addresses of others to connect to: this machine, private networks too, public ones, or all of these; hyperdht: instead of grapes; reaches desks behind routers',
  },
  bridge: {
    kind: flag,
    default: false,
    description: 'on grapes and on hyperdht at once: offers and sealed messages pass from one network to the other',
  },
  accept: { kind: rules, default: [], description: 'rule about which offers to take; may be repeated', reloads: true },
  allow: {
    kind: deskIds,
    default: null,
    description: 'deal only with this desk; repeat it for more desks',
    reloads: true,
  },
  deny: { kind: deskIds, default: [], description: 'never deal with this desk; may be repeated', reloads: true },
  allowFile: { kind: path('file'), default: null, description: 'ids of desks to allow, one a line', reloads: true },
  denyFile: { kind: path('file'), default: null, description: 'ids of desks to deny, one a line', reloads: true },
  controlPort: {
    kind: port(0),
    default: null,
    description:
      'serve the control API also on this port of 127.0.0.1; without one, on the socket in the data folder alone',
  },
  page: {
    kind: flag,
    default: false,
    description:
      'serve a page for people on the control port (a free one unless it is set), and print a link that opens it',
  },
  encrypt: {
    kind: choice('when', ['off', 'on', 'require']),
    default: 'off',
    description: 'encrypt messages to a single desk; require: neither send nor take unencrypted ones',
  },
  passphraseFile: {
    kind: path('file'),
    default: null,
    description: 'file with the passphrase of the key file',
  },
  logLevel: {
    kind: choice('level', ['debug', 'info', 'warn', 'error', 'silent']),
    default: 'info',
    description: 'how much to log',
  },
  pairs: {
    fileOnly: true,
    kind: pairScales,
    default: new Map(),
    description: 'most decimals that amounts and prices of a pair may have',
  },
};

export const SETTINGS: readonly Setting[] = (Object.keys(ROWS) as SettingName[]).map(settingOf);

/** Names the config file; not allowed in one. */
export const CONFIG_FLAG = 'config';
export const CONFIG_VARIABLE = 'GRAPEVINE_CONFIG';
/** Not a setting, so that no command shows it; it is read where it is needed. */
export const PASSPHRASE_VARIABLE = 'GRAPEVINE_PASSPHRASE';
/** The config file's name in the data folder. */
export const CONFIG_FILE = 'config.toml';

function settingOf<Name extends SettingName>(name: Name): Setting<Name> {
  const key = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const { flag = key, fileOnly = false, reloads = false, ...row }: Row<Name> = ROWS[name];
  const variable = `GRAPEVINE_${key.replaceAll('-', '_').toUpperCase()}`;
  return { ...row, name, key, reloads, flag: fileOnly ? null : flag, variable: fileOnly ? null : variable };
}
