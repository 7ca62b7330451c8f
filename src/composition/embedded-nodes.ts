/** Starts nodes of the DHT in the process of a desk, if its settings ask for them: grapes, or nodes of hyperdht. */
import { isIPv4 } from 'node:net';
import type { DeskSettings } from '../config/settings-table.ts';
import { startGrapes, type Grapes, type GrapesInit } from '../grenache/grapes/start-grapes.ts';
import { parseDhtAddress } from '../hyperdht/dht-address.ts';
import { startDhtNodes, type DhtNodes } from '../hyperdht/start-dht-nodes.ts';
import type { Log } from '../ports/log.ts';
import { GrapevineError } from '../protocol/errors.ts';

type NodeSettings = Pick<
  DeskSettings,
  'network' | 'bridge' | 'grapes' | 'embeddedGrapes' | 'bootstrap' | 'embeddedBootstrap' | 'host'
>;

export interface EmbeddedNodes {
  /** URLs of the grapes; empty on hyperdht. */
  readonly grapes: readonly string[];
  stop(): Promise<void>;
}

const GRAPES_MIN = 2;

/** @throws GrapevineError ERR_USAGE for nodes that can't be started here, or belong to the other network */
export function assertEmbedded(settings: NodeSettings): void {
  const isHyperdht = settings.network === 'hyperdht';
  if (settings.embeddedGrapes && isHyperdht) {
    throw new GrapevineError(
      'ERR_USAGE',
      'with --network hyperdht there are no grapes: --embedded-bootstrap brings nodes up',
    );
  }
  if (settings.embeddedBootstrap && !isHyperdht && !settings.bridge) {
    throw new GrapevineError('ERR_USAGE', '--embedded-bootstrap is for --network hyperdht and --bridge');
  }
  if (settings.embeddedGrapes) grapePlaces(settings.grapes);
  if (settings.embeddedBootstrap) dhtPlace(settings.bootstrap);
}

/** @throws GrapevineError ERR_USAGE, ERR_PORT_IN_USE, ERR_LISTEN, ERR_GRAPES_NOT_READY, ERR_NOT_INSTALLED */
export async function startEmbedded(settings: NodeSettings, log: Log): Promise<EmbeddedNodes> {
  const dht = settings.embeddedBootstrap ? await startDht(settings, log) : null;
  try {
    const grapes = settings.embeddedGrapes ? await startOwnGrapes(settings, log) : null;
    return {
      grapes: grapes?.api ?? (settings.network === 'hyperdht' ? [] : settings.grapes),
      stop: async () => {
        await Promise.all([dht?.stop(), grapes?.stop()]);
      },
    };
  } catch (error) {
    await dht?.stop();
    throw error;
  }
}

async function startDht({ bootstrap }: NodeSettings, log: Log): Promise<DhtNodes> {
  const nodes = await startDhtNodes(dhtPlace(bootstrap));
  log.write('info', 'dht.ready', { bootstrap: nodes.bootstrap });
  return nodes;
}

async function startOwnGrapes({ grapes }: NodeSettings, log: Log): Promise<Grapes> {
  const started = await startGrapes({ ...grapePlaces(grapes), dhtPort: 0, log });
  log.write('info', 'grapes.ready', { api: started.api });
  return started;
}

function dhtPlace([first]: readonly string[]): { host: string; port: number } {
  if (first !== undefined) return parseDhtAddress(first);
  throw new GrapevineError(
    'ERR_USAGE',
    'with --embedded-bootstrap, --bootstrap says where the first node is brought up',
  );
}

/** The embedded grapes listen where the settings say that grapes are: on consecutive ports of one address. */
function grapePlaces(urls: readonly string[]): Pick<GrapesInit, 'host' | 'apiHost' | 'apiPort' | 'count'> {
  const places = urls.map((url) => new URL(url));
  const [first] = places;
  const host = first?.hostname ?? '';
  const apiPort = Number(first?.port ?? 0);
  const isRow = places.every(({ hostname, port }, index) => hostname === host && Number(port) === apiPort + index);
  if (isRow && isIPv4(host) && apiPort > 0)
    return { host, apiHost: host, apiPort, count: Math.max(urls.length, GRAPES_MIN) };
  const allowed = 'they must be on following ports of one IPv4 address, like http://127.0.0.1:30001 and 30002';
  throw new GrapevineError('ERR_USAGE', `with --embedded-grapes, --grape says where they are brought up; ${allowed}`);
}
