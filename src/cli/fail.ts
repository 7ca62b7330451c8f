/** `grapevine fail`: reports a deal as failed. */
import type { Command } from 'commander';
import { reportCommand } from './report-command.ts';

export function createCommand(): Command {
  return reportCommand('fail', 'a reason', '--details "the disk was full"');
}
