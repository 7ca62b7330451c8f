/** All commands, each with its summary and its file. Only the file of the requested command is loaded. */
import type { Command } from 'commander';

/** Each file creates its command under this name, without the summary. */
interface CommandFile {
  readonly createCommand: () => Command;
}

type CommandEntry = readonly [name: string, summary: string, load: () => Promise<CommandFile>];

/** In the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  ['demo', 'watch one offer go to exactly one of three takers, on embedded grapes', () => import('./demo.ts')],
  ['up', 'run a desk until it is stopped; the other commands work with it', () => import('./up.ts')],
  ['offer', 'make an offer to buy or sell something, or a job, for all desks or for some', () => import('./offer.ts')],
  ['offers', 'show the offers that this desk knows, or one of them in full', () => import('./offers.ts')],
  ['accept', "accept another desk's offer, at its price or with a bid", () => import('./accept.ts')],
  ['withdraw', 'withdraw your acceptance; too late once it is confirmed', () => import('./withdraw.ts')],
  ['cancel', 'cancel your own offer; too late once it is awarded', () => import('./cancel.ts')],
  ['award', 'choose the desk that gets your offer (made with --award manual)', () => import('./award.ts')],
  ['renew', 'offer the same again, with a new validity; the old offer ends', () => import('./renew.ts')],
  ['done', 'report a deal as done, with a result', () => import('./done.ts')],
  ['fail', 'report a deal as failed, with a reason', () => import('./fail.ts')],
  ['deals', 'show the deals of this desk, the latest first, and what is in doubt', () => import('./deals.ts')],
  ['receipt', 'write the proof of a deal, signed by both sides', () => import('./receipt.ts')],
  [
    'explain',
    'show the history of an offer: what happened when, why it ended, what it waits for',
    () => import('./explain.ts'),
  ],
  [
    'resolve',
    'show offers in doubt, or decide one by hand; also when the desk is not running',
    () => import('./resolve.ts'),
  ],
  ['peers', 'show the desks that this one knows', () => import('./peers.ts')],
  ['page', 'print a link that opens the page of a desk in a browser, for one use', () => import('./page.ts')],
  ['watch', 'show the offers and what happens, live, until q or Ctrl-C', () => import('./watch.ts')],
  ['doctor', 'check a desk and what it needs, with advice', () => import('./doctor.ts')],
  ['backup', "write a copy of a desk's journal, also while the desk is running", () => import('./backup.ts')],
  ['id', 'print the id of a desk; make, import or export its key', () => import('./id.ts')],
  ['config', 'show the settings that a desk would run with, and where each comes from', () => import('./config.ts')],
  ['rules', 'test the rules about which offers are accepted automatically', () => import('./rules.ts')],
  ['grapes', 'run grapes, the nodes of the DHT through which desks find each other', () => import('./grapes.ts')],
  [
    'client',
    'run a client like that of the original demo: it accepts offers of amount 1 and, given an amount, announces one',
    () => import('./client.ts'),
  ],
  ['completion', 'print a script for command completion in a shell', () => import('./completion.ts')],
  [
    'verify',
    'check receipts of deals and proofs of equivocation; needs no desk, no network, no key',
    () => import('./verify.ts'),
  ],
];
