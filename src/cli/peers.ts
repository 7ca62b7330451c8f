/** `grapevine peers`: shows the known desks. */
import { Command } from 'commander';
import { addDeskOptions, withDesk, type DeskOptions } from './desk-client.ts';
import { printJson, printText } from './print.ts';
import { screenOf } from './terminal.ts';

export function createCommand(): Command {
  const command = new Command('peers');
  return addDeskOptions(command, 'one JSON object a line, a desk each')
    .addHelpText('after', '\nExample:\n  grapevine peers')
    .action(async (options: DeskOptions) => {
      const peers = await withDesk(options, (client) => client.peers());
      if (options.json === true) for (const peer of peers) printJson(peer);
      else if (peers.length === 0) printText('No other desk is known yet.');
      else printText((await import('./tables.ts')).peersTable(peers, screenOf(), Date.now()));
    });
}
