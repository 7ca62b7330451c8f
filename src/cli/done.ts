/** `grapevine done`: reports a deal as done. */
import type { Command } from 'commander';
import { reportCommand } from './report-command.ts';

export function createCommand(): Command {
  return reportCommand('done', 'a result, an id of a transaction', `--details '{"txid":"9f2a"}'`);
}
