/**
 * Simulated hosts: network namespaces on one bridge, each with an address of 10.77.0.0/24. They reach each other and nothing else. Needs
 * Linux, root and `ip` (iproute2).
 */
import { execFileSync } from 'node:child_process';

const SUBNET = '10.77.0';

export interface Host {
  readonly name: string;
  readonly address: string;
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Null if namespaces can be made; otherwise the reason why not. */
export function whyNoNamespaces(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'network namespaces need Linux and root';
  const name = `gv-try-${process.pid}`;
  try {
    ip('netns', 'add', name);
    ip('netns', 'delete', name);
    return null;
  } catch (error) {
    return `network namespaces cannot be made here: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`;
  }
}

export class HostNetwork {
  readonly hosts: readonly Host[];
  readonly #bridge: string;

  /** @param count 2 to 9 */
  constructor(count: number) {
    const tag = process.pid.toString(36);
    // The bridge has its own namespace, so that the machine's network does not change.
    this.#bridge = `gv${tag}b`;
    this.hosts = Array.from({ length: count }, (_, index) => ({
      name: `gv${tag}h${index}`,
      address: `${SUBNET}.${index + 1}`,
    }));
    ip('netns', 'add', this.#bridge);
    ip('-n', this.#bridge, 'link', 'add', 'br0', 'type', 'bridge');
    ip('-n', this.#bridge, 'link', 'set', 'br0', 'up');
    for (const { name, address } of this.hosts) {
      ip('netns', 'add', name);
      ip('-n', name, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', name, 'netns', this.#bridge);
      ip('-n', this.#bridge, 'link', 'set', name, 'master', 'br0', 'up');
      ip('-n', name, 'address', 'add', `${address}/24`, 'dev', 'eth0');
      ip('-n', name, 'link', 'set', 'lo', 'up');
      ip('-n', name, 'link', 'set', 'eth0', 'up');
    }
  }

  /** Disconnects a host, or connects it again. */
  setConnected({ name }: Host, isConnected: boolean): void {
    ip('-n', this.#bridge, 'link', 'set', name, isConnected ? 'up' : 'down');
  }

  /** All programs on the hosts must have ended. */
  remove(): void {
    for (const { name } of [...this.hosts, { name: this.#bridge }]) ip('netns', 'delete', name);
  }
}

/** The beginning of a command line that runs a command on this host. */
export function onHost({ name }: Host): readonly string[] {
  return ['ip', 'netns', 'exec', name];
}
