/** All commands: what each is for, and the file that has it. A start loads the one that was asked for, and no other. */
import type { Command } from 'commander';

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Loads the file; without the summary. */
  readonly load: () => Promise<Command>;
}

/** In the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'demo',
    summary: 'watch one offer go to exactly one of three takers, on embedded grapes',
    load: async () => (await import('./demo.ts')).demoCommand(),
  },
  {
    name: 'up',
    summary: 'run a desk until it is stopped; the other commands work with it',
    load: async () => (await import('./up.ts')).upCommand(),
  },
  {
    name: 'offer',
    summary: 'offer to buy or sell something, or a job to be done, to everybody or to some',
    load: async () => (await import('./offer.ts')).offerCommand(),
  },
  {
    name: 'offers',
    summary: 'show the offers that this desk knows, or one of them in full',
    load: async () => (await import('./offers.ts')).offersCommand(),
  },
  {
    name: 'accept',
    summary: "accept somebody else's offer, at its price or with a bid",
    load: async () => (await import('./accept.ts')).acceptCommand(),
  },
  {
    name: 'withdraw',
    summary: 'take an acceptance back; too late once it was confirmed',
    load: async () => (await import('./withdraw.ts')).withdrawCommand(),
  },
  {
    name: 'cancel',
    summary: 'take an own offer back; too late once it was awarded',
    load: async () => (await import('./cancel.ts')).cancelCommand(),
  },
  {
    name: 'award',
    summary: 'choose who gets an own offer that was made with --award manual',
    load: async () => (await import('./award.ts')).awardCommand(),
  },
  {
    name: 'renew',
    summary: 'offer the same again, with a new validity; the old offer ends',
    load: async () => (await import('./renew.ts')).renewCommand(),
  },
  {
    name: 'done',
    summary: 'report a deal as done, with a result',
    load: async () => (await import('./done.ts')).doneCommand(),
  },
  {
    name: 'fail',
    summary: 'report a deal as failed, with a reason',
    load: async () => (await import('./fail.ts')).failCommand(),
  },
  {
    name: 'deals',
    summary: 'show the deals of this desk, the latest first, and what is in doubt',
    load: async () => (await import('./deals.ts')).dealsCommand(),
  },
  {
    name: 'receipt',
    summary: 'write the proof of a deal, signed by both sides',
    load: async () => (await import('./receipt.ts')).receiptCommand(),
  },
  {
    name: 'explain',
    summary: 'tell the story of an offer: who did what when, why it ended so, what is awaited now',
    load: async () => (await import('./explain.ts')).explainCommand(),
  },
  {
    name: 'resolve',
    summary: 'show what is in doubt, or close a doubt by hand; also when the desk is not running',
    load: async () => (await import('./resolve.ts')).resolveCommand(),
  },
  {
    name: 'peers',
    summary: 'show the desks that this one has heard of',
    load: async () => (await import('./peers.ts')).peersCommand(),
  },
  {
    name: 'page',
    summary: 'print a link that opens the page of a desk in a browser, once',
    load: async () => (await import('./page.ts')).pageCommand(),
  },
  {
    name: 'watch',
    summary: 'show the offers and what happens, live, until q or Ctrl-C',
    load: async () => (await import('./watch.ts')).watchCommand(),
  },
  {
    name: 'doctor',
    summary: 'examine a desk and what it needs, and say what to do',
    load: async () => (await import('./doctor.ts')).doctorCommand(),
  },
  {
    name: 'backup',
    summary: "write a copy of a desk's journal, also while the desk is running",
    load: async () => (await import('./backup.ts')).backupCommand(),
  },
  {
    name: 'id',
    summary: 'print the id of a desk; make, import or export its key',
    load: async () => (await import('./id.ts')).idCommand(),
  },
  {
    name: 'config',
    summary: 'show the settings that a desk would run with, and where each comes from',
    load: async () => (await import('./config.ts')).configCommand(),
  },
  {
    name: 'rules',
    summary: 'work with the rules about which offers to take',
    load: async () => (await import('./rules.ts')).rulesCommand(),
  },
  {
    name: 'grapes',
    summary: 'bring grapes up, the nodes of the DHT through which desks find each other',
    load: async () => (await import('./grapes.ts')).grapesCommand(),
  },
  {
    name: 'client',
    summary: 'run a client that takes offers of amount 1 and, given an amount, announces one',
    load: async () => (await import('./client.ts')).clientCommand(),
  },
  {
    name: 'completion',
    summary: 'print a script that makes a shell complete our commands',
    load: async () => (await import('./completion.ts')).completionCommand(),
  },
  {
    name: 'verify',
    summary: 'check receipts of deals and proofs of equivocation; needs no desk, no network, no key',
    load: async () => (await import('./verify.ts')).verifyCommand(),
  },
];
