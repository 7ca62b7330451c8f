/** `grapevine grapes`: runs a small DHT on this machine. */
import { Command } from 'commander';
import { collect, countReader, portReader } from './option-readers.ts';
import { jsonOption, logLevelOption, outputLog, type OutputOptions } from './log-output.ts';
import { stopSignal } from './stop-signal.ts';

interface GrapesOptions extends OutputOptions {
  readonly count: number;
  readonly host: string;
  readonly apiHost: string;
  readonly dhtPort: number;
  readonly apiPort: number;
  readonly bootstrap?: readonly string[];
}

export function createCommand(): Command {
  return new Command('grapes')
    .option('--count <n>', 'how many; a single grape stores no announcements', countReader(2, 20), 3)
    .option('--host <address>', 'IPv4 address of the DHT, at which other grapes reach these', '127.0.0.1')
    .option('--api-host <address>', 'IPv4 address of the HTTP API, which has no password', '127.0.0.1')
    .option('--dht-port <port>', 'first UDP port, 0 for free ones', portReader(0), 20_001)
    .option('--api-port <port>', 'first HTTP port, 0 for free ones', portReader(0), 30_001)
    .option(
      '--bootstrap <address:port>',
      'DHT address of a grape on another host, to join its network; may be repeated',
      collect,
    )
    .addOption(jsonOption())
    .addOption(logLevelOption())
    .addHelpText(
      'after',
      '\nExamples:\n  grapevine grapes\n  grapevine grapes --count 5 --dht-port 0 --api-port 0 --json' +
        '\n  grapevine grapes --host 10.0.0.5 --bootstrap 10.0.0.6:20001',
    )
    .action(runGrapes);
}

async function runGrapes(options: GrapesOptions): Promise<void> {
  const { startGrapes } = await import('../index.ts');
  const log = await outputLog(options);
  const signal = stopSignal({ forReader: true });
  try {
    const { count, host, apiHost, dhtPort, apiPort, bootstrap = [] } = options;
    const grapes = await startGrapes({ count, host, apiHost, dhtPort, apiPort, bootstrap, log });
    log.write('info', 'grapes.ready', { api: grapes.api });
    await signal.arrived;
    await grapes.stop();
    log.write('info', 'grapes.stopped');
  } finally {
    signal.dispose();
  }
}
